"""The after-call function on one machine: the very handler, driven by the table's stream and a local queue."""

from types import TracebackType
from typing import Self

import boto3

from calls.after_call import Message, written
from handlers import after_call
from handlers.after_call_wiring import wired_with
from handlers.wiring import Wired
from offhook.stack.environment import LOCAL_KEY, REGION
from offhook.stack.local_queue import LocalQueue
from offhook.stack.table_stream import TableStream

AGAIN_AFTER_S = 5.0
TRIES = 12
"""As many as in AWS, but soon after one another: a person is waiting."""


class LocalAfterCall:
    """Runs while it is entered. `wired` is what the handlers have; its table must be an engine of this machine."""

    def __init__(self, wired: Wired) -> None:
        settings = wired.settings
        self._queue = LocalQueue(self._handle, 0.0, AGAIN_AFTER_S, tries=TRIES, name="after-call function")
        self._wired = wired_with(wired, self)
        session = boto3.session.Session(LOCAL_KEY, LOCAL_KEY, region_name=REGION)
        client = session.client("dynamodbstreams", endpoint_url=settings.aws_endpoint_url)
        self._stream = TableStream(client, settings.table, self._handle)

    def later(self, message: Message, delay_s: int) -> None:
        """Implements `handlers.after_call_queue.AfterQueue`."""
        self._queue.put(written(message), delay_s)

    def close(self) -> None:
        self._stream.close()
        self._queue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _handle(self, event: dict[str, object]) -> dict[str, object]:
        return after_call.answer(lambda: self._wired, event)
