"""One call from ringing to its last status callback: the switch between the caller's line and the application.

A TaskGroup owns everything the call runs: the line's clock, the caller's script, the status callbacks. Closing order:
line ended, script stopped, final status, `completed` queued, callbacks sent, HTTP client closed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from offhook.box.callbacks import Callbacks, Faults
from offhook.box.calls import BoxCall, CallStatus, Hook, StatusEvent
from offhook.box.documents import Documents, NoDocument, Page
from offhook.box.interpreter import Behaviour, Interpreter, RunStream, Surroundings
from offhook.box.line import PhoneLine
from offhook.box.line_log import Pressed
from offhook.box.partial_callbacks import PartialCallbacks
from offhook.box.ports import Alert, CallIdentity, Ears, LineEnded, Mouth
from offhook.box.race import race
from offhook.box.verbs import Pause, Reject
from offhook.box.webhooks import Timings, Webhooks

PARTING_S = 1.0
"""What runs when the caller hangs up may end by itself, as a stream does with its `stop`; then it is cancelled."""


@dataclass(frozen=True, slots=True)
class Services:
    """What every call of a box shares. `note(call, kind, detail)` feeds the live view."""

    auth_token: str
    ears: Ears
    mouth: Mouth
    run_stream: RunStream
    alert: Callable[[Alert], None]
    note: Callable[[BoxCall, str, str], None]
    now: Callable[[], datetime]
    timings: Timings
    behaviour: Behaviour
    faults: Faults
    ring_ms: int
    drain_ms: int


Caller = Callable[[PhoneLine], Awaitable[None]]
"""What the person at the other end does, from answer on."""


class Exchange:
    """Runs one call. `hang_up` and `redirect` are the REST API's hold on it while it lives."""

    def __init__(self, call: BoxCall, services: Services, caller: Caller, refusal: CallStatus | None = None) -> None:
        self.call = call
        self.line = PhoneLine()
        self._services = services
        self._caller = caller
        self._refusal = refusal
        self._next: Hook | str | None = None
        self._redirected = asyncio.Event()
        self._given_up = asyncio.Event()
        self._limit: asyncio.Timeout | None = None
        self._answered_at = 0.0
        self._webhooks = Webhooks(services.auth_token, services.timings)
        self._callbacks = Callbacks(call, self._webhooks, services.alert, services.now, services.faults)
        self._partials = PartialCallbacks(call, self._webhooks, services.alert, services.faults)
        self._documents = Documents(call, self._webhooks, services.alert, lambda url: self._note("document", url))

    def hang_up(self) -> None:
        """The application ends the call; one that still rings is canceled."""
        if self.call.status is CallStatus.IN_PROGRESS and not self.call.hung_up_by:
            self.call.hung_up_by = "application"
        self._given_up.set()
        self.line.hang_up()

    def redirect(self, to: Hook | str) -> None:
        """Leave the running document at once for this URL or this TwiML."""
        self._next = to
        self._redirected.set()

    def limit(self, time_limit_s: int) -> None:
        """End the call this long after its answer."""
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(self._answered_at + time_limit_s)

    async def run(self) -> None:
        """The whole call. Cancelling it ends it without another word to the application."""
        try:
            async with asyncio.TaskGroup() as group:
                sender = group.create_task(self._callbacks.run())
                try:
                    await self._live(group)
                finally:
                    self.line.hang_up()
                    self._finish()
                    self._callbacks.close()
                await self._drain(sender)
        finally:
            await self._partials.close()
            await self._webhooks.aclose()

    async def _drain(self, sender: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait({sender}, timeout=self._services.drain_ms / 1000)
        if not done:
            sentence = "Status callbacks were still waiting when the call was put away; they are dropped."
            self._services.alert(Alert(11200, "error", self.call.sid, sentence))
            sender.cancel()

    async def _live(self, group: asyncio.TaskGroup) -> None:
        outbound = self.call.plan.direction == "outbound-api"
        page = await (self._ring_out() if outbound else self._ring_in())
        if self.call.over:
            return
        self._answer()
        clock = group.create_task(self.line.run())
        caller = group.create_task(self._speak())
        try:
            await self._talk(page, fetch=outbound)
        finally:
            self.line.hang_up()
            caller.cancel()
            await asyncio.wait({clock, caller})

    async def _ring_out(self) -> None:
        """The phone of the person called rings."""
        plan = self.call.plan
        self._callbacks.call_event("initiated")
        self._status(CallStatus.RINGING, "ringing")
        patience_ms = plan.timeout_s * 1000
        never = self._refusal is CallStatus.NO_ANSWER
        if not await self._rings(patience_ms if never else min(self._services.ring_ms, patience_ms)):
            return
        if self._refusal is not None:
            self._status(self._refusal)
        elif self._services.ring_ms > patience_ms:
            self._status(CallStatus.NO_ANSWER)

    async def _ring_in(self) -> Page | None:
        """The application is asked while the call rings; Reject, and a Pause before all else, come before the answer
        (twilio.com/docs/voice/twiml/reject, /pause)."""
        self._status(CallStatus.RINGING, "ringing")
        if not await self._rings(self._services.ring_ms):
            return None
        page = await self._document(self.call.plan.voice)
        if not await self._rings(0):
            return None
        verbs = page.verbs if page is not None else ()
        while verbs and isinstance(verbs[0], Pause):
            if not await self._rings(verbs[0].length_s * 1000):
                return None
            verbs = verbs[1:]
        if verbs and isinstance(verbs[0], Reject):
            self._note("verb", "Reject")
            self._status(CallStatus.BUSY if verbs[0].reason == "busy" else CallStatus.NO_ANSWER)
        return page if page is None else Page(verbs, page.url)

    async def _rings(self, duration_ms: int) -> bool:
        """False when the call was given up meanwhile: it is canceled then."""
        if await race(self._given_up.wait(), asyncio.sleep(duration_ms / 1000)) == 0:
            self._status(CallStatus.CANCELED)
            return False
        return True

    def _answer(self) -> None:
        self.call.started = self._services.now()
        self.call.answered_at_ms = time.time_ns() // 1_000_000
        self._answered_at = asyncio.get_running_loop().time()
        self._status(CallStatus.IN_PROGRESS, "answered")

    async def _talk(self, page: Page | None, *, fetch: bool) -> None:
        """Documents until the call ends, from either side."""
        call, plan = self.call, self.call.plan
        first: Hook | str | None = (plan.twiml if plan.twiml is not None else plan.voice) if fetch else None
        try:
            async with asyncio.timeout(plan.time_limit_s) as self._limit:
                while await self._run_or_leave(first, page):
                    self._redirected.clear()
                    first, page = self._next, None
        except TimeoutError:
            if self._limit is None or not self._limit.expired():
                raise
            call.hung_up_by = "limit"
        except LineEnded:
            call.hung_up_by = call.hung_up_by or "caller"

    async def _run_or_leave(self, source: Hook | str | None, page: Page | None) -> bool:
        """Whether another document is to be run, because of a redirect over REST."""
        interpreter = Interpreter(self._surroundings())

        async def documents() -> None:
            await interpreter.run(await self._document(source) if source is not None else page)
            self.call.hung_up_by = self.call.hung_up_by or "application"

        async def gone() -> None:
            await self.line.ended()
            self.call.hung_up_by = self.call.hung_up_by or "caller"
            await asyncio.sleep(PARTING_S)

        winner = await race(documents(), self._redirected.wait(), gone())
        if winner == 2:
            raise LineEnded("the call was ended")
        return winner == 1

    async def _document(self, source: Hook | str | None) -> Page | None:
        if source is None:
            return None
        try:
            if isinstance(source, str):
                return await self._documents.inline(source)
            return await self._documents.request(source.url, source.method)
        except NoDocument:
            return None

    async def _speak(self) -> None:
        pressed = self.call.log.pressed
        stop = self.line.listen(lambda _mulaw, _at_ms: None, lambda key: pressed.append(Pressed(key, self.line.now_ms)))
        try:
            await self._caller(self.line)
        except LineEnded:
            self._note("caller", "the call ended")
        finally:
            stop()

    def _surroundings(self) -> Surroundings:
        services = self._services
        return Surroundings(
            call=self.call,
            identity=CallIdentity(self.call.account_sid, self.call.sid, services.auth_token),
            line=self.line,
            ears=services.ears,
            mouth=services.mouth,
            webhooks=self._webhooks,
            documents=self._documents,
            run_stream=services.run_stream,
            stream_event=self._callbacks.stream_event,
            alert=services.alert,
            note=self._note,
            behaviour=services.behaviour,
            partial_result=self._partials.send,
        )

    def _finish(self) -> None:
        call = self.call
        call.ended = self._services.now()
        if call.started is not None:
            call.duration_s = -(-self.line.now_ms // 1000)
            call.recording = self.line.recording()
            call.stats.line = self.line.stats
        if not call.over:
            call.status = CallStatus.COMPLETED if call.started is not None else CallStatus.FAILED
            self._status(call.status)
        self._callbacks.call_event("completed")

    def _status(self, status: CallStatus, event: StatusEvent | None = None) -> None:
        self.call.status, self.call.updated = status, self._services.now()
        self._note("status", str(status))
        if event is not None:
            self._callbacks.call_event(event)

    def _note(self, kind: str, detail: str) -> None:
        self._services.note(self.call, kind, detail)
