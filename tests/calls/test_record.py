import json
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from calls.errors import Blame, Failure
from calls.record import (
    FINAL,
    MOVES,
    CallRecord,
    Direction,
    Do,
    EndReason,
    Mode,
    ModeUse,
    NextStep,
    Status,
    StreamUse,
    from_plain,
    moved,
    on_no_rung,
    on_rung,
    to_plain,
)

QUEUED = CallRecord("01A", Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 1_000)
FULL_WHY = "the caller asked for a person"
ANSWERED = replace(QUEUED, status=Status.IN_PROGRESS, answered_at_ms=3_000)

# Every field differs from its default, so that one that is not carried over shows.
FULL = CallRecord(
    call_id="01A",
    direction=Direction.INBOUND,
    agent="desk",
    from_number="+14155550100",
    to_number="+14155550123",
    created_at_ms=1_000,
    twilio_sid="CA1",
    status=Status.COMPLETED,
    modes=(ModeUse(Mode.PIPELINE, 3_000, 5_000, "the stream ended"), ModeUse(Mode.TRADITIONAL, 5_000)),
    answered_at_ms=3_000,
    ended_at_ms=9_000,
    end_reason=EndReason.CALLER_GOODBYE,
    next_step=NextStep(Do.DIAL, "+14155550199", FULL_WHY, Mode.PIPELINE),
    streams_served=2,
    streams=(
        StreamUse(1, Mode.REALTIME, 3_000, 3_100, 3_200, 3_300, 3_400, "mode-not-here"),
        StreamUse(2, Mode.PIPELINE, 3_500),
    ),
    empty_gathers=1,
    failures=(Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed its socket.", True),),
    keep_days=30,
    redact=("card",),
    say_voice="Polly.Joanna",
    version=7,
)


def as_decimals(plain: Any) -> Any:
    """What DynamoDB gives back: every number a Decimal."""
    return json.loads(json.dumps(plain), parse_int=Decimal)


def test_the_full_record_leaves_no_field_at_its_default() -> None:
    assert [f.name for f in fields(CallRecord) if getattr(FULL, f.name) == f.default] == []


def test_the_number_of_whoever_is_not_us() -> None:
    assert (QUEUED.other_number, FULL.other_number) == ("+14155550123", "+14155550100")


def test_a_record_from_before_there_was_privacy_is_kept() -> None:
    plain = to_plain(FULL)
    del plain["keepDays"], plain["redact"], plain["sayVoice"]
    assert from_plain(plain) == replace(FULL, keep_days=None, redact=(), say_voice="")


def test_a_record_comes_back_from_its_plain_form() -> None:
    assert from_plain(to_plain(FULL)) == FULL
    assert from_plain(to_plain(QUEUED)) == QUEUED


def test_a_record_comes_back_from_json_with_decimals() -> None:
    restored = from_plain(as_decimals(to_plain(FULL)))
    assert restored == FULL
    assert [type(restored.version), type(restored.created_at_ms), type(restored.modes[0].left_at_ms)] == [int, int, int]


def test_a_record_from_before_streams_were_kept_has_none() -> None:
    plain = to_plain(FULL)
    del plain["streams"]
    del plain["nextStep"]["mode"]
    assert from_plain(plain) == replace(FULL, streams=(), next_step=NextStep(Do.DIAL, "+14155550199", FULL_WHY))


def test_a_final_status_moves_nowhere() -> None:
    assert {status: MOVES[status] for status in FINAL} == dict.fromkeys(FINAL, frozenset())
    assert set(MOVES) == set(Status)


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        (Status.RINGING, Status.INITIATED),
        (Status.IN_PROGRESS, Status.RINGING),
        (Status.IN_PROGRESS, Status.IN_PROGRESS),
        (Status.IN_PROGRESS, Status.BUSY),
        (Status.COMPLETED, Status.IN_PROGRESS),
        (Status.COMPLETED, Status.FAILED),
        (Status.QUEUED, Status.QUEUED),
    ],
)
def test_a_late_or_repeated_callback_changes_nothing(now: Status, asked: Status) -> None:
    record = replace(QUEUED, status=now)
    assert moved(record, asked, 4_000) is record


