from dataclasses import replace

from calls.dynamo_bounds import FAILURES_DROPPED, bounded, clipped
from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, Mode, ModeUse, NextStep

RECORD = CallRecord("01A", Direction.INBOUND, "default", "+14155550100", "+14155550123", 1_000)


def failures(first: int, end: int) -> tuple[Failure, ...]:
    return tuple(Failure(f"f{number}", Blame.PROVIDER, "It failed.") for number in range(first, end))


def rungs(first: int, end: int) -> tuple[ModeUse, ...]:
    return tuple(ModeUse(Mode.PIPELINE, 100 * number, 100 * number + 99, "why") for number in range(first, end))


def test_an_ordinary_record_stays_as_it_is() -> None:
    record = replace(
        RECORD, failures=failures(0, 40), modes=rungs(0, 40), next_step=NextStep(Do.GATHER, why="the model is gone")
    )
    assert bounded(record) == record


def test_failures_lose_their_middle_and_say_so() -> None:
    kept = bounded(replace(RECORD, failures=failures(0, 100))).failures
    assert kept == (*failures(0, 10), FAILURES_DROPPED, *failures(71, 100))


def test_rungs_lose_their_middle_and_say_so() -> None:
    kept = bounded(replace(RECORD, modes=rungs(0, 100))).modes
    gap = ModeUse(
        Mode.PIPELINE, 1000, 7099, "this and the rungs after it up to the next one listed were not kept one by one"
    )
    assert kept == (*rungs(0, 10), gap, *rungs(71, 100))


def test_what_goes_on_growing_stays_bounded_with_one_gap() -> None:
    record = bounded(replace(RECORD, failures=failures(0, 100), modes=rungs(0, 100)))
    record = bounded(
        replace(record, failures=record.failures + failures(100, 103), modes=record.modes + rungs(100, 103))
    )
    assert record.failures == (*failures(0, 10), FAILURES_DROPPED, *failures(74, 103))
    assert record.modes[11:] == rungs(74, 103)
    assert (record.modes[10].started_at_ms, record.modes[10].left_at_ms) == (1000, 7399)


def test_the_rung_that_the_call_stands_on_is_kept() -> None:
    standing = ModeUse(Mode.TRADITIONAL, 10_000)
    assert bounded(replace(RECORD, modes=(*rungs(0, 100), standing))).modes[-1] == standing


def test_sentences_are_clipped() -> None:
    record = bounded(
        replace(
            RECORD,
            failures=(Failure("f", Blame.OFFHOOK, "x" * 9000),),
            modes=(ModeUse(Mode.PIPELINE, 0, 1, "x" * 9000),),
            next_step=NextStep(Do.STREAM, why="x" * 9000),
        )
    )
    assert record.next_step is not None
    assert [len(record.failures[0].sentence), len(record.modes[0].why_left), len(record.next_step.why)] == [600] * 3


def test_a_clipped_text_keeps_both_ends() -> None:
    assert clipped("0123456789" * 4, 30) == "01234 [... not kept ...] 56789"


def test_a_short_text_is_not_clipped() -> None:
    assert clipped("0123456789" * 3, 30) == "0123456789" * 3
