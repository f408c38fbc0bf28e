from dataclasses import replace

import pytest

from calls.errors import Blame
from calls.record import EndReason, Mode, ModeUse, Status
from handlers import status
from tests.handlers.desk import BEGAN_MS, SID, Answer, House, outbound_record


def placed(at: Status = Status.QUEUED) -> House:
    house = House()
    answered = BEGAN_MS if at is Status.IN_PROGRESS else None
    house.store.create(outbound_record(twilio_sid=SID, status=at, answered_at_ms=answered))
    return house


def tell(house: House, word: str, sequence: str = "0", **fields: str) -> Answer:
    return house.post(status, "/twilio/status", {"CallStatus": word, "SequenceNumber": sequence, **fields})


def test_a_calls_life() -> None:
    house = placed()
    seen = []
    for number, word in enumerate(["initiated", "ringing", "in-progress", "completed"]):
        assert tell(house, word, str(number)) == Answer(204, "", "")
        seen.append(house.only_record().status)
    assert seen == [Status.INITIATED, Status.RINGING, Status.IN_PROGRESS, Status.COMPLETED]
    assert house.only_record().end_reason is EndReason.CALLER_HUNG_UP


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        (Status.IN_PROGRESS, "ringing", Status.IN_PROGRESS),
        (Status.IN_PROGRESS, "initiated", Status.IN_PROGRESS),
        (Status.IN_PROGRESS, "in-progress", Status.IN_PROGRESS),
        (Status.IN_PROGRESS, "busy", Status.IN_PROGRESS),
        (Status.COMPLETED, "ringing", Status.COMPLETED),
        (Status.COMPLETED, "completed", Status.COMPLETED),
        (Status.COMPLETED, "failed", Status.COMPLETED),
        (Status.RINGING, "queued", Status.RINGING),
    ],
)
def test_late_repeated_and_disordered_news_changes_nothing(before: Status, word: str, after: Status) -> None:
    house = placed(before)
    record = house.only_record()
    assert tell(house, word).status == 204
    assert house.only_record() == record
    assert record.status is after


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("busy", EndReason.NOT_CONNECTED),
        ("no-answer", EndReason.NOT_CONNECTED),
        ("canceled", EndReason.NOT_CONNECTED),
        ("failed", EndReason.FAILED),
    ],
)
def test_calls_that_nobody_answered(word: str, reason: EndReason) -> None:
    house = placed(Status.RINGING)
    tell(house, word)
    assert (house.only_record().status.value, house.only_record().end_reason) == (word, reason)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"ErrorCode": "13224"}, "twilio-13224"),
        ({"SipResponseCode": "503"}, "twilio-503"),
        ({"ErrorCode": "a <b>"}, "twilio-call-failed"),
        ({}, "twilio-call-failed"),
    ],
)
def test_a_failed_call_says_why(fields: dict[str, str], code: str) -> None:
    house = placed()
    tell(house, "failed", **fields)
    tell(house, "failed", **fields)
    (failure,) = house.only_record().failures
    assert (failure.code, failure.blame) == (code, Blame.TWILIO)


def test_completed_without_ever_answered_was_answered() -> None:
    house = placed(Status.RINGING)
    tell(house, "completed", CallDuration="7")
    record = house.only_record()
    assert record.end_reason is EndReason.CALLER_HUNG_UP
    assert record.answered_at_ms is not None
    assert record.ended_at_ms == record.answered_at_ms + 7_000


@pytest.mark.parametrize("duration", ["", "-1", "x", "9" * 40, "\u0667"])
def test_a_duration_that_is_none(duration: str) -> None:
    house = placed(Status.RINGING)
    assert tell(house, "completed", CallDuration=duration).status == 204
    assert house.only_record().answered_at_ms == house.only_record().ended_at_ms


def test_the_rung_is_left_when_the_call_ends() -> None:
    house = placed(Status.IN_PROGRESS)
    call_id = house.only_record().call_id
    house.store.change(call_id, lambda r: replace(r, modes=(ModeUse(Mode.PIPELINE, BEGAN_MS),)))
    tell(house, "completed")
    assert house.only_record().modes[0].why_left == "The call ended."


def test_a_status_that_twilio_has_not_invented_yet() -> None:
    house = placed()
    record = house.only_record()
    assert tell(house, "levitating").status == 204
    assert house.only_record() == record


def test_news_of_an_unknown_call_is_taken_and_makes_nothing() -> None:
    house = House()
    assert tell(house, "completed").status == 204
    assert house.store.recent(10).records == ()


def test_a_store_that_is_down_says_so() -> None:
    house = placed()
    house.store.down = True
    assert tell(house, "ringing").status == 503


@pytest.mark.parametrize("signed", ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_unsigned_news_changes_nothing(signed: str) -> None:
    house = placed()
    answer = house.post(status, "/twilio/status", {"CallStatus": "completed"}, signed=signed)
    assert answer.status == 403
    assert house.only_record().status is Status.QUEUED
