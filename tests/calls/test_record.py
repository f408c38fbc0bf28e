from dataclasses import replace

import pytest

from calls.record import (
    FINAL,
    MOVES,
    CallRecord,
    Direction,
    EndReason,
    Mode,
    ModeUse,
    Status,
    moved,
    on_no_rung,
    on_rung,
)

QUEUED = CallRecord("01A", Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 1_000)
ANSWERED = replace(QUEUED, status=Status.IN_PROGRESS, answered_at_ms=3_000)


def test_the_number_of_whoever_is_not_us() -> None:
    inbound = replace(QUEUED, direction=Direction.INBOUND)
    assert (QUEUED.other_number, inbound.other_number) == ("+14155550123", "+14155550100")


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
