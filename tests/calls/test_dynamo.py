"""DynamoCallStore where the engine or the way to it misbehaves; `test_dynamo_contract.py` has what it must do."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest

from calls.dynamo import DynamoCallStore, create_table
from calls.errors import StoreUnavailable
from calls.record import CallRecord, Direction
from offhook.stack.ministack import local_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CALL_ID = "01JD8Z0000000000000000000A"
SID = "CA00000000000000000000000000000001"
CALL = CallRecord(CALL_ID, Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 4_000_000_000_000)
Answer = tuple[int, bytes]


def now_ms() -> int:
    return 4_000_000_000_000


def one_more(record: CallRecord) -> CallRecord:
    return replace(record, streams_served=record.streams_served + 1)


@contextmanager
def engine(answer: Callable[[str, bytes, dict[str, str]], Answer | None]) -> Iterator[str]:
    """The URL of an engine that answers what `answer(operation, body, headers)` says: a status and a body, or
    (None) hangs up without an answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one packet, or each answer waits for a delayed acknowledgement.
        wbufsize = 65_536

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            answered = answer(operation, body, dict(self.headers.items()))
            if answered is None:
                self.close_connection = True
                return
            status, content = answered
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def forgetful(dynamo_endpoint: str) -> Iterator[str]:
    """A real engine whose answer to the first write of each kind is lost on the way back."""
    lost: set[str] = set()

    def answer(operation: str, body: bytes, headers: dict[str, str]) -> Answer | None:
        response = httpx.post(dynamo_endpoint, content=body, headers=headers, trust_env=False, timeout=10)
        if operation in {"PutItem", "TransactWriteItems"} and operation not in lost:
            lost.add(operation)
            return None
        return response.status_code, response.content

    with engine(answer) as url:
        yield url


def on(url: str, table: str) -> DynamoCallStore:
    return DynamoCallStore(local_client(url), table, now_ms)


@pytest.fixture
def table(dynamo_client: "DynamoDBClient", request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    create_table(dynamo_client, name)
    return name


def test_a_call_whose_first_answer_was_lost_is_no_call_that_exists(forgetful: str, table: str) -> None:
    store = on(forgetful, table)
    store.create(replace(CALL, twilio_sid=SID))
    assert store.by_sid(SID) == replace(CALL, twilio_sid=SID)


def test_a_claim_whose_first_answer_was_lost_is_won(forgetful: str, table: str) -> None:
    assert on(forgetful, table).claim("key", "body", CALL) is None


def test_a_change_whose_first_answer_was_lost_is_made_once(forgetful: str, table: str, dynamo_endpoint: str) -> None:
    on(dynamo_endpoint, table).create(CALL)
    changed = on(forgetful, table).change(CALL_ID, one_more)
    assert changed == replace(CALL, streams_served=1, version=1)
    assert on(dynamo_endpoint, table).by_call_id(CALL_ID) == changed


def test_a_sid_whose_first_answer_was_lost_is_attached(forgetful: str, table: str, dynamo_endpoint: str) -> None:
    on(dynamo_endpoint, table).create(CALL)
    assert on(forgetful, table).attach_sid(CALL_ID, SID) == replace(CALL, twilio_sid=SID, version=1)


def test_an_answer_to_a_step_that_was_lost_on_the_way_still_stands(forgetful: str, table: str) -> None:
    assert on(forgetful, table).answered_before(CALL_ID, "voice", "<Response/>") == "<Response/>"


def test_a_transaction_that_always_meets_another_is_given_up() -> None:
    pauses_s: list[float] = []
    conflict = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }
    with engine(lambda *_: (400, json.dumps(conflict).encode())) as url:
        store = DynamoCallStore(local_client(url), "calls", now_ms, sleep=pauses_s.append, chance=lambda: 1.0)
        with pytest.raises(StoreUnavailable) as refused:
            store.create(CALL)
    assert refused.value.failure.code == "store-contended"
    assert pauses_s[:6] == [0.005, 0.01, 0.02, 0.04, 0.08, 0.1]
    assert len(pauses_s) == 99


def test_a_missing_table_is_a_matter_of_configuration(dynamo_endpoint: str) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        on(dynamo_endpoint, "no-such-table").by_call_id(CALL_ID)
    assert (refused.value.failure.code, refused.value.failure.retryable) == ("store-table-missing", False)


def test_an_engine_that_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        store = DynamoCallStore(local_client(url, read_timeout_s=0.2), "calls", now_ms)
        started_s = time.monotonic()
        with pytest.raises(StoreUnavailable) as refused:
            store.by_call_id(CALL_ID)
    assert refused.value.failure.retryable
    # Three tries of 0.2 s, and pauses of up to 1 s and 2 s.
    assert time.monotonic() - started_s < 5
