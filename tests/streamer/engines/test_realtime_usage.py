"""The bill of a call on OpenAI Realtime against what the vendor counted itself: a whole answer, one that was
interrupted, one cancelled before it sounded, and a session exchanged for another."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from calls.agent import Agent
from calls.conversation import Conversation
from calls.cost import cost_of
from calls.rate_card import standard
from calls.usage import Kind, Unit, Usage
from streamer.engines.ports import Spoken
from streamer.engines.realtime import RealtimeEngine
from streamer.events import (
    Answer,
    CancelReply,
    EngineEvent,
    Fill,
    ReplyDone,
    ReplySpoken,
    Say,
    TurnTaken,
    TurnWorded,
    Used,
)
from streamer.metering import UsageMeter
from streamer.providers.openai_realtime_failures import OPENAI_REALTIME
from streamer.providers.openai_realtime_sessions import RealtimeSessions
from streamer.providers.vendor_socket import VendorSockets
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import FakeSession, FakeSpeaker, frame, settled
from tests.vendors.prices import REALTIME_PRICES, TRANSCRIPTION_A_MINUTE
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.vendors import Vendors

AT_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
ONE_CENT_PER_HUNDRED_CALLS = Decimal("0.0001")
LONGEST_S = 3
SHORT_LIVED = replace(AGENT, realtime=replace(AGENT.realtime, vad="server", silence_ms=200, longest_s=LONGEST_S))
LONG = "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day."
QUICK = SpokenReply(LONG, first_audio_ms=40, times_realtime=40)
SLOW = replace(QUICK, times_realtime=3)
LATE = replace(QUICK, first_audio_ms=400)
FIRST = RealtimeConnection((Heard("When are you open?"),), (QUICK, SLOW, LATE), transcript_ms=40, word_ms=1)
SECOND = replace(FIRST, replies=(QUICK,))


class OnRealtime:
    """An engine on the simulated vendor, under the test's hand."""

    def __init__(self, vendors: Vendors, agent: Agent) -> None:
        headers = {"Authorization": f"Bearer {vendors.script.openai.api_key}"}
        self.sockets = VendorSockets(OPENAI_REALTIME, headers)
        self.sessions = RealtimeSessions(self.sockets, vendors.openai_url, ("gpt-realtime-2.1",))
        self.engine = RealtimeEngine(agent, self.sessions.take, FakeSpeaker())
        self.told: list[EngineEvent] = []
        self.speaks = False
        self.answers: int | None = None

    @property
    def used(self) -> list[Usage]:
        return [event.usage for event in self.told if isinstance(event, Used)]

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(8):
            while not what():  # noqa: ASYNC110 - what an engine has told is in a list
                await asyncio.sleep(0.005)

    def tell(self, event: EngineEvent) -> None:
        """As a dialogue would, a turn that is over is answered at once: by the reply `answers`."""
        self.told.append(event)
        if isinstance(event, TurnTaken) and self.answers is not None:
            self.engine.order(Answer(self.answers, Conversation()))

    def has(self, kind: type[EngineEvent], reply_id: int) -> bool:
        return any(isinstance(one, kind) and getattr(one, "reply_id", None) == reply_id for one in self.told)

    def number_of(self, kind: type[EngineEvent]) -> int:
        return sum(isinstance(one, kind) for one in self.told)

    async def line(self) -> None:
        """Twilio's frames, twice as fast as they come."""
        number = 0
        while True:
            self.engine.hear(frame(number, is_voice=self.speaks))
            number += 1
            await asyncio.sleep(0.01)

    async def a_turn(self, answer: int) -> None:
        """The caller says something that is answered, and its words come."""
        self.answers = answer
        taken, worded = self.number_of(TurnTaken), self.number_of(TurnWorded)
        self.speaks = True
        await asyncio.sleep(0.3)
        self.speaks = False
        await self.until(lambda: self.number_of(TurnTaken) > taken and self.number_of(TurnWorded) > worded)


