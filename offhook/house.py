"""Everything that runs on one machine, in one place: the Twilio box here, Offhook's parts as child processes.

Order of closing: the box first (its calls end), then what is still to be kept, then the children.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from calls.errors import CallNotFound, OffhookError, RequestRefused
from calls.record import CallRecord, Direction
from calls.store import CallStore
from calls.webhook_retries import QUICK
from offhook.box.box import Box, BoxEvent
from offhook.box.caller import Person
from offhook.box.calls import BoxCall, Hook
from offhook.box.settings import BoxSettings, Number
from offhook.call_request import CallRequest, read_script
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from offhook.keeper import OUTCOME_WITHIN_S, Keeper
from offhook.kept import Kept
from offhook.line_events import LineEvents
from offhook.line_words import is_bad, sentence_of
from offhook.phone import KEPT_WITHIN_S, CallNotPlaced, LineEvent, PlacedCall
from offhook.stack.environment import LOOPBACK
from offhook.stack.plain_http import NO_TLS
from offhook.stack.processes import free_port
from offhook.stack.stack import Stack
from streamer.providers.embedded_models import EmbeddedModels

RECORD_WITHIN_S = 15.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """`out` takes the calls and, in a hidden place of its own, the logs; `agents` is the folder of agent files;
    `inbound_agent` answers the deployment's number; port 0 means any free one."""

    out: Path
    agents: Path
    inbound_agent: str
    box_port: int = 0


class House:
    """Implements `phone.Phone` in the process of the box."""

    def __init__(self, box: Box, stack: Stack, keeper: Keeper, events: LineEvents, scripts: "Scripts") -> None:
        self.box = box
        self.stack = stack
        self.keeper = keeper
        self.line_events = events
        self._scripts = scripts

    @property
    def store(self) -> CallStore:
        return self.stack.store

    async def place(self, request: CallRequest) -> PlacedCall:
        # Off the loop: recordings may have to be resampled, and other calls' clocks run on it.
        return await self.place_with(request, await asyncio.to_thread(read_script, request.script))

    async def place_with(self, request: CallRequest, person: Person) -> PlacedCall:
        """The same with `person` at the other end, whatever the request's script says."""
        if request.direction is Direction.INBOUND:
            call = self.box.place_inbound(self.stack.from_number, request.number, person)
            record = await self._record_of(lambda: self.store.by_sid(call.sid))
            return PlacedCall(record.call_id, call.sid)
        self._scripts.expect(request.number, person)
        try:
            call_id = await self._post_call(request)
        except OffhookError:
            self._scripts.forget(request.number, person)
            raise
        record = await self._record_of(lambda: _with_sid(self.store.by_call_id(call_id)))
        return PlacedCall(record.call_id, record.twilio_sid)

    def events(self, call_sid: str) -> AsyncIterator[LineEvent]:
        return self.line_events.follow(call_sid)

    async def kept(self, call: PlacedCall) -> Path:
        return (await self.keeper.kept(call.twilio_sid, KEPT_WITHIN_S)).folder

    async def _post_call(self, request: CallRequest) -> str:
        """Start an outbound call as any client of the API does; the callId."""
        body = {"to": request.number}
        if request.agent:
            body["agent"] = request.agent
        if request.mode:
            body["mode"] = request.mode.value
        headers = {"Authorization": f"Bearer {self.stack.api_key}", "Idempotency-Key": str(uuid.uuid4())}
        web = self.stack.public_url
        async with httpx.AsyncClient(base_url=web, trust_env=False, verify=NO_TLS, timeout=20.0) as client:
            try:
                answer = await client.post("/calls", json=body, headers=headers)
            except httpx.TransportError as error:
                raise CallNotPlaced(f"POST /calls was not answered: {type(error).__name__}.") from error
        if answer.is_error:
            raise RequestRefused(f"POST /calls was refused: {_sentence_of(answer)}")
        return str(answer.json()["callId"])

    async def _record_of(self, look: Callable[[], CallRecord | None]) -> CallRecord:
        end_s = asyncio.get_running_loop().time() + RECORD_WITHIN_S
        while asyncio.get_running_loop().time() < end_s:
            try:
                record = await asyncio.to_thread(look)
            except CallNotFound:
                record = None
            if record is not None:
                return record
            await asyncio.sleep(POLL_S)
        raise CallNotPlaced(f"The call got no record within {RECORD_WITHIN_S:g} s; see {self.stack.logs['web']}.")


