"""The bill of a pipeline against what the vendors counted themselves: interrupted, cancelled and whole replies."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from calls.agent import Models
from calls.conversation import Conversation, Role, Turn
from calls.cost import Cost, cost_of
from calls.rate_card import standard
from calls.usage import Kind, Usage
from streamer.engines.pipeline import PipelineEngine
from streamer.events import Answer, CancelReply, EngineEvent, ReplyDone, ReplySpoken, Say, Used
from streamer.metering import UsageMeter
from streamer.providers import vendors as adapters
from streamer.twilio_stream import Media
from tests.fakes.agents import AGENT
from tests.vendors.meters import AllMeters
from tests.vendors.script import ElevenLabsScript, OpenAIScript, Reply, Script, Speaking
from tests.vendors.vendors import Vendors

AT_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
TODAY = date(2026, 11, 22)
MODELS = Models("deepgram/flux-general-en", "openai/gpt-6-luna", "elevenlabs/eleven_flash_v2_5")
LONG = (
    "We are open from nine to five, Monday to Friday, and on Saturday until one. On Sunday we are closed all day. "
    "The last appointment begins half an hour before we close, so please come in time."
)
SLOW = Reply(LONG, first_token_ms=20, token_ms=15)
QUICK = Speaking(first_byte_ms=20, times_realtime=20)
ONE_CENT_PER_HUNDRED_CALLS = Decimal("0.0001")
ASKED = Conversation((Turn("c", Role.CALLER, "When are you open?", "When are you open?", False, 1, 2, "pipeline"),))


class OnVendors:
    """A pipeline on simulated vendors, under the test's hand."""

    def __init__(self, vendors: Vendors, phrases: Path) -> None:
        agent = replace(AGENT, models=MODELS)
        script = vendors.script
        keys = (script.deepgram.api_key, vendors.deepgram_url, script.openai.api_key, vendors.openai_url)
        settings = adapters.VendorSettings(*keys, script.elevenlabs.api_key, vendors.elevenlabs_url, phrases)
        self.adapters, self.meter = adapters.Vendors(settings), UsageMeter()
        self.engine = PipelineEngine(
            self.adapters.recogniser(agent, self.meter),
            self.adapters.thinker(agent, lambda: TODAY, self.meter),
            self.adapters.speaker(agent, self.meter),
            self.meter,
        )
        self.told: list[EngineEvent] = []
        self._more = asyncio.Event()
        self._media_ms = 0

    @property
    def used(self) -> list[Usage]:
        return [event.usage for event in self.told if isinstance(event, Used)]

    def emit(self, event: EngineEvent) -> None:
        self.told.append(event)
        self._more.set()

    async def until(self, kind: type[EngineEvent], reply_id: int) -> None:
        async with asyncio.timeout(5):
            while not any(isinstance(e, kind) and getattr(e, "reply_id", None) == reply_id for e in self.told):
                self._more.clear()
                await self._more.wait()

    async def hear_silence(self) -> None:
        """Twilio's frames, ten times as fast as they come."""
        while True:
            self.engine.hear(Media(b"\xff" * 160, self._media_ms, ""))
            self._media_ms += 20
            await asyncio.sleep(0.002)


async def a_call(line: OnVendors) -> None:
    """Fixed words, a whole answer, one broken off while it is thought of, one while it is spoken, another whole one."""
    hearing = asyncio.create_task(line.hear_silence())
    running = asyncio.create_task(line.engine.run(line.emit))
    line.engine.order(Say(1, "Welcome to Acme."))
    await line.until(ReplyDone, 1)
    line.engine.order(Answer(2, ASKED))
    await line.until(ReplyDone, 2)
    line.engine.order(Answer(3, ASKED))
    await line.until(ReplySpoken, 3)
    line.engine.order(CancelReply(3))
    line.engine.order(Answer(4, ASKED))
    await asyncio.sleep(0.2)
    line.engine.order(Answer(5, ASKED))  # takes the place of the one before
    await line.until(ReplyDone, 5)
    hearing.cancel()
    await asyncio.sleep(0.1)  # let what was sent arrive
    running.cancel()
    await asyncio.wait([running, hearing])
    await line.adapters.aclose()


def recomputed(meters: AllMeters) -> Decimal:
    """By hand: the vendors' own counters times the prices of November 2026."""
    deepgram = Decimal(meters.deepgram.audio_s_received) / 60 * Decimal("0.0065")
    openai = (meters.openai.tokens_in * Decimal("0.10") + meters.openai.tokens_out * Decimal("0.50")) / 1_000_000
    elevenlabs = meters.elevenlabs.characters * Decimal("0.04") / 1_000
    return deepgram + openai + elevenlabs


async def test_the_bill_of_a_call_with_broken_off_replies_is_the_vendors_own(tmp_path: Path) -> None:
    script = Script(openai=OpenAIScript((SLOW,)), elevenlabs=ElevenLabsScript((QUICK,), (QUICK,)))
    async with Vendors(script) as vendors:
        line = OnVendors(vendors, tmp_path)
        await a_call(line)
    cost = cost_of(line.used, standard(), AT_MS)
    assert cost.is_whole
    assert abs(cost.usd - recomputed(vendors.meters)) <= ONE_CENT_PER_HUNDRED_CALLS
    assert cost.usd > 50 * ONE_CENT_PER_HUNDRED_CALLS
    _check_parts(cost, vendors.meters)
    assert [used.reply_id for used in line.told if isinstance(used, Used) and used.usage.is_estimated] == [3, 4]
    assert {used.reply_id for used in line.told if isinstance(used, Used)} == {None, 1, 2, 3, 4, 5}


def _check_parts(cost: Cost, meters: AllMeters) -> None:
    parts = cost.by_kind()
    assert set(parts) == {Kind.RECOGNISER, Kind.MODEL, Kind.SPEECH}
    assert sum(parts[Kind.SPEECH].amounts().values()) == meters.elevenlabs.characters
    assert abs(sum(parts[Kind.MODEL].amounts().values()) - meters.openai.tokens_in - meters.openai.tokens_out) < 60
