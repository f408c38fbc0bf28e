"""The after-call queue: a message comes back when a call has settled, or when its price may be there. The port, and
SQS."""

from collections.abc import Callable
from functools import cache
from typing import Protocol

from calls.after_call import Message, written
from calls.errors import OffhookError
from handlers.watch_queue import SqsClient


class QueueFailed(OffhookError):
    """The queue did not take a message."""

    default_code = "after-call-queue-failed"


class AfterQueue(Protocol):
    def later(self, message: Message, delay_s: int) -> None:
        """Have the after-call function see `message` so many seconds from now (900 at most). QueueFailed."""


class SqsAfter:
    """`client` is made at the first message."""

    def __init__(self, client: Callable[[], SqsClient], queue_url: str) -> None:
        self._client = cache(client)
        self._queue_url = queue_url

    def later(self, message: Message, delay_s: int) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client().send_message(QueueUrl=self._queue_url, MessageBody=written(message), DelaySeconds=delay_s)
        except (BotoCoreError, ClientError) as error:
            raise QueueFailed(f"The after-call queue did not take a message: {type(error).__name__}.") from error
