"""The engine of a call, and the one that comes after it."""

import asyncio
import base64
from collections.abc import Callable

import pytest

from calls.errors import Blame, ConfigurationInvalid, Failure
from calls.record import Mode
from streamer.engine_at_work import KEPT_MS, EngineAtWork
from streamer.events import EngineEvent, EngineLost, EngineOrder, Noted, SpeechStarted
from streamer.providers.sent_audio import KeptAudio
from streamer.twilio_stream import Media


def frame(number: int) -> Media:
    mulaw = bytes([number % 256]) * 160
    return Media(mulaw, number * 20, base64.b64encode(mulaw).decode())


class Ears:
    """An engine that hears."""

    def __init__(self) -> None:
        self.heard: list[Media] = []

    def hear(self, frame: Media) -> None:
        self.heard.append(frame)

    def order(self, order: EngineOrder) -> None:
        raise AssertionError(f"nobody orders {order}")

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        await asyncio.Event().wait()


async def test_the_next_engine_hears_again_what_is_not_confirmed_frame_by_frame_as_it_came() -> None:
    first, second = Ears(), Ears()
    engines = iter((first, second))
    at_work = EngineAtWork(lambda _: next(engines), lambda _: None, "MZ1")
    async with asyncio.TaskGroup() as tasks:
        at_work.start(Mode.REALTIME, tasks)
        for number in range(5):
            at_work.hear(frame(number))
        at_work.start(Mode.PIPELINE, tasks, since_media_ms=30)
        at_work.hear(frame(5))
        at_work.stop()

    assert first.heard == [frame(number) for number in range(5)]
    assert second.heard == [frame(number) for number in (2, 3, 4, 5)]


class Keeper(Ears):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = KeptAudio(KEPT_MS)

    def hear(self, frame: Media) -> None:
        super().hear(frame)
        self.kept.add(frame.mulaw, frame.media_ms)


async def test_what_an_engine_keeps_itself_is_not_kept_twice_and_is_heard_again_all_the_same() -> None:
    first, second, third = Keeper(), Ears(), Keeper()
    engines = iter((first, second, third))
    at_work = EngineAtWork(lambda _: next(engines), lambda _: None, "01CALL")
    async with asyncio.TaskGroup() as tasks:
        at_work.hear(frame(0))
        at_work.start(Mode.REALTIME, tasks)
        at_work.hear(frame(1))
        at_work.stop()
        at_work.hear(frame(2))  # between two engines
        at_work.start(Mode.PIPELINE, tasks)
        at_work.hear(frame(3))
        at_work.start(Mode.REALTIME, tasks, since_media_ms=20)
        at_work.hear(frame(4))
        at_work.end()

    assert second.heard == [frame(number) for number in range(4)]
    assert third.heard == [frame(number) for number in range(1, 5)]
    assert third.kept.kept_ms == 0, "nothing is kept of a call that is over"


async def test_no_more_is_heard_again_than_is_kept() -> None:
    first, second = Ears(), Ears()
    engines = iter((first, second))
    at_work = EngineAtWork(lambda _: next(engines), lambda _: None, "MZ1")
    async with asyncio.TaskGroup() as tasks:
        at_work.start(Mode.REALTIME, tasks)
        for number in range(KEPT_MS // 20 + 7):
            at_work.hear(frame(number))
        at_work.start(Mode.PIPELINE, tasks)
        at_work.stop()

    assert second.heard == first.heard[7:]


async def test_nothing_is_kept_of_a_call_that_is_over() -> None:
    first, second = Ears(), Ears()
    engines = iter((first, second))
    at_work = EngineAtWork(lambda _: next(engines), lambda _: None, "MZ1")
    async with asyncio.TaskGroup() as tasks:
        at_work.start(Mode.REALTIME, tasks)
        at_work.hear(frame(0))
        at_work.end()
        at_work.start(Mode.REALTIME, tasks)
        at_work.end()

    assert (len(first.heard), second.heard) == (1, [])


async def test_an_engine_that_cannot_be_made_is_told_as_lost(caplog: pytest.LogCaptureFixture) -> None:
    told: list[EngineEvent] = []

    def none(_mode: Mode) -> Ears:
        raise ConfigurationInvalid("No key is set.", code="key-missing")

    at_work = EngineAtWork(none, told.append, "MZ1")
    async with asyncio.TaskGroup() as tasks:
        at_work.start(Mode.REALTIME, tasks)
        at_work.hear(frame(0))
        await asyncio.sleep(0)

    (lost,) = told
    assert isinstance(lost, EngineLost)
    assert lost.failure.code == "key-missing"
    assert "No key is set." in caplog.text


class Puzzled(Ears):
    """Says at its end what it did not know."""

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        try:
            await super().run(emit)
        finally:
            emit(SpeechStarted(0))
            emit(NOTED)


NOTED = Noted(Failure("vendor-events-unknown", Blame.OFFHOOK, "acme sent something new."))


async def test_what_an_engine_notes_at_its_end_is_told_and_logged_by_the_call(caplog: pytest.LogCaptureFixture) -> None:
    told: list[EngineEvent] = []
    at_work = EngineAtWork(lambda _: Puzzled(), told.append, "01CALL")
    async with asyncio.TaskGroup() as tasks:
        at_work.start(Mode.REALTIME, tasks)
        await asyncio.sleep(0)
        at_work.end()

    assert told == [NOTED]
    (line,) = caplog.records
    assert (line.getMessage(), line.__dict__["callId"]) == ("acme sent something new.", "01CALL")
    assert line.__dict__["code"] == "vendor-events-unknown"