async def a_call(line: OnRealtime, sessions_opened: Callable[[], int]) -> None:
    line.engine.order(Say(1, "Welcome to Acme."))
    await line.a_turn(2)
    await line.until(lambda: line.has(ReplyDone, 2))
    await line.a_turn(3)
    await line.until(lambda: line.has(ReplySpoken, 3))
    line.engine.order(CancelReply(3, 40, "We"))
    line.engine.order(Answer(4, Conversation()))
    await asyncio.sleep(0.15)
    line.engine.order(CancelReply(4, 0, ""))
    await line.until(lambda: len({one.id for one in line.used if one.kind is Kind.REALTIME}) == 3)
    await line.until(lambda: sessions_opened() == 2)
    await asyncio.sleep(0.4)
    await line.a_turn(5)
    await line.until(lambda: line.has(ReplyDone, 5))


def recomputed(billed: Mapping[str, int]) -> Decimal:
    """By hand: the vendor's own counters times the prices of November 2026."""
    tokens = sum((billed[what] * price for what, price in REALTIME_PRICES.items()), Decimal(0))
    return tokens / 1_000_000 + Decimal(billed["transcribed ms"]) / 60_000 * TRANSCRIPTION_A_MINUTE


async def test_the_bill_of_a_call_with_broken_off_answers_and_two_sessions_is_the_vendors_own() -> None:
    realtime = RealtimeScript((FIRST, SECOND))
    async with Vendors(Script(openai=OpenAIScript(realtime=realtime))) as vendors:
        line = OnRealtime(vendors, SHORT_LIVED)
        meters = vendors.meters.realtime
        tasks = [asyncio.create_task(line.engine.run(line.tell)), asyncio.create_task(line.line())]
        await a_call(line, lambda: meters.sessions_opened)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await line.sockets.aclose()
    cost = cost_of(line.used, standard(), AT_MS)
    assert cost.is_whole
    assert not cost.is_estimated
    assert abs(cost.usd - recomputed(meters.billed)) <= ONE_CENT_PER_HUNDRED_CALLS
    assert cost.usd > 50 * ONE_CENT_PER_HUNDRED_CALLS
    assert (meters.sessions_opened, meters.sessions_open, list(meters.refusals)) == (2, 0, [])
    assert (meters.responses_created, meters.responses_cancelled) == (4, 2)
    _check_parts(line, meters.billed)


def _check_parts(line: OnRealtime, billed: Mapping[str, int]) -> None:
    """Every unit agrees, the cached share included; each use is put down to its reply."""
    made = [one for one in line.used if one.kind is Kind.REALTIME]
    sums = {unit: sum(one.amounts.get(unit, 0) for one in made) for unit in Unit}
    assert sums[Unit.TEXT_IN_CACHED] == billed["text in, cached"] > 0
    assert sums[Unit.AUDIO_IN_CACHED] == billed["audio in, cached"]
    assert sums[Unit.TEXT_IN] == billed["text in"] - billed["text in, cached"]
    assert sums[Unit.AUDIO_IN] == billed["audio in"] - billed["audio in, cached"]
    assert (sums[Unit.TEXT_OUT], sums[Unit.AUDIO_OUT]) == (billed["text out"], billed["audio out"])
    replies = [one.reply_id for one in line.told if isinstance(one, Used) and one.usage.kind is Kind.REALTIME]
    assert replies == [2, 3, 4, 5]


class MeteredSpeaker(FakeSpeaker):
    def __init__(self, meter: UsageMeter) -> None:
        super().__init__()
        self._meter = meter

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        self._meter.used(Kind.REALTIME, "openai", "m", {Unit.AUDIO_OUT: len(text)})
        yield Spoken(b"\x10" * 160, text)


async def test_phrases_spoken_in_a_call_are_put_down_to_their_replies() -> None:
    meter, session = UsageMeter(), FakeSession()

    async def take() -> FakeSession:
        return session

    engine = RealtimeEngine(AGENT, take, MeteredSpeaker(meter), meter=meter)
    told: list[EngineEvent] = []
    running = asyncio.create_task(engine.run(told.append))
    await settled()
    engine.order(Say(1, "Hello."))
    engine.order(Fill(2, "Hm."))
    await settled()
    running.cancel()
    await asyncio.wait([running])
    used = [event for event in told if isinstance(event, Used)]
    assert [(one.reply_id, one.usage.amounts) for one in used] == [(1, {Unit.AUDIO_OUT: 6}), (2, {Unit.AUDIO_OUT: 3})]
