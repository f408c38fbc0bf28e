"""The watchdog over a store, with a Twilio that keeps what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from calls import streams
from calls.errors import Blame
from calls.record import CallRecord, Mode
from handlers import resume, stream_status, voice, watchdog
from handlers.dialler import DialFailed
from handlers.watch_queue import Watched, WatchFailed, read, written
from tests.handlers.desk import SID, House

URL = "https://calls.example.com/twilio/resume/1#rc=2&rp=5xx,ct,rt&rt=10000"


@dataclass
class Queue:
    """Implements `handlers.watch_queue.WatchQueue`."""

    asked: list[Watched] = field(default_factory=list)
    failure: Exception | None = None

    def watch(self, call_id: str, stream: int) -> None:
        if self.failure:
            raise self.failure
        self.asked.append(Watched(call_id, stream))


@dataclass
class Twilio:
    """Implements `handlers.watchdog.Redirecting`: what it was asked, and how it fails, in order."""

    failures: list[DialFailed] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def redirect(self, twilio_sid: str, url: str) -> None:
        self.asked.append((twilio_sid, url))
        if self.failures:
            raise self.failures.pop(0)


def answered() -> House:
    house = House(watch_queue=Queue())
    assert "<Stream" in house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    return house


def event(*bodies: str) -> dict[str, Any]:
    records = [{"messageId": f"m{n}", "body": body, "eventSource": "aws:sqs"} for n, body in enumerate(bodies, 1)]
    return {"Records": records}


def run(house: House, twilio: Twilio, *bodies: str) -> list[str]:
    """The messages that are to come again."""
    answer = watchdog.answer(lambda: house.wired, lambda _: twilio, event(*bodies))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(house: House, stream: int = 1) -> str:
    return written(Watched(house.only_record().call_id, stream))


def changed(house: House, change: Callable[[CallRecord], CallRecord]) -> None:
    house.store.change(house.only_record().call_id, change)


def test_a_stream_that_is_asked_for_is_watched() -> None:
    house = answered()
    assert isinstance(house.watch_queue, Queue)
    assert house.watch_queue.asked == [Watched(house.only_record().call_id, 1)]
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"})
    assert len(house.watch_queue.asked) == 1


def test_no_stream_and_the_call_is_redirected_once() -> None:
    house, twilio = answered(), Twilio()
    assert run(house, twilio, message(house)) == []
    assert twilio.asked == [(SID, URL)]
    record = house.only_record()
    assert record.streams[0].given_up_at_ms is not None
    assert [failure.code for failure in record.failures] == ["stream-never-came"]
    assert "<Gather" in house.post(resume, "/twilio/resume/1", {"CallStatus": "in-progress"}).body
    assert run(house, twilio, message(house)) == []
    assert len(twilio.asked) == 1
    assert [use.mode for use in house.only_record().modes] == [Mode.PIPELINE, Mode.TRADITIONAL]


@pytest.mark.parametrize("mark", [streams.opened, streams.arrived])
def test_a_stream_that_came_is_left_alone(mark: Callable[[CallRecord, int, int], CallRecord]) -> None:
    house, twilio = answered(), Twilio()
    changed(house, lambda r: mark(r, 1, house.clock()))
    stood = house.only_record()
    assert run(house, twilio, message(house)) == []
    assert (twilio.asked, house.only_record()) == ([], stood)


def test_twilios_word_that_the_stream_has_started_is_enough() -> None:
    house, twilio = answered(), Twilio()
    house.post(stream_status, "/twilio/stream-status/1", {"StreamEvent": "stream-started"})
    assert run(house, twilio, message(house)) == []
    assert twilio.asked == []


def test_another_delivery_at_the_same_time_comes_again_later() -> None:
    house, twilio = answered(), Twilio()
    assert run(house, twilio, message(house), message(house)) == ["m2"]
    assert len(twilio.asked) == 1


def test_twilio_is_asked_a_second_time_at_once() -> None:
    house, twilio = answered(), Twilio([DialFailed("No answer.", code="twilio-no-answer", retryable=True)])
    assert run(house, twilio, message(house)) == []
    assert twilio.asked == [(SID, URL)] * 2
    assert [failure.code for failure in house.only_record().failures] == ["stream-never-came"]


def test_a_redirect_that_fails_twice_is_kept_and_comes_again() -> None:
    failure = DialFailed("Twilio refused (error 20003).", code="twilio-20003", blame=Blame.CONFIGURATION)
    house, twilio = answered(), Twilio([failure, failure])
    assert run(house, twilio, message(house)) == ["m1"]
    assert [failure.code for failure in house.only_record().failures] == ["stream-never-came", "twilio-20003"]
    house.clock.ms += 20_000
    assert run(house, twilio, message(house)) == []
    assert len(twilio.asked) == 3


def test_one_bad_message_does_not_hold_up_another() -> None:
    house, twilio = answered(), Twilio()
    assert run(house, twilio, "not ours", message(house), '{"callId": "x"}') == ["m1", "m3"]
    assert len(twilio.asked) == 1


def test_a_store_that_is_down_is_asked_again_and_a_call_without_a_record_is_not() -> None:
    house, twilio = answered(), Twilio()
    asked = message(house)
    house.store.down = True
    assert run(house, twilio, asked) == ["m1"]
    house.store.down = False
    assert run(house, twilio, written(Watched("01NONE", 1))) == []
    assert twilio.asked == []


def test_a_queue_that_fails_costs_the_call_nothing() -> None:
    house = House(watch_queue=Queue(failure=WatchFailed("The queue is away.")))
    assert "<Stream" in house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    assert [failure.code for failure in house.only_record().failures] == ["watch-failed"]


def test_a_message_comes_back_as_it_was_written() -> None:
    assert read(written(Watched("01A", 7))) == Watched("01A", 7)
    for body in ("", "[]", "{}", '{"callId": "01A", "stream": "x"}'):
        with pytest.raises(WatchFailed) as caught:
            read(body)
        assert caught.value.failure.code == "watch-malformed"


def test_a_call_that_went_on_is_left_alone() -> None:
    house, twilio = answered(), Twilio()
    asked = message(house)
    changed(house, lambda r: replace(streams.served(r, Mode.PIPELINE, house.clock())))
    assert run(house, twilio, asked) == []
    assert twilio.asked == []
