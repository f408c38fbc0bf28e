"""The four requests that the store makes of its table, in plain values: notation and errors are translated here."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from calls import dynamo_errors
from calls.dynamo_items import LISTING, Item, Key
from calls.dynamo_notation import from_wire, to_wire
from calls.dynamo_table import NEWEST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef


@dataclass(frozen=True, slots=True)
class Put:
    """An item to write, and the condition on what stands at its key."""

    item: Item
    condition: str
    values: Mapping[str, Any]

    @classmethod
    def if_new(cls, item: Item) -> "Put":
        return cls(item, "attribute_not_exists(#pk)", {})

    @classmethod
    def if_new_or_expired(cls, item: Item, now_s: int) -> "Put":
        """Expired items stand until DynamoDB gets round to deleting them; to us they are gone at once."""
        return cls(item, "attribute_not_exists(#pk) OR #expiresAt <= :now", {":now": now_s})

    @classmethod
    def if_version(cls, item: Item, version: int) -> "Put":
        return cls(item, "#version = :version", {":version": version})

    @property
    def names(self) -> dict[str, str]:
        """Every attribute goes by a placeholder, so that no reserved word is ever in the way."""
        return {f"#{name}": name for name in ("pk", "expiresAt", "version") if f"#{name}" in self.condition}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing of a transaction was written: for each of its puts what stood in its way, None where nothing did."""

    standing: tuple[Item | None, ...]

    @property
    def in_passing(self) -> bool:
        """No condition failed; another transaction was at work on the same items, and trying again is right."""
        return all(item is None for item in self.standing)


class Requests:
    """Every method raises StoreUnavailable as `dynamo_errors.unavailable` says."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key: Key) -> Item | None:
        with self._translating():
            response = self._client.get_item(TableName=self._table, Key=to_wire(key), ConsistentRead=True)
        return from_wire(response["Item"]) if "Item" in response else None

    def put_once(self, item: Item) -> Item:
        """Write `item` unless one with its key is there (attribute_not_exists(pk)); returns the one that stands."""
        put = Put.if_new(item)
        with self._translating():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=to_wire(put.item),
                    ConditionExpression=put.condition,
                    ExpressionAttributeNames=put.names,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                standing = dynamo_errors.item_in_the_way(error)
                if standing is None:
                    raise
                return from_wire(standing)
        return item

    def put_together(self, *puts: Put) -> Refused | None:
        """Write all of the puts (None) or none of them.

        The token makes the client's repetitions of this request one write; it is new for every call of this method,
        because a second caller who wants the same must be told that it comes second.
        """
        entries = [self._in_transaction(put) for put in puts]
        with self._translating():
            try:
                self._client.transact_write_items(TransactItems=entries, ClientRequestToken=str(uuid.uuid4()))
            except ClientError as error:
                standing = dynamo_errors.standing_items(error)
                if standing is None:
                    raise
                return Refused(tuple(None if item is None else from_wire(item) for item in standing))
        return None

    def all_of(self, pk: str, prefix: str) -> Iterator[Item]:
        """Every item of a call whose sort key begins with `prefix`, strongly consistent, page by page."""
        yield from self._query(
            {
                "TableName": self._table,
                "KeyConditionExpression": "#pk = :pk AND begins_with(#sk, :prefix)",
                "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
                "ExpressionAttributeValues": to_wire({":pk": pk, ":prefix": prefix}),
                "ConsistentRead": True,
            }
        )

    def newest(self, limit: int, after: Key | None) -> Iterator[Item]:
        """The META items from the newest down, those after the key `after`, in pages of `limit`. An index: in AWS it
        follows the table by some milliseconds, and no read of it can be strongly consistent."""
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": NEWEST,
            "KeyConditionExpression": "#listing = :listing",
            "ExpressionAttributeNames": {"#listing": "listing"},
            "ExpressionAttributeValues": to_wire({":listing": LISTING}),
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            query["ExclusiveStartKey"] = to_wire(after)
        yield from self._query(query)

    def _query(self, query: "QueryInputTypeDef") -> Iterator[Item]:
        while True:
            with self._translating():
                page = self._client.query(**query)
            yield from (from_wire(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query = {**query, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise dynamo_errors.unavailable(error, self._table) from error

    def _in_transaction(self, put: Put) -> "TransactWriteItemTypeDef":
        entry: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._table,
                "Item": to_wire(put.item),
                "ConditionExpression": put.condition,
                "ExpressionAttributeNames": put.names,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        if put.values:
            entry["Put"]["ExpressionAttributeValues"] = to_wire(put.values)
        return entry
