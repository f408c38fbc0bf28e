"""What a decision leaves in the record: rungs and why they were left, streams, silences, the reason of the end."""

from dataclasses import replace

import pytest

from calls.conversation import Conversation
from calls.record import CallRecord, Do, EndReason, Mode, ModeUse, NextStep, Status, StreamUse
from calls.route import (
    MOST_FAILURES,
    READY_AGAIN,
    STREAM_GIVEN_UP,
    STREAM_LOST,
    Answer,
    CallerSpoke,
    CallOver,
    Decision,
    DialEnded,
    Gather,
    HangUp,
    Moment,
    SayAndHangUp,
    Step,
    Stream,
    StreamEnded,
    VoiceAnswered,
    decide,
    noted,
)
from tests.calls.routed_calls import (
    ANSWERED,
    FAILURE,
    GATHERED,
    GREETED,
    LATE_MS,
    LEAVING,
    NOW_MS,
    PHRASES,
    QUEUED,
    STREAMED,
    TALKING,
    WAITING,
    asked,
    step_of,
)
from tests.fakes.agents import AGENT


def test_answering_starts_the_first_rung_and_counts_the_stream_once() -> None:
    first = decide(QUEUED, Conversation(), AGENT, VoiceAnswered(), NOW_MS).record
    assert first == replace(
        QUEUED,
        status=Status.IN_PROGRESS,
        answered_at_ms=NOW_MS,
        modes=(ModeUse(Mode.PIPELINE, NOW_MS),),
        streams_served=1,
        streams=(StreamUse(1, Mode.PIPELINE, NOW_MS),),
    )
    assert decide(first, Conversation(), AGENT, VoiceAnswered(), NOW_MS + 9).record == first


def test_a_rung_chosen_when_the_call_was_placed_counts_from_its_answer() -> None:
    placed = replace(QUEUED, modes=(ModeUse(Mode.TRADITIONAL, 10_000),))
    decision = decide(placed, Conversation(), AGENT, VoiceAnswered(), NOW_MS)
    assert decision.step == Gather("Hello, this is the desk.")
    assert decision.record.modes == (ModeUse(Mode.TRADITIONAL, NOW_MS),)


def test_going_down_says_why() -> None:
    decision = decide(STREAMED, GREETED, AGENT, StreamEnded(), NOW_MS)
    assert decision.record.modes == (
        ModeUse(Mode.PIPELINE, 20_000, NOW_MS, STREAM_LOST),
        ModeUse(Mode.TRADITIONAL, NOW_MS),
    )


@pytest.mark.parametrize(
    ("record", "moment", "why"),
    [
        (asked(Do.GATHER, why="The voice was lost."), StreamEnded("Error 31921."), "The voice was lost."),
        (STREAMED, StreamEnded("Error 31920."), "Error 31920."),
        (asked(Do.HANG_UP), StreamEnded(), "The conversation was over."),
        (asked(Do.DIAL, number="+15550001"), StreamEnded(), "The caller was put through to a person."),
    ],
)
def test_why_the_rung_was_left(record: CallRecord, moment: Moment, why: str) -> None:
    left = decide(record, GREETED, AGENT, moment, NOW_MS).record
    assert (left.modes[0].left_at_ms, left.modes[0].why_left) == (NOW_MS, why)
    assert left.next_step is None


@pytest.mark.parametrize(
    ("record", "step"),
    [
        (replace(STREAMED, streams_served=2), Stream(Mode.PIPELINE)),
        (asked(Do.HANG_UP, streams_served=2), Stream(Mode.PIPELINE)),
        (replace(GATHERED, streams_served=2), HangUp()),
        (replace(STREAMED, streams_served=2, end_reason=EndReason.AGENT_GOODBYE), HangUp()),
    ],
)
def test_the_end_of_a_stream_that_is_not_the_newest_changes_nothing(record: CallRecord, step: Step) -> None:
    assert decide(record, WAITING, AGENT, StreamEnded(stream=1), LATE_MS) == Decision(record, step)


def test_the_end_of_the_newest_stream_by_its_number() -> None:
    again = replace(STREAMED, streams_served=2)
    assert step_of(again, WAITING, StreamEnded(stream=2)) == Answer(PHRASES.bridge)


def test_streaming_again_keeps_the_rung_and_counts() -> None:
    decision = decide(asked(Do.STREAM), WAITING, AGENT, StreamEnded(), NOW_MS)
    assert decision.record == replace(STREAMED, streams_served=2, streams=(StreamUse(2, Mode.PIPELINE, NOW_MS),))


