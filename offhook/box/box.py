"""The box as a whole: an account with numbers, its REST API on loopback, and the calls that are under way.

async with Box(BoxSettings(account_sid, auth_token, {"+15005550006": "https://…/voice"}), ears, mouth) as box:
    box.place_inbound(to="+15005550006", from_="+14155550100", script=parse_script(path))
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from offhook.box.alerts import AlertLog, utc_now
from offhook.box.call_requests import CallUpdate
from offhook.box.caller import Person, run_person
from offhook.box.calls import BoxCall, CallPlan
from offhook.box.exchange import Exchange, Services
from offhook.box.interpreter import RunStream
from offhook.box.line import PhoneLine
from offhook.box.media_stream import run_stream as twilio_stream
from offhook.box.ports import Alert, Ears, Mouth
from offhook.box.rest import application
from offhook.box.serving import served
from offhook.box.settings import BoxSettings

logger = logging.getLogger(__name__)
CALLS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class BoxEvent:
    """One thing that happened in a call, for a live view. `at_ms` is the line's time, 0 before the answer.

    Kinds: status, document (its URL), verb (its name), stream, recognised (the words), digits, dial, alert.
    """

    call_sid: str
    at_ms: int
    kind: str
    detail: str


class Box:
    """Serves from `__aenter__` to `__aexit__`; leaving it ends every call and every request at once.

    `default_script` is what a person does who picks up a call, or places one without a script of their own; None is a
    silent person who stays on the line. `script_for` may choose by the number called; None falls back to the default.
    """

    def __init__(
        self,
        settings: BoxSettings,
        ears: Ears,
        mouth: Mouth,
        *,
        default_script: Person | None = None,
        script_for: Callable[[str], Person | None] = lambda _to: None,
        run_stream: RunStream = twilio_stream,
    ) -> None:
        self.settings = settings
        self.account_sid = settings.account_sid
        self.auth_token = settings.auth_token
        self.numbers = settings.configured()
        self.blocked_countries = set(settings.blocked_countries)
        self.calls: dict[str, BoxCall] = {}
        self.alerts = AlertLog(settings.account_sid, on_alert=self._alerted)
        self.default_script = default_script
        self.script_for = script_for
        self.base_url = ""
        self._services = self._make_services(ears, mouth, run_stream)
        self._exchanges: dict[str, Exchange] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._on_event: list[Callable[[BoxEvent], None]] = []
        self._on_call_ended: list[Callable[[BoxCall], None]] = []
        self._api = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises OSError when the port is taken."""
        self.base_url = await self._api.enter_async_context(
            served(application(self), self.settings.host, self.settings.port)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        under_way = list(self._tasks.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._api.aclose()

    def on_event(self, callback: Callable[[BoxEvent], None]) -> None:
        """Hear everything that happens, as it happens."""
        self._on_event.append(callback)

    def on_call_ended(self, callback: Callable[[BoxCall], None]) -> None:
        """Hear of each call that is over, its recording made and its status callbacks delivered or given up."""
        self._on_call_ended.append(callback)

    def place_inbound(self, to: str, from_: str, script: Person | None = None) -> BoxCall:
        """Somebody calls one of the account's numbers. Raises KeyError when the account has no such number."""
        number = self.numbers[to]
        plan = CallPlan(
            to=to,
            from_=from_,
            direction="inbound",
            voice=number.voice,
            fallback=number.fallback,
            status_callback=number.status_callback,
        )
        return self._place(plan, script)

    def place_outbound(self, plan: CallPlan) -> BoxCall:
        """The application calls somebody, as over REST."""
        return self._place(plan, self.script_for(plan.to))

    def update(self, call: BoxCall, update: CallUpdate) -> None:
        """A REST update of a call that is not over."""
        exchange = self._exchanges[call.sid]
        if update.fallback is not None:
            call.plan = replace(call.plan, fallback=update.fallback)
        if update.time_limit_s is not None:
            exchange.limit(update.time_limit_s)
        # Twilio: canceled "will not affect calls already in progress".
        if update.end == "completed" or (update.end == "canceled" and call.started is None):
            exchange.hang_up()
        if update.to is not None:
            exchange.redirect(update.to)

    def line(self, call: BoxCall) -> PhoneLine:
        """The line of a call under way, for a live view or a test. Raises KeyError once it is over."""
        return self._exchanges[call.sid].line

    async def ended(self, call: BoxCall) -> None:
        """Return when the call is over and put away. Raises what made it break."""
        task = self._tasks.get(call.sid)
        if task is not None:
            await asyncio.shield(task)

    def _place(self, plan: CallPlan, script: Person | None) -> BoxCall:
        call = BoxCall(self.account_sid, plan, utc_now())
        chosen = script or self.default_script

        async def caller(line: PhoneLine) -> None:
            if chosen is None:
                await line.ended()
            else:
                await run_person(chosen, line)

        self._forget_old()
        self.calls[call.sid] = call
        exchange = Exchange(call, self._services, caller, self.settings.refusals.get(plan.to))
        self._exchanges[call.sid] = exchange
        task = asyncio.create_task(self._run(exchange), name=f"call {call.sid}")
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # logged in _run already
        self._tasks[call.sid] = task
        return call

    async def _run(self, exchange: Exchange) -> None:
        call = exchange.call
        try:
            await exchange.run()
        except Exception:
            # One call's fault must not reach the others; whoever awaits `ended` gets it too.
            logger.exception("call %s broke", call.sid)
            self.alerts.add(Alert(12400, "error", call.sid, "Internal failure of the box; see its log."))
            raise
        finally:
            self._exchanges.pop(call.sid, None)
            self._tasks.pop(call.sid, None)
            for callback in self._on_call_ended:
                callback(call)

    def _forget_old(self) -> None:
        over = [sid for sid, call in self.calls.items() if call.over]
        for sid in over[: max(0, len(self.calls) - CALLS_KEPT)]:
            del self.calls[sid]

    def _make_services(self, ears: Ears, mouth: Mouth, run_stream: RunStream) -> Services:
        settings = self.settings
        return Services(
            auth_token=settings.auth_token,
            ears=ears,
            mouth=mouth,
            run_stream=run_stream,
            alert=self.alerts.add,
            note=self._note,
            now=utc_now,
            timings=settings.timings,
            behaviour=settings.behaviour,
            faults=settings.faults,
            ring_ms=settings.ring_ms,
            drain_ms=settings.drain_ms,
        )

    def _alerted(self, alert: Alert) -> None:
        self._tell(alert.call_sid, "alert", f"{alert.code} {alert.sentence}")

    def _note(self, call: BoxCall, kind: str, detail: str) -> None:
        self._tell(call.sid, kind, detail)

    def _tell(self, call_sid: str, kind: str, detail: str) -> None:
        exchange = self._exchanges.get(call_sid)
        event = BoxEvent(call_sid, exchange.line.now_ms if exchange is not None else 0, kind, detail)
        for callback in self._on_event:
            callback(event)
