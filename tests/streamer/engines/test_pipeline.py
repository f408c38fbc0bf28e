"""The pipeline engine, with providers under the test's hand."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable

import pytest

from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.reply import EndCall, ReplyPart, Words
from streamer.engines.pipeline import PipelineEngine
from streamer.engines.ports import Spoken
from streamer.events import (
    Answer,
    CancelReply,
    Draft,
    EngineEvent,
    EngineLost,
    Fill,
    Heard,
    ReplyDone,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
)
from streamer.twilio_stream import Media


class Ear:
    def __init__(self) -> None:
        self.frames: list[tuple[bytes, int]] = []
        self.emit: Callable[[Heard], None] | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, emit: Callable[[Heard], None]) -> None:
        self.emit = emit
        await self.lost

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        self.frames.append((mulaw, media_ms))


class Mind:
    """Gives out its parts one by one; a failure or an event to wait for may stand among them."""

    def __init__(self, *parts: ReplyPart | ProviderFailed | asyncio.Event) -> None:
        self.parts = parts
        self.closed = False

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        try:
            for part in self.parts:
                if isinstance(part, ProviderFailed):
                    raise part
                if isinstance(part, asyncio.Event):
                    await part.wait()
                    continue
                yield part
        finally:
            self.closed = True


class Mouth:
    def __init__(self, failure: ProviderFailed | None = None) -> None:
        self.failure = failure
        self.spoke: list[str] = []

    async def run(self) -> None:
        """There is nothing to own."""

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            async for spoken in self.speak(text):
                yield spoken

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        self.spoke.append(text)
        if self.failure:
            raise self.failure
        yield Spoken(b"\x10" * 8, text)


class Run:
    """An engine running, and what it has said."""

    def __init__(self, mind: Mind, mouth: Mouth) -> None:
        self.ear = Ear()
        self.engine = PipelineEngine(self.ear, mind, mouth)
        self.events: list[EngineEvent] = []
        self.changed = asyncio.Event()
        self.task = asyncio.create_task(self.engine.run(self._emit))

    def _emit(self, event: EngineEvent) -> None:
        self.events.append(event)
        self.changed.set()

    async def until(self, kind: type[EngineEvent]) -> None:
        async with asyncio.timeout(2):
            while not any(isinstance(event, kind) for event in self.events):
                self.changed.clear()
                await self.changed.wait()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


async def test_fixed_words_are_spoken_as_they_are() -> None:
    run = Run(Mind(), Mouth())
    run.engine.order(Say(1, "Hello there."))
    await run.until(ReplyDone)
    assert run.events == [
        ReplyWorded(1, "Hello there.", has_clause=True),
        ReplySpoken(1, b"\x10" * 8, "Hello there."),
        ReplyDone(1, None),
    ]
    await run.stop()


async def test_a_sentence_is_spoken_while_the_next_is_still_thought() -> None:
    more = asyncio.Event()
    run = Run(Mind(Words("Sure thing. "), Words("We"), more, Words(" open."), EndCall("agent-goodbye")), Mouth())
    run.engine.order(Answer(4, Conversation()))
    await run.until(ReplySpoken)
    assert ReplySpoken(4, b"\x10" * 8, "Sure thing. ") in run.events
    more.set()
    await run.until(ReplyDone)
    assert run.events[-2:] == [ReplySpoken(4, b"\x10" * 8, "We open."), ReplyDone(4, EndCall("agent-goodbye"))]
    await run.stop()


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        (("Sure", " thing.", " We", " open. ", "So"), (False, False, True, False, False)),
        (("Yes.",), (False, True)),
    ],
)
async def test_the_first_clause_is_told_once(words: tuple[str, ...], flags: tuple[bool, ...]) -> None:
    run = Run(Mind(*map(Words, words)), Mouth())
    run.engine.order(Answer(1, Conversation()))
    await run.until(ReplyDone)
    worded = [event for event in run.events if isinstance(event, ReplyWorded)]
    assert tuple(event.has_clause for event in worded) == flags
    assert "".join(event.text for event in worded) == "".join(words)
    await run.stop()


async def test_a_cancelled_reply_says_nothing_more_and_stops_the_thinking() -> None:
    never = asyncio.Event()
    mind = Mind(Words("This comes first. "), Words("Second"), never)
    run = Run(mind, Mouth())
    run.engine.order(Answer(1, Conversation()))
    await run.until(ReplySpoken)
    run.engine.order(CancelReply(1))
    run.engine.order(Say(2, "Yes?"))
    await run.until(ReplyDone)
    assert mind.closed
    assert run.events[-1] == ReplyDone(2, None)
    assert all(getattr(event, "reply_id", 2) == 2 for event in run.events[3:])
    await run.stop()


@pytest.mark.parametrize("who", ["mind", "mouth"])
async def test_a_provider_that_fails_loses_the_reply_and_not_the_engine(who: str) -> None:
    failure = ProviderFailed("The vendor said 500.", code="vendor-500")
    mind = Mind(failure) if who == "mind" else Mind(Words("Hello."))
    run = Run(mind, Mouth(failure if who == "mouth" else None))
    run.engine.order(Answer(1, Conversation()))
    await run.until(ReplyLost)
    assert run.events[-1] == ReplyLost(1, failure.failure)
    assert not run.task.done()
    assert run.ear.emit is not None
    run.ear.emit(Draft("still hearing"))
    assert Draft("still hearing") in run.events
    await run.stop()


async def test_a_recogniser_that_is_lost_loses_the_engine() -> None:
    run = Run(Mind(), Mouth())
    run.engine.order(Say(1, "Hello."))
    await run.until(ReplyDone)
    failure = ProviderFailed("The socket closed.", code="recogniser-lost")
    run.ear.lost.set_exception(failure)
    await run.until(EngineLost)
    assert run.events[-1] == EngineLost(failure.failure)
    await asyncio.wait([run.task], timeout=1)
    assert run.task.done()


async def test_a_recogniser_that_just_ends_is_lost_too() -> None:
    run = Run(Mind(), Mouth())
    run.engine.order(Say(1, "Hello."))
    await run.until(ReplyDone)
    run.ear.lost.set_result(None)
    await run.until(EngineLost)
    await asyncio.wait([run.task], timeout=1)


async def test_frames_go_straight_to_the_recogniser() -> None:
    run = Run(Mind(), Mouth())
    run.engine.hear(Media(b"\xff" * 160, 40, "/w=="))
    assert run.ear.frames == [(b"\xff" * 160, 40)]
    await run.stop()


async def test_what_was_given_to_the_voice_is_spoken_before_a_reply_that_broke_off_is_lost() -> None:
    cut_off = ProviderFailed("It broke off.", code="openai-cut-off", retryable=True)
    run = Run(Mind(Words("Sure thing. "), Words("We are"), cut_off), Mouth())
    run.engine.order(Answer(1, Conversation()))
    await run.until(ReplyLost)
    assert run.events[-2:] == [ReplySpoken(1, b"\x10" * 8, "Sure thing. "), ReplyLost(1, cut_off.failure)]
    await run.stop()


async def test_where_nothing_is_in_the_making_an_order_is_begun_with_the_next_turn_of_the_loop() -> None:
    run = Run(Mind(Words("Yes.")), Mouth())
    await asyncio.sleep(0)
    run.engine.order(Answer(1, Conversation()))
    await asyncio.sleep(0)
    assert run.events[:1] == [ReplyWorded(1, "Yes.")]
    await run.stop()


async def test_an_order_for_an_engine_that_is_ending_is_dropped() -> None:
    run = Run(Mind(Words("Yes.")), Mouth())
    await asyncio.sleep(0)
    run.ear.lost.set_exception(ProviderFailed("Gone.", code="gone"))
    while not run.task.done():
        run.engine.order(Fill(1, "Hm."))
        await asyncio.sleep(0)
    assert run.task.exception() is None
    assert isinstance(run.events[-1], EngineLost)
