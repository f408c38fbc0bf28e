"""The four requests of the store without a client of botocore's, as `aws_json` makes them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError

from calls import aws_clients
from calls.aws_json import AwsJson, Credentials, Service, is_enough, is_known
from calls.dynamo_table import ATTEMPTS, CONNECT_TIMEOUT_S, CONNECTIONS, READ_TIMEOUT_S, client, unmade

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DYNAMODB = Service("dynamodb", "DynamoDB_20120810", CONNECT_TIMEOUT_S, READ_TIMEOUT_S, ATTEMPTS, CONNECTIONS)


def quick_client(environment: Mapping[str, str], endpoint_url: str | None) -> "DynamoDBClient":
    """What `DynamoCallStore` uses of a client and no more, where the environment has a Lambda's credentials; else
    `dynamo_table.client`'s. ConfigurationInvalid, as there."""
    if not is_enough(DYNAMODB, environment):
        return client(endpoint_url)
    return cast("DynamoDBClient", _Requests(AwsJson.of(DYNAMODB, environment, endpoint_url)))


def lasting_client(environment: Mapping[str, str], endpoint_url: str | None) -> "DynamoDBClient":
    """The same for a process that outlives its credentials, as a task of ECS does: botocore finds them and keeps them
    fresh. Else, and where a profile or a file has a say in how AWS is reached, `dynamo_table.client`'s.
    ConfigurationInvalid, as there."""
    try:
        session = aws_clients.session(endpoint_url)
        region, found = session.get_config_variable("region") or "", session.get_credentials()
        is_told_by_files = bool(session.get_scoped_config())
    except BotoCoreError as error:
        raise unmade(error) from error
    if found is None or is_told_by_files or not is_known(DYNAMODB, region, environment):
        return client(endpoint_url)

    def credentials() -> Credentials:
        frozen = found.get_frozen_credentials()
        return Credentials(str(frozen.access_key), str(frozen.secret_key), frozen.token)

    return cast("DynamoDBClient", _Requests(AwsJson(DYNAMODB, region, credentials, endpoint_url)))


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
