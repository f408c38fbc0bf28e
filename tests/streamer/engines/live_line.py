"""A Live engine on the simulator, with a caller who sends a frame every 20 ms, and no session: what it says is kept."""

import asyncio
import binascii
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from calls.agent import Agent, Limits
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from streamer.engines.live import LiveEngine
from streamer.engines.live_calls import live_engine
from streamer.engines.ports import Spoken
from streamer.events import EngineEvent, EngineLost, ReplyDone, ReplySpoken, ReplyWorded, TurnWorded, Used
from streamer.providers.openai_live import OpenAILive
from streamer.twilio_stream import Media
from tests.fakes.agents import AGENT
from tests.vendors.meters import SessionMeters
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_parts import Messages
from tests.vendors.script_speech import LiveConnection, LiveScript, SpokenReply
from tests.vendors.sounds import FRAME_BYTES, silence
from tests.vendors.vendors import Vendors

MODEL = "gpt-live-1"
LIVE_AGENT = replace(
    AGENT,
    models=replace(AGENT.models, realtime=f"openai/{MODEL}"),
    limits=Limits(call_s=60, silence_s=20.0, reply_s=2.0),
    transfer_number="+12025550123",
)
FIXED = b"\x20" * (8 * 300)
"""300 ms of something."""


class Mouth:
    """Speaks every text as FIXED, at once, or fails. It has all of them, or none."""

    def __init__(self, *, fails: bool = False, is_kept: bool = True) -> None:
        self._fails, self._is_kept = fails, is_kept

    async def run(self) -> None:
        """Nothing to own."""

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            yield Spoken(FIXED, text)

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        if self._fails:
            raise ProviderFailed("no voice", code="no-voice")
        yield Spoken(FIXED, text)

    def has(self, text: str) -> bool:
        return self._is_kept

    async def keep(self, text: str, mulaw: bytes) -> None:
        raise AssertionError("nobody asks for it on Live")


@dataclass(slots=True)
class LiveLine:
    """What a test does, and what came of it. `events` are in the order the engine told them."""

    engine: LiveEngine
    vendors: Vendors
    events: list[EngineEvent] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None
    _to_send: bytearray = field(default_factory=bytearray)

    @property
    def meters(self) -> SessionMeters:
        return self.vendors.meters.live

    def speak(self, mulaw: bytes) -> None:
        """The caller makes this sound from now on; silence otherwise."""
        self._to_send += mulaw

    async def until(self, what: Callable[["LiveLine"], object], within_s: float = 8.0) -> None:
        async with asyncio.timeout(within_s):
            while not what(self):  # noqa: ASYNC110 - what is waited for is a list of the engine's events
                await asyncio.sleep(0.01)

    async def talk(self) -> None:
        """Frames, as from a telephone, until cancelled."""
        loop, media_ms = asyncio.get_running_loop(), 0
        began_s = loop.time()
        while True:
            mulaw = bytes(self._to_send[:FRAME_BYTES]) or silence(20)
            del self._to_send[:FRAME_BYTES]
            mulaw += silence(20)[len(mulaw) :]
            self.engine.hear(Media(mulaw, media_ms, binascii.b2a_base64(mulaw, newline=False).decode()))
            media_ms += 20
            await asyncio.sleep(max(0.0, began_s + media_ms / 1000 - loop.time()))

    def of(self, *kinds: type[EngineEvent]) -> list[EngineEvent]:
        return [event for event in self.events if isinstance(event, kinds)]

    def said(self, reply_id: int) -> str:
        return "".join(e.text for e in self.events if isinstance(e, ReplyWorded) and e.reply_id == reply_id)

    def sounded(self, reply_id: int) -> str:
        return "".join(e.text for e in self.events if isinstance(e, ReplySpoken) and e.reply_id == reply_id)

    @property
    def caller_words(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, TurnWorded)]

    @property
    def done(self) -> list[ReplyDone]:
        return [event for event in self.events if isinstance(event, ReplyDone)]

    @property
    def lost(self) -> list[str]:
        return [event.failure.code for event in self.events if isinstance(event, EngineLost)]

    @property
    def used_ms(self) -> int:
        return sum(sum(e.usage.amounts.values()) for e in self.events if isinstance(e, Used))


@asynccontextmanager
async def live_line(
    *connections: LiveConnection,
    agent: Agent = LIVE_AGENT,
    so_far: Conversation | None = None,
    speaker: Mouth | None = None,
    key: str = "openai-key",
    think: Callable[[Messages], SpokenReply | None] | None = None,
) -> AsyncIterator[LiveLine]:
    """The engine runs and hears; at the end it is cancelled, and no session may be open."""
    script = Script(openai=OpenAIScript(live=LiveScript(connections or (LiveConnection(),), think)))
    async with Vendors(script) as vendors:
        door = OpenAILive(key, vendors.openai_url)
        conversation = so_far or Conversation()
        engine = live_engine(agent, door, speaker, lambda: conversation, lambda: date(2026, 11, 22))
        line = LiveLine(engine, vendors)
        line.task = asyncio.create_task(engine.run(line.events.append))
        talking = asyncio.create_task(line.talk())
        try:
            yield line
        finally:
            talking.cancel()
            line.task.cancel()
            await asyncio.gather(talking, line.task, return_exceptions=True)
            await door.aclose()
            await asyncio.sleep(0.05)
