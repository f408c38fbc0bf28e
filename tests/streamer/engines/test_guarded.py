"""What the task's breakers are told of providers, with providers under the test's hand."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from calls.conversation import Conversation
from calls.errors import Failure, ProviderFailed
from calls.reply import ReplyPart, Words
from streamer.breaker import MOST_FAILURES, Breakers
from streamer.engines.guarded import GuardedEngine, GuardedRecogniser, GuardedSpeaker, GuardedThinker
from streamer.engines.ports import Spoken
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, EngineLost, EngineOrder, Heard, Noted, SpeechStarted
from streamer.twilio_stream import Media
from tests.streamer.engines.test_pipeline import Ear, Mouth

NAME, SPARE = "acme/one", "acme/two"
LOST = ProviderFailed("It went away.", code="acme-lost", retryable=True)
KEY = ProviderFailed("The key is refused.", code="acme-unauthorised")
SETTINGS = ProviderFailed("The settings are refused.", code="acme-refused")


class Log(Breakers):
    """Breakers whose clock stands still."""

    def __init__(self) -> None:
        super().__init__(lambda: 100.0)

    def are_open(self) -> bool:
        return self.well([NAME]) is None


class FailingEar(Ear):
    async def run(self, emit: Callable[[Heard], None]) -> None:
        raise LOST


class FailingMind:
    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        yield Words("So")
        raise LOST


class FailingEngine:
    leads = True

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        emit(EngineLost(LOST.failure))
        emit(EngineLost(LOST.failure))

    def hear(self, frame: Media) -> None:
        """Nothing is heard."""

    def order(self, order: EngineOrder) -> None:
        """Nothing is done."""


async def failing_ear(breakers: Breakers) -> None:
    with pytest.raises(ProviderFailed):
        await GuardedRecogniser(FailingEar(), NAME, breakers).run(lambda _: None)


async def failing_mind(breakers: Breakers) -> None:
    thinker = GuardedThinker(FailingMind(), NAME, breakers)
    for _ in range(MOST_FAILURES):
        with pytest.raises(ProviderFailed):
            _ = [part async for part in thinker.reply(Conversation())]


async def failing_mouth(breakers: Breakers) -> None:
    speaker = GuardedSpeaker(Mouth(LOST), NAME, breakers)
    for _ in range(MOST_FAILURES):
        with pytest.raises(ProviderFailed):
            _ = [piece async for piece in speaker.speak("Hello.")]


async def failing_engine(breakers: Breakers) -> None:
    engine = GuardedEngine(FailingEngine(), NAME, breakers)
    assert engine.leads
    await engine.run(lambda _: None)


@pytest.mark.parametrize("failing", [failing_ear, failing_mind, failing_mouth, failing_engine])
async def test_each_call_that_a_provider_fails_counts_once(failing: Callable[[Breakers], Awaitable[None]]) -> None:
    breakers = Log()
    for _ in range(MOST_FAILURES - 1):
        await failing(breakers)
    assert not breakers.are_open()
    await failing(breakers)
    assert breakers.are_open()


async def test_who_hears_the_caller_is_well_again() -> None:
    breakers, ear = Log(), Ear()
    for _ in range(MOST_FAILURES - 1):
        breakers.failed(NAME, LOST.failure)
    heard: list[Heard] = []
    running = asyncio.create_task(GuardedRecogniser(ear, NAME, breakers).run(heard.append))
    await asyncio.sleep(0)
    assert ear.emit is not None
    ear.emit(SpeechStarted(10))
    running.cancel()
    await asyncio.wait([running])
    breakers.failed(NAME, LOST.failure)
    assert heard == [SpeechStarted(10)]
    assert not breakers.are_open(), "a call that is over has not failed, and one that was served counts"


async def test_a_phrase_from_memory_says_nothing_of_the_vendor() -> None:
    breakers = Log()
    for _ in range(MOST_FAILURES - 1):
        breakers.failed(NAME, LOST.failure)
    said = [piece async for piece in GuardedSpeaker(Mouth(), NAME, breakers).speak("Hello.")]
    assert said == [Spoken(b"\x10" * 8, "Hello.")]
    breakers.failed(NAME, LOST.failure)
    assert breakers.are_open()


@pytest.mark.parametrize(("failure", "well"), [(KEY.failure, None), (SETTINGS.failure, NAME)])
def test_a_refused_key_is_known_at_once_and_refused_settings_are_one_agents(failure: Failure, well: str | None) -> None:
    breakers = Log()
    breakers.failed(NAME, failure)
    assert breakers.well([NAME]) == well
    assert breakers.well([SPARE]) == SPARE, "a key may be good for another model"


def test_a_provider_that_failed_lately_comes_behind_its_fallbacks() -> None:
    breakers = Log()
    assert breakers.well([NAME, SPARE]) == NAME
    breakers.failed(NAME, LOST.failure)
    assert breakers.well([NAME, SPARE]) == SPARE
    assert breakers.well([NAME]) == NAME, "there is no other"
    breakers.served(NAME)
    assert breakers.well([NAME, SPARE]) == NAME


class PuzzledEngine(FailingEngine):
    def __init__(self) -> None:
        self.unknown = UnknownEvents()

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        self.unknown.note("session.mood")
        await super().run(emit)


async def test_what_an_engine_did_not_know_is_told_when_it_has_ended() -> None:
    told: list[tuple[str, int]] = []
    emitted: list[EngineEvent] = []
    for engine in (PuzzledEngine(), FailingEngine()):
        await GuardedEngine(engine, NAME, Log(), lambda provider, events: told.append((provider, events))).run(
            emitted.append
        )
    assert told == [(NAME, 1)]
    (noted,) = [event.failure for event in emitted if isinstance(event, Noted)]
    assert "session.mood (1)" in noted.sentence
