"""A whole Offhook with a wire in every place where a deployment has one: from Twilio to the streamer and the webhooks,
from both to the table, from the streamer to each vendor. One call at a time."""

import asyncio
import re
import resource
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from calls.record import Mode
from calls.webhook_retries import QUICK
from offhook.box.box import Box, BoxEvent
from offhook.box.caller_script import CallerScript
from offhook.box.calls import Hook
from offhook.box.line import PhoneLine
from offhook.box.settings import BoxSettings, Number
from offhook.stack.processes import free_port
from offhook.stack.stack import Stack
from tests.chaos.agents import agents
from tests.chaos.ailing import ASKED, FOR_A_PERSON, Ailing
from tests.chaos.shifting_streamer import RENEWED
from tests.chaos.wires import HttpWire, TcpWire, signal_process
from tests.fakes.box_parts import ToneMouth
from tests.vendors.vendors import Vendors
from tests.whole.scene import script
from tests.whole.vendor_agent import keys_for

STREAMERS = 2
DRAIN_S = 3
PERSON = "+14155550199"
"""Whom the lifeline puts the caller through to."""
RENEWED_WITHIN_S = 20.0
BETWEEN_MS = 1_400
"""No recording has a pause that long, and no agent answers so soon."""
UTTERANCES = 7
"""The most that a caller says: more than three, as a recogniser that was replaced begins with its script anew."""
VENDORS = {"deepgram": "DEEPGRAM_BASE_URL", "openai": "OPENAI_BASE_URL", "elevenlabs": "ELEVENLABS_BASE_URL"}


class ScriptedEars:
    """In traditional mode: what the caller says by the number of utterances that were on the line."""

    def __init__(self, ailing: Ailing) -> None:
        self.line: PhoneLine | None = None
        self._ailing = ailing

    async def recognise(self, mulaw: bytes) -> str:
        spans = self.line.caller_spans if self.line else ()
        said = sum(at == 0 or start - spans[at - 1][1] > BETWEEN_MS for at, (start, _) in enumerate(spans))
        if self._ailing.asks_for_person and said <= 1:
            return FOR_A_PERSON
        return ASKED[min(max(1, said), len(ASKED)) - 1]


@dataclass(slots=True)
class Field:
    """Everything that can be struck."""

    mode: Mode
    stack: Stack
    box: Box
    ears: ScriptedEars
    mouth: ToneMouth
    caller: CallerScript
    stream: TcpWire
    web: HttpWire
    store: HttpWire
    store_line: TcpWire
    vendors: dict[str, TcpWire]
    ailing: Ailing
    dialled: dict[str, str]
    """Whom a call, by Twilio's sid, was put through to."""
    is_soiled: bool = False
    """The streamers remember what a vendor did to the call before."""
    _full: dict[int, tuple[int, int]] = field(default_factory=dict)

    def mend(self) -> None:
        for wire in (self.stream, self.store_line, *self.vendors.values()):
            wire.mend()
        for requests in (self.web, self.store):
            requests.mend()
        self.ailing.mend()
        for pid in self._pids() & self._full.keys():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, self._full[pid])
        self._full.clear()

    def fill_disk(self) -> None:
        """From now on no process of ours can make a file longer."""
        for pid in self._pids():
            _, hard = self._full[pid] = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))

    def _pids(self) -> set[int]:
        pids = (self.stack.web_pid, *(self.stack.streamer_pid(number) for number in range(STREAMERS)))
        return {pid for pid in pids if pid is not None}

    def holder_of(self, call_id: str) -> int | None:
        """The number of the streamer that the call's newest stream is in, by the streamers' logs."""
        newest: tuple[int, int] | None = None
        for number in range(STREAMERS):
            for line in self._log(number):
                if "stream started" in line and call_id in line:
                    newest = max(newest or (0, 0), (_at_ms(line), number))
        return newest[1] if newest else None

    def engines_changed_ms(self, since_ms: int) -> list[int]:
        """When calls went on with another engine in the same stream, epoch ms."""
        lines = (line for number in range(STREAMERS) for line in self._log(number) if "another engine: " in line)
        return sorted(at_ms for line in lines if (at_ms := _at_ms(line)) >= since_ms)

    def _log(self, number: int) -> list[str]:
        log = self.stack.logs[f"streamer {number + 1}"]
        return log.read_text(encoding="utf-8", errors="replace").splitlines()

    async def all_ready(self) -> None:
        """Streamers that were killed are there again, and none remembers what a vendor did, or has the wrong time."""
        there = [number for number in range(STREAMERS) if self.stack.streamer_pid(number) is not None]
        gone = [number for number in range(STREAMERS) if number not in there]
        renewing = [self._renew(number) for number in there if self.is_soiled]
        await asyncio.gather(*renewing, *(self.stack.restart_streamer(number) for number in gone))
        self.is_soiled = False

    async def _renew(self, number: int) -> None:
        def times() -> int:
            return sum(RENEWED in line for line in self._log(number))

        before = times()
        signal_process(self.stack.streamer_pid(number), signal.SIGUSR2)
        async with asyncio.timeout(RENEWED_WITHIN_S):
            while times() == before:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)


