"""A hundred calls through the box, several at once and in all modes, while a vendor is away for part of the time; what
they tell is taken from the logs of the parts.

The vendor that goes is ElevenLabs: the pipeline loses its voice, so its calls go on in traditional mode; calls on
OpenAI Realtime never notice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calls.record import Mode
from handlers.measures import NAMESPACE as NAMESPACE_SETTING
from offhook.box.caller_script import CallerScript
from tests.dashboards.board import NAMESPACE
from tests.dashboards.quick_streamer import LOAD_EVERY_S
from tests.fakes.box_parts import ToneMouth
from tests.vendors.script import (
    DeepgramScript,
    ElevenLabsScript,
    Fault,
    Listening,
    OpenAIScript,
    Reply,
    Script,
    ToolCall,
    Utterance,
)
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole.scene import Ended, Scene, scene, script
from tests.whole.vendor_agent import agents_on_vendors, keys_for

STRETCH = 60.0 / LOAD_EVERY_S
"""One second of the calls is so many on the dashboard, whose periods are of a minute and more: a task tells its load
once a minute there."""

HOURS = "We are open from nine to five, Monday to Friday, and on Saturday until one."
NOTED = "Tuesday at three is fine."
BYE = "Thank you, goodbye."
ASK = 'say = ["REC/hello.wav", "REC/hours.wav"]'
DAY = 'say = ["REC/digits/day-2.wav", "REC/digits/at.wav", "REC/digits/3.wav"]'
INTERRUPT = f'when = "agent-speaking"\nafter_ms = 2500\n{DAY}'
LEAVE = 'say = ["REC/auth-thankyou.wav", "REC/goodbye.wav"]'
LEAVE_BYTES = 13_600
"""Of mu-law that `<Gather>` hears, from which on it is LEAVE."""
PLAN = (Mode.PIPELINE, Mode.REALTIME, Mode.PIPELINE, Mode.PIPELINE, Mode.TRADITIONAL)
"""The modes that calls begin in, over and over."""


class Ears:
    """Of `<Gather>`: what is said last is the longest, and goodbye; all before it are questions."""

    async def recognise(self, mulaw: bytes) -> str:
        return BYE if len(mulaw) >= LEAVE_BYTES else "What are your hours?"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many calls, and how many at once; a vendor is away from the call numbered `away_from` until the one numbered
    `back_from` begins. With `away_from` beyond `calls` it never is."""

    calls: int
    at_once: int
    away_from: int
    back_from: int


@dataclass(frozen=True, slots=True)
class Held:
    """`lines` of the logs, and when (epoch s, stretched as they are) the vendor went and came back."""

    lines: list[str]
    calls: list[Ended]
    away_at_s: float
    back_at_s: float


def vendor_script(*faults: Fault | None) -> Script:
    """`faults` strike the connections to Deepgram, one after the other; those after them are well."""
    utterances = (Utterance("What are your hours?"), Utterance("Tuesday at three."), Utterance(BYE))
    replies = (Reply(HOURS), Reply(NOTED), Reply("Thanks."))
    connection = RealtimeConnection((Heard("What are your hours?"), Heard("Tuesday at three."), Heard(BYE)))
    realtime = RealtimeScript((connection,), think=_spoken)
    listening = Listening(utterances)
    return Script(
        deepgram=DeepgramScript((*(replace(listening, fault=fault) for fault in faults), listening)),
        openai=OpenAIScript(replies, by="turn", realtime=realtime),
        elevenlabs=ElevenLabsScript(),
    )


def _spoken(messages: Sequence[Mapping[str, Any]]) -> SpokenReply:
    callers = sum(one["role"] == "user" for one in messages)
    said = (SpokenReply(HOURS), SpokenReply(NOTED), SpokenReply("Goodbye then.", (ToolCall("end_call"),)))
    return said[min(max(callers, 1), len(said)) - 1]


@asynccontextmanager
async def telling(folder: Path, vendors: Vendors) -> AsyncIterator[Scene]:
    """A whole Offhook on the simulated vendors that tells its metrics; its agent has every mode."""
    agents = agents_on_vendors(folder / "agents")
    file = agents / "default.toml"
    ladder = 'modes = ["realtime", "pipeline", "traditional"]'
    kept = [ladder if line.startswith("modes =") else line for line in file.read_text("utf-8").splitlines()]
    file.write_text("\n".join((*kept, "")), "utf-8")
    extra = keys_for(vendors) | {NAMESPACE_SETTING: NAMESPACE, "OFFHOOK_PHRASES": str(folder / "phrases")}
    module = "tests.dashboards.quick_streamer"
    async with scene(folder, Ears(), ToneMouth(), agents=agents, extra=extra, streamer_module=module) as here:
        yield here


def told(here: Scene) -> list[str]:
    """The lines of metrics in the logs of its parts."""
    logs = [here.stack.logs[name].read_text("utf-8") for name in ("web", "streamer")]
    return [line for log in logs for line in log.splitlines() if line.startswith('{"_aws"')]


async def hold(plan: Plan, folder: Path) -> Held:
    """Hold the calls, to their ends, and what was told of them."""
    async with Vendors(vendor_script()) as vendors, telling(folder, vendors) as here:
        running = _Running(here, vendors, plan, folder)
        began_s = time.time()
        calls = await running.all()
        await asyncio.sleep(LOAD_EVERY_S)
        lines = [stretched(line, began_s * 1000) for line in told(here)]
    times = [began_s + STRETCH * (at_s - began_s) for at_s in (running.away_at_s, running.back_at_s)]
    return Held(lines, calls, *times)


class _Running:
    def __init__(self, here: Scene, vendors: Vendors, plan: Plan, folder: Path) -> None:
        self._here, self._vendors, self._plan = here, vendors, plan
        self._at_once = asyncio.Semaphore(plan.at_once)
        self._scripts = (script(folder, ASK, DAY, LEAVE), script(folder, ASK, INTERRUPT, LEAVE))
        self.away_at_s = self.back_at_s = 0.0

    async def all(self) -> list[Ended]:
        async with asyncio.TaskGroup() as tasks:
            calls = []
            for number in range(self._plan.calls):
                await self._at_once.acquire()
                await self._come_and_go(number)
                calls.append(tasks.create_task(self._one(number)))
        return [call.result() for call in calls]

    async def _one(self, number: int) -> Ended:
        try:
            caller: CallerScript = self._scripts[number % 3 == 0]
            return await (await self._here.call(caller, PLAN[number % len(PLAN)])).ended()
        finally:
            self._at_once.release()

    async def _come_and_go(self, number: int) -> None:
        elevenlabs = self._vendors.listeners["elevenlabs"]
        if number == self._plan.away_from:
            elevenlabs.stop()
            self.away_at_s = time.time()
        elif number == self._plan.back_from:
            await elevenlabs.listen()
            self.back_at_s = time.time()


def stretched(line: str, zero_ms: float) -> str:
    """The line as though everything since `zero_ms` (epoch) had taken STRETCH times as long; its values stay."""
    before, _, rest = line.partition('"Timestamp":')
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    at_ms = round(zero_ms + STRETCH * (int(digits) - zero_ms))
    return f'{before}"Timestamp":{at_ms}{rest[len(digits) :]}'
