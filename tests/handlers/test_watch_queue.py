import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from calls.errors import OffhookError
from handlers.watch_queue import ASK_WITHIN_S, NoWatch, SqsWatch, Watched, WatchFailed, ask, read, sqs_client
from offhook.stack import ministack

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/0/watchdog"


@dataclass
class Sqs:
    """Implements `handlers.watch_queue.SqsClient`."""

    failure: Exception | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> Any:  # noqa: N803
        if self.failure:
            raise self.failure
        self.sent.append({"url": QueueUrl, "body": MessageBody, "delay_s": DelaySeconds})


def test_a_message_says_which_stream_and_comes_late() -> None:
    sqs, made = Sqs(), [0]

    def client() -> Sqs:
        made[0] += 1
        return sqs

    watch = SqsWatch(client, QUEUE_URL, 3)
    assert made == [0]
    watch.watch("01A", 1)
    watch.watch("01A", 2)
    assert made == [1]
    assert [(sent["url"], read(sent["body"]), sent["delay_s"]) for sent in sqs.sent] == [
        (QUEUE_URL, Watched("01A", 1), 3),
        (QUEUE_URL, Watched("01A", 2), 3),
    ]


def test_a_queue_that_is_away_is_a_failure_of_ours() -> None:
    watch = SqsWatch(lambda: Sqs(EndpointConnectionError(endpoint_url=QUEUE_URL)), QUEUE_URL, 3)
    with pytest.raises(WatchFailed) as caught:
        watch.watch("01A", 1)
    assert "amazonaws" not in caught.value.failure.sentence


class Slow:
    """A queue that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = threading.Event()

    def watch(self, call_id: str, stream: int) -> None:
        self.answers.wait(ASK_WITHIN_S * 20)


class Broken:
    def watch(self, call_id: str, stream: int) -> None:
        raise RuntimeError("a defect")


def test_nobody_waits_long_for_the_queue() -> None:
    slow, noted = Slow(), list[OffhookError]()
    ask(slow, "01A", 1, noted.append)
    slow.answers.set()
    ask(Broken(), "01A", 1, noted.append)
    ask(NoWatch(), "01A", 1, noted.append)
    assert noted == []


def test_a_failure_is_told() -> None:
    noted = list[OffhookError]()
    watch = SqsWatch(lambda: Sqs(EndpointConnectionError(endpoint_url=QUEUE_URL)), QUEUE_URL, 3)
    ask(watch, "01A", 1, noted.append)
    assert [error.failure.code for error in noted] == ["watch-failed"]


def test_through_a_real_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ministack.running(tmp_path / "ministack.log") as url:
        reader: Any = boto3.session.Session().client("sqs", endpoint_url=url)
        queue_url = reader.create_queue(QueueName="watchdog")["QueueUrl"]
        ask(
            SqsWatch(lambda: sqs_client(url, os.environ), queue_url, 1), "01A", 1, lambda error: pytest.fail(str(error))
        )
        assert "Messages" not in reader.receive_message(QueueUrl=queue_url)
        (came,) = reader.receive_message(QueueUrl=queue_url, WaitTimeSeconds=10)["Messages"]
        assert read(came["Body"]) == Watched("01A", 1)