def _at_ms(line: str) -> int:
    """When a line of a streamer's log was written, epoch ms; 0 where it does not say."""
    found = re.search(r'"timestamp":"([^"]+)"', line)
    return round(datetime.strptime(found.group(1), "%Y-%m-%d %H:%M:%S,%f%z").timestamp() * 1000) if found else 0


@asynccontextmanager
async def field_of(mode: Mode, *, is_live: bool = False) -> AsyncIterator[Field]:
    """A field whose agent's ladder begins with `mode`; `is_live`: with OpenAI Live, which is realtime mode too."""
    async with AsyncExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        stream, web, store, ailing = TcpWire(), HttpWire(), HttpWire(), Ailing()
        stream_port = await open_.enter_async_context(stream.listening())
        web_url = await open_.enter_async_context(web.listening())
        store_line = TcpWire(int((await open_.enter_async_context(store.listening())).rsplit(":", 1)[1]))
        store_url = f"http://127.0.0.1:{await open_.enter_async_context(store_line.listening())}"
        vendors = await open_.enter_async_context(Vendors(ailing.script))
        wires, settings = await _wired(open_, vendors)
        box_port = free_port()
        stack = Stack(
            folder,
            agents(folder / "agents", mode, is_live=is_live),
            f"http://127.0.0.1:{box_port}",
            stream_url=f"ws://127.0.0.1:{stream_port}",
            streamer_module="tests.chaos.shifting_streamer",
            streamers=STREAMERS,
            extra={
                **settings,
                "OFFHOOK_PUBLIC_URL": web_url,
                "AWS_ENDPOINT_URL": store_url,
                "OFFHOOK_DRAIN_S": str(DRAIN_S),
                "OFFHOOK_LIFELINE_NUMBER": PERSON,
                "OFFHOOK_PHRASES": str(folder / "phrases"),
            },
        )
        stream.to_port = int(stack.streamers_url.rsplit(":", 1)[1])
        web.to_url, store.to_url = stack.public_url, stack.settings.aws_endpoint_url
        names = ("voice", "lifeline", "status")
        voice, fallback, status = (Hook(f"{web_url}/twilio/{name}{QUICK}") for name in names)
        number = {stack.from_number: Number(voice, fallback, status)}
        ears, mouth = ScriptedEars(ailing), ToneMouth()
        await open_.enter_async_context(stack)
        box = Box(BoxSettings(stack.account_sid, stack.auth_token, number, port=box_port), ears, mouth)
        dialled = _called(box, folder)
        await open_.enter_async_context(box)
        ends = (stream, web, store, store_line, wires)
        yield Field(mode, stack, box, ears, mouth, _caller(folder), *ends, ailing, dialled)
        await asyncio.sleep(0)


async def _wired(open_: AsyncExitStack, vendors: Vendors) -> tuple[dict[str, TcpWire], dict[str, str]]:
    """A wire to each vendor, and the settings that lead over it."""
    wires: dict[str, TcpWire] = {}
    settings = keys_for(vendors)
    for name, setting in VENDORS.items():
        wires[name] = TcpWire(vendors.listeners[name].port)
        port = await open_.enter_async_context(wires[name].listening())
        settings[setting] = settings[setting].replace(str(vendors.listeners[name].port), str(port))
    return wires, settings


def _called(box: Box, folder: Path) -> dict[str, str]:
    """Whoever is dialled takes the call and hangs up soon; which calls that were."""
    box.script_for = lambda _to: script(folder, 'when = "now"\nwait_ms = 2000', 'when = "now"\nhang_up = true')
    dialled: dict[str, str] = {}

    def note(event: BoxEvent) -> None:
        if event.kind == "dial":
            dialled.setdefault(event.call_sid, event.detail)

    box.on_event(note)
    return dialled


def _caller(folder: Path) -> CallerScript:
    says = [f'say = ["REC/hello.wav", "REC/{last}.wav"]' for last in ("hours", "hours", "goodbye")]
    return script(folder, *says, *says[:1] * (UTTERANCES - len(says)), 'when = "agent-done"\nhang_up = true')