def test_the_stream_that_ended_says_when() -> None:
    record = asked(Do.STREAM, replace(STREAMED, streams=(StreamUse(1, Mode.PIPELINE, 20_000, arrived_at_ms=20_500),)))
    decision = decide(record, WAITING, AGENT, StreamEnded(), NOW_MS)
    assert decision.record.streams == (
        StreamUse(1, Mode.PIPELINE, 20_000, arrived_at_ms=20_500, ended_at_ms=NOW_MS),
        StreamUse(2, Mode.PIPELINE, NOW_MS),
    )


def test_another_rung_after_a_stream_is_a_rung_of_its_own() -> None:
    ladder = replace(AGENT, modes=(Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL))
    use = StreamUse(1, Mode.REALTIME, 20_000, arrived_at_ms=20_500, code="realtime-lost")
    record = replace(
        TALKING,
        modes=(ModeUse(Mode.REALTIME, 20_000),),
        streams_served=1,
        streams=(use,),
        next_step=NextStep(Do.GATHER, why="The engine is lost."),
    )
    decision = decide(record, WAITING, ladder, StreamEnded(), NOW_MS)
    assert decision.step == Stream(Mode.PIPELINE)
    assert decision.record.modes == (
        ModeUse(Mode.REALTIME, 20_000, NOW_MS, "The engine is lost."),
        ModeUse(Mode.PIPELINE, NOW_MS),
    )


def test_a_stream_that_was_given_up_says_so() -> None:
    record = replace(STREAMED, streams=(StreamUse(1, Mode.PIPELINE, 20_000, given_up_at_ms=23_000),))
    decision = decide(record, GREETED, AGENT, StreamEnded(), NOW_MS)
    assert decision.step == Gather(PHRASES.bridge)
    assert decision.record.modes[0].why_left == STREAM_GIVEN_UP


FELL = replace(GATHERED, streams_served=1, streams=(StreamUse(1, Mode.PIPELINE, 10_000, 10_100, 10_200),))


@pytest.mark.parametrize(
    ("record", "conversation", "ready", "step"),
    [
        (FELL, WAITING, True, Stream(Mode.PIPELINE)),
        (FELL, WAITING, False, Answer("")),
        (FELL, LEAVING, True, SayAndHangUp("Goodbye, then.", EndReason.CALLER_GOODBYE)),
        (GATHERED, WAITING, True, Answer("")),  # the rung that the call was given
    ],
)
def test_up_the_ladder_again(record: CallRecord, conversation: Conversation, ready: bool, step: Step) -> None:
    decision = decide(record, conversation, AGENT, CallerSpoke(ready), NOW_MS)
    assert decision.step == step
    if isinstance(step, Stream):
        assert decision.record.modes[0].why_left == READY_AGAIN
        assert (decision.record.mode, decision.record.streams_served) == (Mode.PIPELINE, 2)


def test_the_reason_of_the_streamer_stays() -> None:
    record = asked(Do.HANG_UP, end_reason=EndReason.CALLER_GOODBYE)
    assert decide(record, ANSWERED, AGENT, StreamEnded(), NOW_MS).record.end_reason is EndReason.CALLER_GOODBYE
    assert (
        decide(asked(Do.HANG_UP), ANSWERED, AGENT, StreamEnded(), NOW_MS).record.end_reason is EndReason.AGENT_GOODBYE
    )


def test_words_end_a_row_of_silences() -> None:
    heard = decide(replace(GATHERED, empty_gathers=2), WAITING, AGENT, CallerSpoke(), NOW_MS).record
    assert heard.empty_gathers == 0


def test_a_transfer_that_failed_is_no_reason_for_the_end() -> None:
    record = replace(
        TALKING,
        modes=(ModeUse(Mode.PIPELINE, 20_000, 30_000, "The caller was put through to a person."),),
        end_reason=EndReason.TRANSFERRED,
    )
    after = decide(record, ANSWERED, AGENT, DialEnded(False), NOW_MS).record
    assert after.end_reason is None
    assert after.mode is Mode.TRADITIONAL


def test_a_call_that_twilio_says_is_over_is_over() -> None:
    after = decide(asked(Do.STREAM), WAITING, AGENT, CallOver(Status.COMPLETED), NOW_MS).record
    assert (after.status, after.end_reason, after.next_step) == (Status.COMPLETED, EndReason.CALLER_HUNG_UP, None)


def test_failures_are_noted_once_and_within_bounds() -> None:
    once = noted(GATHERED, FAILURE)
    assert noted(once, FAILURE) is once
    full = replace(GATHERED, failures=tuple(replace(FAILURE, code=f"f{n}") for n in range(MOST_FAILURES)))
    assert noted(full, FAILURE) is full
