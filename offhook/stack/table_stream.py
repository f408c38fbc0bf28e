"""The table's stream on one machine: what Lambda's poller does in AWS, in a thread of this process.

Every record goes to the handler from the oldest on, in events of the shape that Lambda gives; what the handler reports
back is handed out again with what follows it, until it is taken.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)

POLL_S = 0.2
AGAIN_AFTER_S = 1.0
BATCH = 100
_CLOSE_WITHIN_S = 5.0


class TableStream:
    """`client` is boto3's for "dynamodbstreams"; `handle` the handler: an event in, a partial batch response out."""

    def __init__(self, client: Any, table: str, handle: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._client = client
        self._table = table
        self._handle = handle
        self._closing = threading.Event()
        self._iterators: dict[str, str | None] = {}
        self._thread = threading.Thread(target=self._run, name="table stream", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read nothing more, and wait for what is being handled."""
        self._closing.set()
        self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        """The table may not be there yet, and its engine may go away before this does."""
        is_told = False
        while not self._closing.wait(POLL_S):
            try:
                self._poll()
                is_told = False
            except (BotoCoreError, ClientError) as error:
                if not is_told:
                    log.info("the table's stream cannot be read: %s", type(error).__name__)
                is_told = True
                self._closing.wait(AGAIN_AFTER_S)

    def _poll(self) -> None:
        for arn, shard in self._shards():
            if shard not in self._iterators:
                answer = self._client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
                self._iterators[shard] = answer["ShardIterator"]
            if (iterator := self._iterators[shard]) is not None:
                page = self._client.get_records(ShardIterator=iterator, Limit=BATCH)
                self._hand_out(page["Records"])
                self._iterators[shard] = page.get("NextShardIterator")

    def _shards(self) -> Iterator[tuple[str, str]]:
        for stream in self._client.list_streams(TableName=self._table)["Streams"]:
            described = self._client.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
            for shard in described["Shards"]:
                yield stream["StreamArn"], shard["ShardId"]

    def _hand_out(self, records: list[dict[str, Any]]) -> None:
        while records and not self._closing.is_set():
            events = [{**record, "eventSource": "aws:dynamodb"} for record in records]
            try:
                failed = self._handle({"Records": events})["batchItemFailures"]
            except Exception:
                # What a Lambda that raises is to the stream: all of it comes again.
                log.exception("the handler of the table's stream broke")
                failed = [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]
            if not failed:
                return
            first = {failure["itemIdentifier"] for failure in failed}
            begin = next(i for i, record in enumerate(records) if record["dynamodb"]["SequenceNumber"] in first)
            records = records[begin:]
            self._closing.wait(AGAIN_AFTER_S)
