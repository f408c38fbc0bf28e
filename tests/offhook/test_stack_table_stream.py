"""The table's stream: read from an engine of this machine, and what is done with what a handler gives back."""

import threading
from pathlib import Path
from typing import Any

import boto3
import pytest

from calls.after_call import ended_call
from calls.dynamo import DynamoCallStore, create_table
from calls.record import Status, moved
from offhook.stack import ministack
from offhook.stack.table_stream import TableStream
from tests.calls.store_cases import CALL_ID, a_call


class Records:
    """Implements what is used of boto3's "dynamodbstreams": one shard with these sequence numbers."""

    def __init__(self, *numbers: str) -> None:
        self.pages = [[{"dynamodb": {"SequenceNumber": number}} for number in numbers]]

    def list_streams(self, **_asked: str) -> dict[str, Any]:
        return {"Streams": [{"StreamArn": "arn"}]}

    def describe_stream(self, **_asked: str) -> dict[str, Any]:
        return {"StreamDescription": {"Shards": [{"ShardId": "s"}]}}

    def get_shard_iterator(self, **_asked: str) -> dict[str, Any]:
        return {"ShardIterator": "i"}

    def get_records(self, **_asked: Any) -> dict[str, Any]:
        return {"Records": self.pages.pop(0) if self.pages else [], "NextShardIterator": "i"}


@pytest.mark.parametrize("raises", [False, True])
def test_what_a_handler_gives_back_comes_again_with_what_follows(raises: bool) -> None:
    seen: list[list[str]] = []
    whole = threading.Event()

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        seen.append([record["dynamodb"]["SequenceNumber"] for record in event["Records"]])
        if len(seen) == 1:
            if raises:
                raise RuntimeError
            return {"batchItemFailures": [{"itemIdentifier": "2"}]}
        whole.set()
        return {"batchItemFailures": []}

    stream = TableStream(Records("1", "2", "3"), "calls", handle)
    assert whole.wait(10)
    stream.close()
    assert seen == [["1", "2", "3"], ["1", "2", "3"] if raises else ["2", "3"]]


def test_a_call_that_ends_comes_out_of_the_tables_stream(tmp_path: Path) -> None:
    ended: list[str] = []
    seen = threading.Event()

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        found = [ended_call(record["dynamodb"].get("NewImage", {})) for record in event["Records"]]
        ended.extend(call_id for call_id in found if call_id)
        if ended:
            seen.set()
        return {"batchItemFailures": []}

    with ministack.running(tmp_path / "ministack.log") as url:
        session = boto3.session.Session("local", "local", region_name="us-east-1")
        stream = TableStream(session.client("dynamodbstreams", endpoint_url=url), "calls", handle)
        client = ministack.local_client(url)
        create_table(client, "calls")
        store = DynamoCallStore(client, "calls", lambda: 0)
        store.create(a_call())
        store.change(CALL_ID, lambda record: moved(record, Status.IN_PROGRESS, 1))
        store.change(CALL_ID, lambda record: moved(record, Status.COMPLETED, 2))
        assert seen.wait(20)
        stream.close()
    assert ended == [CALL_ID]
