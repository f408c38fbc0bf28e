"""Sends partial results to `<Gather partialResultCallback>`: each on its own, waiting for nothing before it.

So they overtake each other as Twilio's may, where the application is slower with one than with the next. `Faults`
makes them late, doubled, or swapped.
"""

import asyncio
from collections.abc import Callable

from offhook.box.callbacks import Faults, deliver
from offhook.box.calls import BoxCall
from offhook.box.ports import Alert
from offhook.box.webhooks import Request, Webhooks

AT_ONCE = 16


class PartialCallbacks:
    """Those of one call. `close` ends the sending."""

    def __init__(self, call: BoxCall, webhooks: Webhooks, alert: Callable[[Alert], None], faults: Faults) -> None:
        self._call = call
        self._webhooks = webhooks
        self._alert = alert
        self._faults = faults
        self._held: Request | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def send(self, request: Request) -> None:
        """Send it; do not wait. One too many is dropped, with an alert."""
        if self._faults.reorder and self._held is None:
            self._held = request
            return
        self._begin(request)
        if self._held is not None:
            self._begin(self._held)
            self._held = None

    async def close(self) -> None:
        """The call is over: nobody needs what it understood before. A receiver that is still at one is left alone."""
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _begin(self, request: Request) -> None:
        if len(self._under_way) >= AT_ONCE:
            sentence = f"{AT_ONCE} partial results are being sent already; this one is dropped."
            self._alert(Alert(11200, "error", self._call.sid, sentence, request.url))
            return
        delivering = deliver(request, self._call, self._webhooks, self._alert, self._faults)
        task = asyncio.create_task(delivering, name="partial result")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
