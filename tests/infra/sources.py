"""Lambda's pollers: what reads queues and the table's stream, and asks functions with what it finds."""

import threading
from collections.abc import Mapping
from typing import Any

from offhook.stack.table_stream import TableStream
from tests.infra.deployed import Source, client
from tests.infra.emulator import FunctionFailed, Lambda

_WAIT_S = 1
_CLOSE_WITHIN_S = 10.0


class Queue:
    """Reads a queue until it is closed: what the function does not report as failed is deleted."""

    def __init__(self, aws: str, source: Source, functions: Lambda) -> None:
        self._sqs = client(aws, "sqs")
        self._url = self._sqs.get_queue_url(QueueName=source.arn.rsplit(":", 1)[1])["QueueUrl"]
        self._source = source
        self._functions = functions
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=source.arn, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        while not self._closing.is_set():
            told = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self._source.batch,
                WaitTimeSeconds=_WAIT_S,
                AttributeNames=["All"],
            )
            if messages := told.get("Messages", []):
                self._hand_out(messages)

    def _hand_out(self, messages: list[dict[str, Any]]) -> None:
        records = [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one.get("Attributes", {}),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": self._source.arn,
            }
            for one in messages
        ]
        try:
            failures = self._functions.invoke(self._source.function, {"Records": records})["batchItemFailures"]
        except FunctionFailed:
            return  # which comes again when it is visible again
        failed = {failure["itemIdentifier"] for failure in failures}
        for one in messages:
            if one["MessageId"] not in failed:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=one["ReceiptHandle"])


def stream(aws: str, table: str, source: Source, functions: Lambda) -> TableStream:
    """Reads the table's stream until it is closed: the function is asked about what its filters let through."""

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        kept = [one for one in event["Records"] if any(matches(pattern, one) for pattern in source.patterns)]
        plain = [{**one, "dynamodb": {**one["dynamodb"], "ApproximateCreationDateTime": 0}} for one in kept]
        asked: dict[str, Any] = {"batchItemFailures": []}
        return functions.invoke(source.function, {"Records": plain}) if plain else asked

    return TableStream(client(aws, "dynamodbstreams"), table, handle)


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has every value that a filter asks for, each one of those listed."""
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif found not in wanted:
            return False
    return True
