"""Deletes everything that the table has of a call, and finds the calls of a number: for whoever asks to be forgotten.

Not in `store.CallStore`, as nothing that runs may delete a call. The record is deleted last: until then the index
`numbers` finds the call again, so a deletion that was broken off is done by asking for it again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from calls.dynamo_errors import unavailable
from calls.dynamo_items import call_key, party_of, sid_key
from calls.dynamo_table import NUMBERS
from calls.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_TRIES = 8
_BATCH = 25
"""What one BatchWriteItem takes."""

KINDS = {"META": "record", "TURN": "turns", "USAGE": "usage", "STEP": "webhook answers", "KEPT": "kept texts"}
"""How the items of a call are told of, by the beginning of their sort keys."""


class CallForgetter:
    """Every method raises StoreUnavailable."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def calls_of(self, number: str) -> tuple[str, ...]:
        """The callIds of the calls from or to this number (E.164), oldest first. The index may be some seconds late."""
        query = {
            "TableName": self._table,
            "IndexName": NUMBERS,
            "KeyConditionExpression": "#party = :party",
            "ExpressionAttributeNames": {"#party": "party"},
            "ExpressionAttributeValues": {":party": {"S": party_of(number)}},
        }
        return tuple(item["callId"]["S"] for item in self._pages(query))

    def held(self, call_id: str) -> Mapping[str, int]:
        """How many items of each kind (KINDS' values) the table has of a call."""
        return Counter(KINDS.get(key["sk"]["S"].partition("#")[0], "others") for key in self._keys(call_id))

    def forget(self, call_id: str, twilio_sid: str) -> None:
        """Delete the call's items and its pointer. One that is not there is no error."""
        keys = [key for key in self._keys(call_id) if key["sk"]["S"] != "META"]
        if twilio_sid:
            keys.append(_wire(sid_key(twilio_sid)))
        self._delete(keys)
        self._delete([_wire(call_key(call_id))])

    def _keys(self, call_id: str) -> list[Any]:
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
            "ExpressionAttributeValues": {":pk": {"S": call_key(call_id)["pk"]}},
            "ProjectionExpression": "#pk, #sk",
            "ConsistentRead": True,
        }
        return list(self._pages(query))

    def _pages(self, query: dict[str, Any]) -> Iterator[Any]:
        while True:
            try:
                page = self._client.query(**query)
            except (BotoCoreError, ClientError) as error:
                raise unavailable(error, self._table) from error
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query = {**query, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _delete(self, keys: list[Any]) -> None:
        """In batches; what DynamoDB leaves undone is asked for again."""
        for start in range(0, len(keys), _BATCH):
            left: Any = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH]]
            for _ in range(MOST_TRIES):
                try:
                    answer = self._client.batch_write_item(RequestItems={self._table: left})
                except (BotoCoreError, ClientError) as error:
                    raise unavailable(error, self._table) from error
                left = answer.get("UnprocessedItems", {}).get(self._table, [])
                if not left:
                    break
            else:
                raise StoreUnavailable("DynamoDB did not delete everything that it was asked to.", retryable=True)


def _wire(key: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"S": value} for name, value in key.items()}
