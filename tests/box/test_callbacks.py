import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx

from offhook.box.callbacks import Callbacks, Faults
from offhook.box.calls import STATUS_EVENTS, BoxCall, CallPlan, CallStatus, Hook, StatusEvent
from offhook.box.ports import Alert, StreamEvent
from offhook.box.verbs import Stream
from offhook.box.webhooks import Timings, Webhooks

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
STREAM = Stream("wss://a.example/s", "name", "inbound_track", "stream-status", "POST", ())


class Receiver:
    """Takes status callbacks for one call."""

    def __init__(self, faults: Faults = Faults(), events: frozenset[StatusEvent] = frozenset(STATUS_EVENTS)) -> None:  # noqa: B008 - frozen values
        self.received: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.alerts: list[Alert] = []
        self.status = 204
        hook = Hook("http://app.example/status")
        plan = CallPlan("+14155550100", "+15005550006", "outbound-api", status_callback=hook, status_events=events)
        self.call = BoxCall("AC1", plan, NOON)
        self.webhooks = Webhooks("token", Timings(), httpx.MockTransport(self._take))
        self.callbacks = Callbacks(self.call, self.webhooks, self.alerts.append, lambda: NOON, faults)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        self.received.append(dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
        return httpx.Response(self.status)

    async def live(self) -> None:
        """A call from dialling to its end after 61 seconds, and everything that was queued sent."""
        self.callbacks.call_event("initiated")
        self.call.status = CallStatus.RINGING
        self.callbacks.call_event("ringing")
        self.call.status = CallStatus.IN_PROGRESS
        self.callbacks.call_event("answered")
        self.call.status, self.call.duration_s = CallStatus.COMPLETED, 61
        self.callbacks.call_event("completed")
        self.callbacks.close()
        await self.callbacks.run()
        await self.webhooks.aclose()

    @property
    def statuses(self) -> list[str]:
        return [form["CallStatus"] for form in self.received]


async def test_each_event_in_order_with_its_number() -> None:
    receiver = Receiver()
    await receiver.live()
    assert receiver.statuses == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in receiver.received] == ["0", "1", "2", "3"]
    last = receiver.received[3]
    assert (last["CallDuration"], last["Duration"]) == ("61", "2")
    assert last["CallbackSource"] == "call-progress-events"
    assert last["Timestamp"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert receiver.call.stats.callbacks == 4


async def test_only_the_events_that_were_asked_for() -> None:
    receiver = Receiver(events=frozenset({"answered", "completed"}))
    await receiver.live()
    assert receiver.statuses == ["in-progress", "completed"]
    assert [form["SequenceNumber"] for form in receiver.received] == ["0", "1"]


async def test_faults_repeat_and_reorder() -> None:
    receiver = Receiver(Faults(times=2, reorder=True))
    await receiver.live()
    assert receiver.statuses == [
        *("ringing", "ringing", "initiated", "initiated"),
        *("completed", "completed", "in-progress", "in-progress"),
    ]


async def test_reorder_holds_nothing_back_at_the_end() -> None:
    receiver = Receiver(Faults(reorder=True), frozenset({"completed"}))
    await receiver.live()
    assert receiver.statuses == ["completed"]


async def test_a_fault_delays() -> None:
    receiver = Receiver(Faults(delay_ms=30), frozenset({"completed"}))
    began = asyncio.get_running_loop().time()
    await receiver.live()
    assert asyncio.get_running_loop().time() - began >= 0.03


async def test_a_receiver_that_fails_is_an_alert_and_the_next_one_goes_out() -> None:
    receiver = Receiver()
    receiver.status = 500
    await receiver.live()
    assert len(receiver.received) == 4
    assert [alert.code for alert in receiver.alerts] == [11200] * 4
    assert receiver.call.stats.callbacks == 0


async def test_the_queue_is_bounded() -> None:
    receiver = Receiver(events=frozenset({"completed"}))
    for _ in range(70):
        receiver.callbacks.call_event("completed")
    receiver.callbacks.close()
    await receiver.callbacks.run()
    await receiver.webhooks.aclose()
    assert len(receiver.received) == 64
    assert len(receiver.alerts) == 6


async def test_a_stream_tells_its_own_url() -> None:
    receiver = Receiver()
    base = "http://app.example/twilio/voice"
    receiver.callbacks.stream_event(STREAM, StreamEvent("stream-started", "MZ1", "name"), base)
    receiver.callbacks.stream_event(STREAM, StreamEvent("stream-error", "MZ1", "name", "closed", 31921), base)
    receiver.callbacks.close()
    await receiver.callbacks.run()
    await receiver.webhooks.aclose()
    assert receiver.paths == ["/twilio/stream-status"] * 2
    started, failed = receiver.received
    assert (started["StreamEvent"], started["StreamSid"], started["StreamName"]) == ("stream-started", "MZ1", "name")
    assert started["Timestamp"] == "2026-11-22T12:00:00.000Z"
    assert "StreamError" not in started
    assert (failed["StreamError"], failed["StreamErrorCode"]) == ("closed", "31921")
