"""An engine that hears nobody is lost, once, and its provider is blamed; time is under the test's hand."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from calls.agent_realtime import RealtimeHearing
from calls.errors import Blame
from offhook.box.sound import FRAME_BYTES, from_wav, silence
from streamer.breaker import Breakers
from streamer.engines.attentive import AttentiveEngine, session_ends_turns_within_s
from streamer.events import CancelReply, EngineEvent, EngineLost, EngineOrder, SpeechStarted, TurnEnded
from streamer.twilio_stream import Media
from tests.fakes.agents import AGENT
from tests.whole.scene import RECORDINGS

PROVIDER = "deepgram/flux-general-en"
QUESTION = b"".join(from_wav((RECORDINGS / f"{name}.wav").read_bytes()) for name in ("hello", "hours"))


class Inner:
    """Hears nothing; says what the test tells it to."""

    def __init__(self) -> None:
        self.frames = 0
        self.orders: list[EngineOrder] = []
        self.emit: Callable[[EngineEvent], None] = lambda _event: None

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        self.emit = emit
        await asyncio.Event().wait()

    def hear(self, frame: Media) -> None:
        self.frames += 1

    def order(self, order: EngineOrder) -> None:
        self.orders.append(order)


class Watched:
    """The engine under test, what it told, and a line whose time is counted by its frames."""

    def __init__(self) -> None:
        self.inner, self.told, self.media_ms = Inner(), list[EngineEvent](), 0
        self.breakers = Breakers(lambda: 100.0)
        names = (PROVIDER, "deepgram", "Deepgram")
        self.engine = AttentiveEngine(self.inner, *names, self.breakers, 7.0, lambda: self.media_ms / 1_000)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.engine.run(self.told.append))
        await asyncio.sleep(0)
        yield
        task.cancel()
        await asyncio.wait([task])

    async def line(self, mulaw: bytes) -> None:
        for at in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES):
            frame = mulaw[at : at + FRAME_BYTES]
            self.engine.hear(Media(frame, self.media_ms, base64.b64encode(frame).decode()))
            self.media_ms += 20
        await asyncio.sleep(0)


async def test_one_that_tells_of_nobody_is_lost_once_and_its_provider_comes_last_next_time() -> None:
    watched = Watched()
    async with watched.running():
        await watched.line(silence(4_000) + QUESTION + silence(3_000) + QUESTION + silence(3_000))
    (lost,) = watched.told
    assert isinstance(lost, EngineLost)
    assert (lost.failure.code, lost.failure.blame, lost.failure.retryable) == ("deepgram-deaf", Blame.PROVIDER, True)
    assert lost.failure.sentence.startswith("Deepgram took the caller's voice and told of nobody. Check its status")
    assert watched.breakers.well([PROVIDER, "deepgram/nova-3"]) == "deepgram/nova-3"
    assert watched.inner.frames * 20 == watched.media_ms


async def test_one_that_hears_goes_on_and_is_given_its_orders() -> None:
    watched = Watched()
    async with watched.running():
        await watched.line(silence(4_000) + QUESTION)
        watched.inner.emit(SpeechStarted(4_100))
        watched.inner.emit(TurnEnded("Hello, your hours?", 4_100, 5_200))
        watched.engine.order(CancelReply(1))
        await watched.line(silence(3_000))
    assert watched.told == [SpeechStarted(4_100), TurnEnded("Hello, your hours?", 4_100, 5_200)]
    assert watched.inner.orders == [CancelReply(1)]


async def test_one_that_ends_no_turn_is_stalled() -> None:
    watched = Watched()
    async with watched.running():
        await watched.line(silence(4_000))
        watched.inner.emit(SpeechStarted(4_100))
        await watched.line(QUESTION + silence(8_000))
    assert isinstance(watched.told[1], EngineLost)
    assert watched.told[1].failure.code == "deepgram-stalled"


async def test_what_comes_before_it_runs_is_heard_and_judged_later() -> None:
    watched = Watched()
    await watched.line(silence(4_000) + QUESTION + silence(3_000))
    async with watched.running():
        await watched.line(silence(100))
    assert [type(event) for event in watched.told] == [EngineLost]


@pytest.mark.parametrize(
    ("hearing", "within_s"),
    [(RealtimeHearing(vad="semantic"), 9.5), (RealtimeHearing(vad="server", silence_ms=700), 4.2)],
)
def test_how_long_a_session_may_take_to_end_a_turn(hearing: RealtimeHearing, within_s: float) -> None:
    assert session_ends_turns_within_s(replace(AGENT, realtime=hearing)) == within_s
