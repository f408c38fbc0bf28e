"""Fixtures that any test may use: a running DynamoDB engine, and an empty call store on it. And who runs which tests
where several processes share them, as in `make test`."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import pytest

from calls.dynamo import DynamoCallStore, create_table
from offhook.stack.ministack import local_client, running

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from xdist.scheduler import LoadFileScheduling

pytest.register_assert_rewrite(
    "tests.calls.store_contract", "tests.calls.store_contract_content", "tests.calls.store_contract_identity"
)

# A process takes a file at a time, and of these all of a line, in this order. Calls are held in real time, in which
# processes mostly wait, so more of them than cores share the tests. Whole calls disturb each other most: they are held
# one after the other in each of two processes, those with embedded speech, which share its models, in the first. In the
# other folders files share what is costly to make. What waits for real milliseconds comes late, when there is least
# beside it.
ALL_OTHERS: tuple[str, ...] = ()
EMBEDDED_SPEECH = ("calls", "after_call", "replay")
TOGETHER = (
    ("tests/chaos/", *(f"tests/whole/test_{name}.py" for name in EMBEDDED_SPEECH), "tests/offhook/test_up.py"),
    ("tests/whole/",),
    ("tests/infra/",),
    ALL_OTHERS,
    ("tests/streamer/faults/",),
    ("tests/streamer/ladder/",),
)


def _line_of(nodeid: str) -> tuple[str, ...]:
    return next((line for line in TOGETHER if nodeid.startswith(line)), ALL_OTHERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: TOGETHER.index(_line_of(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadFileScheduling":
    """Called where there is more than one process: pytest-xdist's own distribution by file, with the lines above."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrLine(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist says nothing about its types
        def _split_scope(self, nodeid: str) -> str:
            return " ".join(_line_of(nodeid)) or super()._split_scope(nodeid)

    return ByFileOrLine(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundle of trusted certificates, of one: nothing here speaks TLS with the world, and every client of an SDK
    would load the hundred and fifty that there are, which takes it 50 ms of processor time."""
    bundle, end = tmp_path_factory.mktemp("tls") / "one.pem", "-----END CERTIFICATE-----\n"
    bundle.write_text(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end, "utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(bundle))
        yield bundle


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
