"""The queue of the watchdog: a message comes back some seconds after a stream was asked for. The port, and SQS.

{"callId": "01J...", "stream": 1}
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from calls.errors import OffhookError
from handlers import in_time
from handlers.logs import log_error

if TYPE_CHECKING:
    from calls.aws_json import AwsJson

ASK_WITHIN_S = 0.5
"""The most that a webhook waits for the queue."""


class WatchFailed(OffhookError):
    """The queue did not take a message, or gave one that is not ours."""

    default_code = "watch-failed"


class WatchQueue(Protocol):
    def watch(self, call_id: str, stream: int) -> None:
        """Have the watchdog look at stream number `stream` of the call, some seconds from now. WatchFailed."""


class NoWatch:
    """Where no queue is set, nobody looks."""

    def watch(self, call_id: str, stream: int) -> None:  # noqa: ARG002 - the port's
        return None


class SqsClient(Protocol):
    """What is used of botocore's."""

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> Any: ...  # noqa: N803


class SqsWatch:
    """`client` is made at the first message: most webhooks send none. `delay_s` whole seconds, 900 at most."""

    def __init__(self, client: Callable[[], SqsClient], queue_url: str, delay_s: int) -> None:
        self._client = cache(client)
        self._queue_url = queue_url
        self._delay_s = delay_s

    def watch(self, call_id: str, stream: int) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        body = written(Watched(call_id, stream))
        try:
            self._client().send_message(QueueUrl=self._queue_url, MessageBody=body, DelaySeconds=self._delay_s)
        except (BotoCoreError, ClientError) as error:
            raise WatchFailed(f"The watchdog's queue did not take a message: {type(error).__name__}.") from error


@dataclass(frozen=True, slots=True)
class Watched:
    """One stream to look at."""

    call_id: str
    stream: int


def written(watched: Watched) -> str:
    return json.dumps({"callId": watched.call_id, "stream": watched.stream})


def read(body: str) -> Watched:
    """The inverse of `written`. WatchFailed (code "watch-malformed")."""
    try:
        fields = json.loads(body)
        return Watched(str(fields["callId"]), int(fields["stream"]))
    except (ValueError, TypeError, KeyError) as error:
        raise WatchFailed("A message in the watchdog's queue is not ours.", code="watch-malformed") from error


def sqs_client(endpoint_url: str | None, environment: Mapping[str, str]) -> SqsClient:
    """With credentials and region from the environment; a message that is not taken at once is not taken."""
    from calls.aws_json import AwsJson, Service, is_enough

    sqs = Service("sqs", "AmazonSQS", ASK_WITHIN_S, ASK_WITHIN_S, attempts=1)
    if is_enough(sqs, environment):
        return _Sqs(AwsJson.of(sqs, environment, endpoint_url))
    from botocore.config import Config

    from calls import aws_clients

    attempts = {"mode": "standard", "total_max_attempts": 1}
    config = Config(connect_timeout=ASK_WITHIN_S, read_timeout=ASK_WITHIN_S, retries=attempts)  # type: ignore[arg-type]
    client: SqsClient = aws_clients.client("sqs", endpoint_url, config)
    return client


class _Sqs:
    """Named and asked as botocore's client."""

    def __init__(self, sqs: "AwsJson") -> None:
        self._sqs = sqs

    def send_message(self, **message: Any) -> Any:
        return self._sqs.ask("SendMessage", message)


def ask(queue: WatchQueue, call_id: str, stream: int, note: Callable[[OffhookError], None]) -> None:
    """Queue it within ASK_WITHIN_S, or go on without: a call must not wait for its watchdog. `note` is told of a
    queue that failed, in the same time."""

    def queued() -> None:
        try:
            queue.watch(call_id, stream)
        except WatchFailed as failed:
            log_error("a stream goes unwatched", failed, callId=call_id)
            note(failed)

    try:
        in_time.within(ASK_WITHIN_S, queued)
    except Exception as error:
        log_error("a stream may go unwatched", error, callId=call_id)
