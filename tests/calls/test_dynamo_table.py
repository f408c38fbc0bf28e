import os
from typing import TYPE_CHECKING

import pytest

from calls.dynamo_table import client, configuration, create_table
from calls.errors import ConfigurationInvalid, StoreUnavailable
from offhook.stack.ministack import local_client
from offhook.stack.processes import free_port

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_the_table_has_the_keys_and_the_index_of_the_template(dynamo_client: "DynamoDBClient") -> None:
    create_table(dynamo_client, "the-table")
    table = dynamo_client.describe_table(TableName="the-table")["Table"]
    assert table["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    index, numbers = sorted(table["GlobalSecondaryIndexes"], key=lambda one: one["IndexName"])
    assert (index["IndexName"], index["Projection"]) == ("newest", {"ProjectionType": "ALL"})
    assert index["KeySchema"] == [
        {"AttributeName": "listing", "KeyType": "HASH"},
        {"AttributeName": "callId", "KeyType": "RANGE"},
    ]
    assert (numbers["IndexName"], numbers["Projection"]) == ("numbers", {"ProjectionType": "KEYS_ONLY"})
    assert numbers["KeySchema"] == [
        {"AttributeName": "party", "KeyType": "HASH"},
        {"AttributeName": "callId", "KeyType": "RANGE"},
    ]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_items_are_deleted_when_they_expire(dynamo_client: "DynamoDBClient") -> None:
    create_table(dynamo_client, "the-expiring-table")
    described = dynamo_client.describe_time_to_live(TableName="the-expiring-table")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}


def test_a_table_that_is_there_stays(dynamo_client: "DynamoDBClient") -> None:
    create_table(dynamo_client, "the-table-twice")
    dynamo_client.put_item(TableName="the-table-twice", Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    create_table(dynamo_client, "the-table-twice")
    assert dynamo_client.scan(TableName="the-table-twice")["Count"] == 1


def test_a_table_cannot_be_created_nowhere() -> None:
    with pytest.raises(StoreUnavailable):
        create_table(local_client(f"http://127.0.0.1:{free_port()}"), "calls")


def test_a_call_does_not_wait_long() -> None:
    config = vars(configuration())
    assert (config["connect_timeout"], config["read_timeout"]) == (1.0, 1.5)
    assert config["retries"] == {"mode": "standard", "total_max_attempts": 3}
    assert vars(configuration(10))["read_timeout"] == 10


def test_the_client_goes_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert client().meta.endpoint_url == "http://127.0.0.1:4566"
    assert client("http://127.0.0.1:4567").meta.endpoint_url == "http://127.0.0.1:4567"
    assert client().meta.region_name == "eu-central-1"


def test_an_engine_on_this_machine_needs_no_region_and_no_key(no_aws: None) -> None:
    assert client("http://127.0.0.1:4567").meta.region_name == "us-east-1"


def test_aws_itself_needs_a_region(no_aws: None) -> None:
    with pytest.raises(ConfigurationInvalid, match="AWS_REGION is not set"):
        client()


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
