"""Fixtures that any test may use: a running DynamoDB engine, and an empty call store on it."""

import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from calls.dynamo import DynamoCallStore, create_table
from offhook.stack.ministack import local_client, running

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytest.register_assert_rewrite(
    "tests.calls.store_contract", "tests.calls.store_contract_content", "tests.calls.store_contract_identity"
)


@pytest.fixture(scope="session")
def dynamo_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a ministack that runs for the session. Local credentials and any table name will do."""
    with running(tmp_path_factory.mktemp("ministack") / "ministack.log") as url:
        yield url


@pytest.fixture(scope="session")
def dynamo_client(dynamo_endpoint: str) -> "DynamoDBClient":
    """A client of that ministack."""
    return local_client(dynamo_endpoint)


@pytest.fixture
def call_store(dynamo_client: "DynamoDBClient") -> DynamoCallStore:
    """A store on a table of its own, on the real clock."""
    table = f"calls-{uuid.uuid4().hex}"
    create_table(dynamo_client, table)
    return DynamoCallStore(dynamo_client, table, lambda: time.time_ns() // 1_000_000)
