"""Status callbacks: one queue and one sender a call, so that a slow receiver never holds up the call itself.

They leave in the order things happened, each after the one before was answered or given up. `Faults` breaks that on
purpose, for tests of receivers: Twilio promises neither order nor "once".
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urljoin

from offhook.box.calls import BoxCall, CallStatus, StatusEvent
from offhook.box.ports import Alert, StreamEvent
from offhook.box.verbs import HttpMethod, Stream
from offhook.box.webhooks import Request, WebhookFailure, Webhooks

QUEUE_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Faults:
    """Send each callback `times`, each `delay_ms` late; `reorder` swaps every two neighbours."""

    times: int = 1
    delay_ms: int = 0
    reorder: bool = False


class Callbacks:
    """The status callbacks of one call and of its streams."""

    def __init__(
        self,
        call: BoxCall,
        webhooks: Webhooks,
        alert: Callable[[Alert], None],
        now: Callable[[], datetime],
        faults: Faults,
    ) -> None:
        self._call = call
        self._webhooks = webhooks
        self._alert = alert
        self._now = now
        self._faults = faults
        self._queue: asyncio.Queue[Request | None] = asyncio.Queue(QUEUE_LIMIT + 1)
        self._sequence = 0

    def call_event(self, event: StatusEvent) -> None:
        """Tell what has just happened to the call, when the application asked for this event."""
        hook, plan = self._call.plan.status_callback, self._call.plan
        if hook is None or event not in plan.status_events:
            return
        extra = {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(self._now()),
        }
        if event == "initiated":
            extra["CallStatus"] = str(CallStatus.INITIATED)
        if event == "completed":
            extra["CallDuration"] = str(self._call.duration_s)
            extra["Duration"] = str(-(-self._call.duration_s // 60))
        self._sequence += 1
        self._put(Request(hook.url, hook.method, self._call.form(extra)))

    def stream_event(self, stream: Stream, event: StreamEvent, base_url: str) -> None:
        """Tell a `<Stream>`'s statusCallback, when it has one. Its relative URL is taken from `base_url`."""
        if not stream.status_callback:
            return
        form = {
            "AccountSid": self._call.account_sid,
            "CallSid": self._call.sid,
            "StreamSid": event.stream_sid,
            "StreamName": event.stream_name,
            "StreamEvent": event.event,
            "Timestamp": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        if event.error:
            form |= {"StreamError": event.error, "StreamErrorCode": str(event.error_code)}
        method: HttpMethod = "GET" if stream.status_callback_method == "GET" else "POST"
        self._put(Request(urljoin(base_url, stream.status_callback), method, form))

    def close(self) -> None:
        """No more will come: `run` returns once the queue is empty."""
        self._queue.put_nowait(None)

    async def run(self) -> None:
        """Send what is queued until `close`. A receiver that fails is an alert, never a reason to stop."""
        held: Request | None = None
        while True:
            request = await self._queue.get()
            if request is None:
                break
            if self._faults.reorder and held is None:
                held = request
                continue
            await self._deliver(request)
            if held is not None:
                await self._deliver(held)
                held = None
        if held is not None:
            await self._deliver(held)

    def _put(self, request: Request) -> None:
        if self._queue.qsize() >= QUEUE_LIMIT:
            sentence = f"{QUEUE_LIMIT} status callbacks wait already; this one is dropped."
            self._alert(Alert(11200, "error", self._call.sid, sentence, request.url))
            return
        self._queue.put_nowait(request)

    async def _deliver(self, request: Request) -> None:
        await deliver(request, self._call, self._webhooks, self._alert, self._faults)


async def deliver(
    request: Request, call: BoxCall, webhooks: Webhooks, alert: Callable[[Alert], None], faults: Faults
) -> None:
    """Send it as late and as often as `faults` say. A receiver that fails is an alert."""
    for _ in range(faults.times):
        if faults.delay_ms:
            await asyncio.sleep(faults.delay_ms / 1000)
        try:
            await webhooks.send(request)
        except WebhookFailure as failure:
            alert(Alert(failure.code, "error", call.sid, failure.sentence, failure.url))
        else:
            call.stats.callbacks += 1
