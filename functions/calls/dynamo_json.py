"""The four requests of the store without a client of botocore's, as `aws_json` makes them: for the Lambdas."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from calls.aws_json import AwsJson, Service, is_enough
from calls.dynamo_table import ATTEMPTS, CONNECT_TIMEOUT_S, CONNECTIONS, READ_TIMEOUT_S, client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DYNAMODB = Service("dynamodb", "DynamoDB_20120810", CONNECT_TIMEOUT_S, READ_TIMEOUT_S, ATTEMPTS, CONNECTIONS)


def quick_client(environment: Mapping[str, str], endpoint_url: str | None) -> "DynamoDBClient":
    """What `DynamoCallStore` uses of a client and no more, where the environment has a Lambda's credentials; else
    `dynamo_table.client`'s. ConfigurationInvalid, as there."""
    if not is_enough(DYNAMODB, environment):
        return client(endpoint_url)
    return cast("DynamoDBClient", _Requests(AwsJson(DYNAMODB, environment, endpoint_url)))


class _Requests:
    """Named and asked as botocore's."""

    def __init__(self, dynamodb: AwsJson) -> None:
        self._dynamodb = dynamodb

    def get_item(self, **asked: Any) -> dict[str, Any]:
        return self._dynamodb.ask("GetItem", asked)

    def put_item(self, **asked: Any) -> dict[str, Any]:
        return self._dynamodb.ask("PutItem", asked)

    def query(self, **asked: Any) -> dict[str, Any]:
        return self._dynamodb.ask("Query", asked)

    def transact_write_items(self, **asked: Any) -> dict[str, Any]:
        return self._dynamodb.ask("TransactWriteItems", asked)