def test_the_way_of_a_call_that_is_answered() -> None:
    record = moved(moved(moved(QUEUED, Status.INITIATED, 1_500), Status.RINGING, 2_000), Status.IN_PROGRESS, 3_000)
    assert record == ANSWERED


def test_a_skipped_callback_is_no_obstacle() -> None:
    assert moved(QUEUED, Status.IN_PROGRESS, 3_000) == ANSWERED


def test_an_answered_call_that_ends_without_a_reason_was_hung_up_by_the_caller() -> None:
    assert moved(ANSWERED, Status.COMPLETED, 8_000) == replace(
        ANSWERED, status=Status.COMPLETED, ended_at_ms=8_000, end_reason=EndReason.CALLER_HUNG_UP
    )


def test_whoever_ended_the_call_knew_better() -> None:
    ending = replace(ANSWERED, end_reason=EndReason.CALLER_GOODBYE)
    assert moved(ending, Status.COMPLETED, 8_000).end_reason is EndReason.CALLER_GOODBYE


@pytest.mark.parametrize("status", [Status.BUSY, Status.NO_ANSWER, Status.CANCELED, Status.COMPLETED])
def test_a_call_that_nobody_answered_was_not_connected(status: Status) -> None:
    ended = moved(replace(QUEUED, status=Status.RINGING), status, 8_000)
    assert (ended.status, ended.end_reason, ended.ended_at_ms) == (status, EndReason.NOT_CONNECTED, 8_000)


def test_a_failed_call_failed() -> None:
    assert moved(ANSWERED, Status.FAILED, 8_000).end_reason is EndReason.FAILED


def test_the_end_of_a_call_ends_its_rung() -> None:
    ended = moved(on_rung(ANSWERED, Mode.PIPELINE, 3_100), Status.COMPLETED, 8_000)
    assert ended.modes == (ModeUse(Mode.PIPELINE, 3_100, 8_000, "The call ended."),)


def test_a_call_goes_down_a_rung_and_says_why() -> None:
    record = on_rung(on_rung(ANSWERED, Mode.PIPELINE, 3_100), Mode.TRADITIONAL, 5_000, "the stream ended")
    assert record.modes == (
        ModeUse(Mode.PIPELINE, 3_100, 5_000, "the stream ended"),
        ModeUse(Mode.TRADITIONAL, 5_000),
    )
    assert record.mode is Mode.TRADITIONAL


def test_standing_on_a_rung_twice_is_standing_on_it() -> None:
    record = on_rung(ANSWERED, Mode.PIPELINE, 3_100)
    assert on_rung(record, Mode.PIPELINE, 4_000) is record


def test_a_rung_that_was_left_can_be_stood_on_again() -> None:
    record = on_no_rung(on_rung(ANSWERED, Mode.PIPELINE, 3_100), 4_000, "the stream ended")
    assert on_rung(record, Mode.PIPELINE, 4_500).modes == (
        ModeUse(Mode.PIPELINE, 3_100, 4_000, "the stream ended"),
        ModeUse(Mode.PIPELINE, 4_500),
    )


def test_no_rung_cannot_be_left() -> None:
    left = on_no_rung(on_rung(ANSWERED, Mode.PIPELINE, 3_100), 4_000, "the stream ended")
    assert on_no_rung(ANSWERED, 4_000, "why") is ANSWERED
    assert on_no_rung(left, 5_000, "another reason") is left


def test_a_call_without_a_rung_has_no_mode() -> None:
    assert QUEUED.mode is None


@pytest.mark.parametrize("status", list(Status))
def test_a_call_is_final_where_no_move_leads_on(status: Status) -> None:
    assert replace(QUEUED, status=status).is_final is (not MOVES[status])
