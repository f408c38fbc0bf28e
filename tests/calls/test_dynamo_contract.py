"""The store's contract, held by DynamoCallStore on two engines and by the fake that other tests use."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from calls.dynamo import DynamoCallStore, create_table
from calls.dynamo_json import quick_client
from calls.store import CallStore
from offhook.stack.environment import LOOPBACK
from offhook.stack.ministack import local_client
from offhook.stack.processes import free_port
from tests.calls import dynamodb_local
from tests.calls.store_cases import Clock
from tests.calls.store_contract import StoreContract
from tests.fakes.memory_store import MemoryCallStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


LAMBDAS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}


def on_a_new_table(client: "DynamoDBClient", clock: Clock) -> DynamoCallStore:
    table = f"calls-{uuid.uuid4().hex}"
    create_table(client, table)
    return DynamoCallStore(client, table, clock)


@pytest.fixture(scope="module")
def referee(tmp_path_factory: pytest.TempPathFactory) -> Iterator["DynamoDBClient"]:
    with dynamodb_local.running(tmp_path_factory.mktemp("dynamodb-local") / "dynamodb-local.log") as url:
        yield local_client(url, read_timeout_s=30)


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self, clock: Clock) -> CallStore:
        return MemoryCallStore(clock)

    @pytest.fixture
    def lost_store(self) -> CallStore:
        store = MemoryCallStore()
        store.down = True
        return store


class TestMinistack(StoreContract):
    @pytest.fixture
    def store(self, dynamo_client: "DynamoDBClient", clock: Clock) -> CallStore:
        return on_a_new_table(dynamo_client, clock)

    @pytest.fixture
    def lost_store(self, clock: Clock) -> CallStore:
        return DynamoCallStore(local_client(f"http://{LOOPBACK}:{free_port()}"), "calls", clock)


class TestLambdas(TestMinistack):
    """As the Lambdas ask it, without a client of botocore's."""

    @pytest.fixture
    def store(self, dynamo_client: "DynamoDBClient", dynamo_endpoint: str, clock: Clock) -> CallStore:
        table = f"calls-{uuid.uuid4().hex}"
        create_table(dynamo_client, table)
        return DynamoCallStore(quick_client(LAMBDAS, dynamo_endpoint), table, clock)

    @pytest.fixture
    def lost_store(self, clock: Clock) -> CallStore:
        return DynamoCallStore(quick_client(LAMBDAS, f"http://{LOOPBACK}:{free_port()}"), "calls", clock)


WHY_NO_REFEREE = dynamodb_local.why_not()


@pytest.mark.skipif(bool(WHY_NO_REFEREE), reason=WHY_NO_REFEREE)
def test_the_referee_is_here() -> None:
    """Skipped, once and with the reason, instead of every test of the class below, which is then not collected."""
    assert TestDynamoDBLocal.__test__


class TestDynamoDBLocal(TestMinistack):
    __test__ = not WHY_NO_REFEREE

    @pytest.fixture
    def store(self, referee: "DynamoDBClient", clock: Clock) -> CallStore:
        return on_a_new_table(referee, clock)
