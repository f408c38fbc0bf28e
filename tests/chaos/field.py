"""A whole Offhook with a wire in every place where a deployment has one: from Twilio to the streamer and the webhooks,
from both to the table, from the streamer to each vendor. One call at a time."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from calls.record import Mode
from offhook.box.box import Box
from offhook.box.caller_script import CallerScript
from offhook.box.calls import Hook
from offhook.box.line import PhoneLine
from offhook.box.settings import BoxSettings, Number
from offhook.stack.processes import free_port
from offhook.stack.stack import Stack
from tests.chaos.wires import HttpWire, TcpWire
from tests.fakes.box_parts import ToneMouth
from tests.vendors.script import DeepgramScript, Listening, OpenAIScript, Reply, Script, ToolCall, Utterance
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.scene import script
from tests.whole.vendor_agent import agents_on_vendors, keys_for

STREAMERS = 2
DRAIN_S = 3
PERSON = "+14155550199"
ASKED = ("What are your hours?", "Is there parking?", "Thank you, goodbye.")
ANSWERS = (
    "We are open from nine to five on every day but Sunday. On Saturday we close at one.",
    "There is parking behind the building, and it is free for an hour.",
    "You are welcome.",
    "We are always glad to help you with that.",
    "That is all that I can tell you.",
)
GOODBYE = SpokenReply("Goodbye then, and thank you for calling.", (ToolCall("end_call"),))
BETWEEN_MS = 1_400
"""No recording has a pause that long, and no agent answers so soon."""
UTTERANCES = 7
"""The most that a caller says: more than three, as a recogniser that was replaced begins with its script anew."""
VENDORS = {"deepgram": "DEEPGRAM_BASE_URL", "openai": "OPENAI_BASE_URL", "elevenlabs": "ELEVENLABS_BASE_URL"}


class ScriptedEars:
    """In traditional mode: what the caller says by the number of utterances that were on the line."""

    def __init__(self) -> None:
        self.line: PhoneLine | None = None

    async def recognise(self, mulaw: bytes) -> str:
        spans = self.line.caller_spans if self.line else ()
        said = sum(at == 0 or start - spans[at - 1][1] > BETWEEN_MS for at, (start, _) in enumerate(spans))
        return ASKED[min(max(1, said), len(ASKED)) - 1]


@dataclass(slots=True)
class Field:
    """Everything that can be struck."""

    mode: Mode
    stack: Stack
    box: Box
    ears: ScriptedEars
    caller: CallerScript
    stream: TcpWire
    web: HttpWire
    store: HttpWire
    store_line: TcpWire
    vendors: dict[str, TcpWire]
    rang_person: set[str]
    """The calls, by Twilio's sid, that were put through to somebody."""

    def mend(self) -> None:
        for wire in (self.stream, self.store_line, *self.vendors.values()):
            wire.mend()
        for requests in (self.web, self.store):
            requests.mend()

    def holder_of(self, call_id: str) -> int | None:
        """The number of the streamer that the call's newest stream is in, by the streamers' logs."""
        logs = [self.stack.logs[f"streamer {number + 1}"] for number in range(STREAMERS)]
        newest: tuple[str, int] | None = None
        for number, log in enumerate(logs):
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                if "stream started" in line and call_id in line:
                    at = re.search(r'"timestamp":"([^"]+)"', line)
                    newest = max(newest or ("", 0), (at.group(1) if at else "", number))
        return newest[1] if newest else None

    async def all_ready(self) -> None:
        """Streamers that were killed are there again."""
        for number in range(STREAMERS):
            if self.stack.streamer_pid(number) is None:
                await self.stack.restart_streamer(number)


def _vendor_script() -> Script:
    replies = tuple(Reply(text, first_token_ms=250) for text in ANSWERS)
    spoken = (*(SpokenReply(text) for text in ANSWERS[:2]), GOODBYE)
    realtime = RealtimeScript((RealtimeConnection(tuple(Heard(text) for text in ASKED), spoken),))
    listening = Listening(tuple(Utterance(text) for text in ASKED))
    return Script(DeepgramScript((listening,)), OpenAIScript(replies, by="turn", realtime=realtime))


def _agents(folder: Path, mode: Mode) -> Path:
    if mode is Mode.REALTIME:
        return agents_on_realtime(folder)
    if mode is Mode.TRADITIONAL:
        return agents_on_realtime(folder, modes='modes = ["traditional"]')
    return agents_on_vendors(folder)


@asynccontextmanager
async def field(mode: Mode, phrases: Path | None = None) -> AsyncIterator[Field]:
    """`phrases`: the folder for kept phrases, where it is not to be an ordinary one."""
    async with AsyncExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        stream, web, store = TcpWire(), HttpWire(), HttpWire()
        stream_port = await open_.enter_async_context(stream.listening())
        web_url = await open_.enter_async_context(web.listening())
        store_line = TcpWire(int((await open_.enter_async_context(store.listening())).rsplit(":", 1)[1]))
        store_url = f"http://127.0.0.1:{await open_.enter_async_context(store_line.listening())}"
        vendors = await open_.enter_async_context(Vendors(_vendor_script()))
        wires: dict[str, TcpWire] = {}
        settings = keys_for(vendors)
        for name, setting in VENDORS.items():
            wires[name] = TcpWire(vendors.listeners[name].port)
            port = await open_.enter_async_context(wires[name].listening())
            settings[setting] = settings[setting].replace(str(vendors.listeners[name].port), str(port))
        box_port = free_port()
        stack = Stack(
            folder,
            _agents(folder / "agents", mode),
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
                "OFFHOOK_PHRASES": str(phrases or folder / "phrases"),
            },
        )
        stream.to_port = int(stack.streamers_url.rsplit(":", 1)[1])
        web.to_url, store.to_url = stack.public_url, stack.settings.aws_endpoint_url
        voice, fallback, status = (Hook(f"{web_url}/twilio/{name}") for name in ("voice", "lifeline", "status"))
        number = {stack.from_number: Number(voice, fallback, status)}
        ears = ScriptedEars()
        await open_.enter_async_context(stack)
        box = Box(BoxSettings(stack.account_sid, stack.auth_token, number, port=box_port), ears, ToneMouth())
        box.script_for = lambda _to: script(folder, 'when = "now"\nwait_ms = 3000', 'when = "now"\nhang_up = true')
        rang_person: set[str] = set()
        box.on_event(lambda event: rang_person.add(event.call_sid) if event.kind == "dial" else None)
        await open_.enter_async_context(box)
        says = [f'say = ["REC/hello.wav", "REC/{last}.wav"]' for last in ("hours", "hours", "goodbye")]
        steps = [*says, *says[:1] * (UTTERANCES - len(says)), 'when = "agent-done"\nhang_up = true']
        yield Field(mode, stack, box, ears, script(folder, *steps), stream, web, store, store_line, wires, rang_person)
        await asyncio.sleep(0)