class Scripts:
    """What the next person to pick up at a number does; and everybody else."""

    def __init__(self, otherwise: Person | None) -> None:
        self._otherwise = otherwise
        self._expected: dict[str, list[Person]] = {}

    def expect(self, number: str, script: Person) -> None:
        self._expected.setdefault(number, []).append(script)

    def forget(self, number: str, script: Person) -> None:
        """The call was refused: nobody will pick up."""
        waiting = self._expected.get(number, [])
        if script in waiting:
            waiting.remove(script)

    def __call__(self, number: str) -> Person | None:
        waiting = self._expected.get(number)
        script = waiting.pop(0) if waiting else self._otherwise
        if not waiting:
            self._expected.pop(number, None)
        return script


@asynccontextmanager
async def open_house(
    settings: HouseSettings,
    tell: Callable[[str], None],
    *,
    on_line: Callable[[LineEvent], None] = lambda _event: None,
    on_kept: Callable[[BoxCall, Kept | None, str], None] = lambda _call, _kept, _why: None,
    otherwise: Person | None = None,
) -> AsyncIterator[House]:
    """The house, open until the block ends. `tell` hears in plain words what has started and how long it took;
    `otherwise` is what a person does whom nobody gave a script. ConfigurationInvalid, ProcessFailed."""
    async with AsyncExitStack() as closing:
        since = time.monotonic()
        loading = asyncio.create_task(asyncio.to_thread(EmbeddedModels.load), name="load embedded speech")
        closing.push_async_callback(_close_models, loading)
        box_port = settings.box_port or free_port()
        extra = {"OFFHOOK_INBOUND_AGENT": settings.inbound_agent}
        stack = Stack(settings.out / "state", settings.agents, f"http://{LOOPBACK}:{box_port}", extra=extra)
        await closing.enter_async_context(stack)
        tell(f"store, handlers and streamer are ready ({time.monotonic() - since:.1f} s)")
        models = await loading
        tell(f"embedded speech is loaded ({time.monotonic() - since:.1f} s)")
        scripts, events = Scripts(otherwise), LineEvents()
        box = Box(_box_settings(stack, box_port), EmbeddedEars(models), EmbeddedMouth(models), script_for=scripts)
        keeper = Keeper(settings.out, stack.store, box.alerts.of_call, on_kept, outcome_within_s=OUTCOME_WITHIN_S)
        closing.push_async_callback(keeper.close)
        box.on_event(lambda event: _note(event, events, on_line))
        box.on_call_ended(keeper.ended)
        await closing.enter_async_context(box)
        tell(f"the Twilio box answers at {box.base_url}")
        yield House(box, stack, keeper, events, scripts)


async def _close_models(loading: asyncio.Task[EmbeddedModels]) -> None:
    """Loading cannot be broken off; whatever it ends with, nothing of it stays."""
    await asyncio.wait({loading})
    if not loading.cancelled() and loading.exception() is None:
        loading.result().close()


def _box_settings(stack: Stack, port: int) -> BoxSettings:
    names = ("voice", "lifeline", "status")
    voice, fallback, status = (Hook(f"{stack.public_url}/twilio/{name}{QUICK}") for name in names)
    number = Number(voice, fallback, status)
    return BoxSettings(stack.account_sid, stack.auth_token, {stack.from_number: number}, port=port)


def _note(event: BoxEvent, events: LineEvents, on_line: Callable[[LineEvent], None]) -> None:
    if sentence := sentence_of(event):
        on_line(events.add(event.call_sid, event.at_ms, sentence, bad=is_bad(event)))


def _sentence_of(answer: httpx.Response) -> str:
    """The API's own words, or the status where it has none."""
    try:
        return str(answer.json()["sentence"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


def _with_sid(record: CallRecord | None) -> CallRecord | None:
    return record if record is not None and record.twilio_sid else None
