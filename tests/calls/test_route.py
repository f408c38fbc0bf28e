from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status, StreamUse
from calls.reply import Action, EndCall, Reply, Transfer
from calls.route import (
    MOST_FAILURES,
    READY_AGAIN,
    STREAM_GIVEN_UP,
    STREAM_LOST,
    Answer,
    CallerSpoke,
    CallOver,
    Decision,
    Dial,
    DialEnded,
    Gather,
    HangUp,
    Moment,
    NothingHeard,
    SayAndHangUp,
    Step,
    Stream,
    StreamEnded,
    VoiceAnswered,
    decide,
    noted,
    replied,
    troubled,
)
from calls.rungs import MOST_STREAMS
from tests.fakes.agents import AGENT

PHRASES = AGENT.phrases
NOW_MS = 50_000
LATE_MS = 20_000 + 600_000  # answered, and AGENT's call_s later
FAILURE = Failure("reply-lost", Blame.PROVIDER, "The model did not answer.")


def turn(number: int, role: Role, said: str, heard: str | None = None) -> Turn:
    heard = said if heard is None else heard
    return Turn(f"t{number}", role, said, heard, heard != said, 21_000 + number, 21_500 + number, "pipeline")


GREETED = Conversation((turn(1, Role.AGENT, "Hello, this is the desk."),))
WAITING = Conversation((*GREETED.turns, turn(2, Role.CALLER, "What are your hours?")))
CUT_OFF = Conversation((*WAITING.turns, turn(3, Role.AGENT, "We are open", heard="")))
BROKEN_OFF = Conversation((*WAITING.turns, turn(3, Role.AGENT, "We are open nine to five.", heard="We are open")))
LEAVING = Conversation((*GREETED.turns, turn(2, Role.CALLER, "Thank you, goodbye.")))
ANSWERED = Conversation((*WAITING.turns, turn(3, Role.AGENT, "Nine to five.")))

QUEUED = CallRecord("C1", Direction.INBOUND, "default", "+1", "+2", 10_000, twilio_sid="CA1")
TALKING = replace(QUEUED, status=Status.IN_PROGRESS, answered_at_ms=20_000)
STREAMED = replace(TALKING, modes=(ModeUse(Mode.PIPELINE, 20_000),), streams_served=1)
GATHERED = replace(TALKING, modes=(ModeUse(Mode.TRADITIONAL, 20_000),))


def asked(
    do: Do, record: CallRecord = STREAMED, number: str = "", why: str = "", **fields: EndReason | int
) -> CallRecord:
    return replace(record, next_step=NextStep(do, number, why), **fields)  # type: ignore[arg-type]  # fields by name


def step_of(record: CallRecord, conversation: Conversation, moment: Moment, now_ms: int = NOW_MS) -> Step:
    return decide(record, conversation, AGENT, moment, now_ms).step


@pytest.mark.parametrize(
    ("record", "conversation", "moment", "step"),
    [
        # a call that is over
        (replace(STREAMED, status=Status.COMPLETED), GREETED, StreamEnded(), HangUp()),
        (replace(QUEUED, status=Status.FAILED), Conversation(), VoiceAnswered(), HangUp()),
        (replace(GATHERED, end_reason=EndReason.OPERATOR_HUNG_UP), WAITING, CallerSpoke(), HangUp()),
        (STREAMED, WAITING, CallOver(Status.COMPLETED), HangUp()),
        # answered
        (QUEUED, Conversation(), VoiceAnswered(), Stream(Mode.PIPELINE)),
        (STREAMED, Conversation(), VoiceAnswered(), Stream(Mode.PIPELINE)),
        (GATHERED, Conversation(), VoiceAnswered(), Gather("Hello, this is the desk.")),
        (GATHERED, ANSWERED, VoiceAnswered(), Gather(PHRASES.bridge)),
        (GATHERED, WAITING, VoiceAnswered(), Answer(PHRASES.bridge)),
        # a stream that ended as the streamer meant it
        (asked(Do.HANG_UP), ANSWERED, StreamEnded(), HangUp()),
        (asked(Do.DIAL, number="+15550001"), WAITING, StreamEnded(), Dial("+15550001")),
        (asked(Do.DIAL, number=""), ANSWERED, StreamEnded(), Gather(PHRASES.bridge)),
        (asked(Do.STREAM), WAITING, StreamEnded(), Stream(Mode.PIPELINE)),
        (asked(Do.STREAM, streams_served=MOST_STREAMS), WAITING, StreamEnded(), Answer(PHRASES.bridge)),
        (asked(Do.GATHER), WAITING, StreamEnded(), Answer(PHRASES.bridge)),
        (asked(Do.GATHER), ANSWERED, StreamEnded(), Gather(PHRASES.bridge)),
        # a stream that died, or never came
        (STREAMED, Conversation(), StreamEnded(), Gather("Hello, this is the desk.")),
        (STREAMED, GREETED, StreamEnded(), Gather(PHRASES.bridge)),
        (STREAMED, WAITING, StreamEnded(), Answer(PHRASES.bridge)),
        (STREAMED, CUT_OFF, StreamEnded(), Answer(PHRASES.bridge)),
        (STREAMED, ANSWERED, StreamEnded(), Gather(PHRASES.bridge)),
        (STREAMED, BROKEN_OFF, StreamEnded(), Gather(f"{PHRASES.bridge} We are open nine to five.")),
        (STREAMED, LEAVING, StreamEnded(), SayAndHangUp("Goodbye, then.", EndReason.CALLER_GOODBYE)),
        (replace(STREAMED, end_reason=EndReason.CALLER_GOODBYE), ANSWERED, StreamEnded(), HangUp()),
        (replace(STREAMED, end_reason=EndReason.TRANSFERRED), ANSWERED, StreamEnded(), Gather(PHRASES.bridge)),
        # turn by turn
        (GATHERED, WAITING, CallerSpoke(), Answer("")),
        (GATHERED, LEAVING, CallerSpoke(), SayAndHangUp("Goodbye, then.", EndReason.CALLER_GOODBYE)),
        (GATHERED, GREETED, NothingHeard(), Gather(PHRASES.ask_again)),
        (replace(GATHERED, empty_gathers=1), GREETED, NothingHeard(), Gather(PHRASES.still_there)),
        (
            replace(GATHERED, empty_gathers=2),
            GREETED,
            NothingHeard(),
            SayAndHangUp(PHRASES.silence_goodbye, EndReason.SILENCE),
        ),
        # a transfer
        (replace(GATHERED, end_reason=EndReason.TRANSFERRED), ANSWERED, DialEnded(connected=True), HangUp()),
        (replace(GATHERED, end_reason=EndReason.TRANSFERRED), ANSWERED, DialEnded(False), Gather(PHRASES.still_there)),
    ],
)
def test_steps(record: CallRecord, conversation: Conversation, moment: Moment, step: Step) -> None:
    assert step_of(record, conversation, moment) == step


LIMIT = SayAndHangUp(PHRASES.limit_goodbye, EndReason.LIMIT)


@pytest.mark.parametrize(
    ("record", "moment", "step"),
    [
        (GATHERED, CallerSpoke(), LIMIT),
        (GATHERED, NothingHeard(), LIMIT),
        (STREAMED, StreamEnded(), LIMIT),
        (asked(Do.GATHER), StreamEnded(), LIMIT),
        (asked(Do.STREAM), StreamEnded(), LIMIT),
        (replace(GATHERED, end_reason=EndReason.TRANSFERRED), DialEnded(False), LIMIT),
        (asked(Do.HANG_UP), StreamEnded(), HangUp()),
        (asked(Do.DIAL, number="+15550001"), StreamEnded(), Dial("+15550001")),
        (replace(STREAMED, end_reason=EndReason.AGENT_GOODBYE), StreamEnded(), HangUp()),
        (replace(GATHERED, end_reason=EndReason.TRANSFERRED), DialEnded(True), HangUp()),
    ],
)
def test_past_the_limit(record: CallRecord, moment: Moment, step: Step) -> None:
    decision = decide(record, WAITING, AGENT, moment, LATE_MS)
    assert decision.step == step
    if step == LIMIT:
        assert decision.record.end_reason is EndReason.LIMIT
        assert decision.record.next_step is None


def test_the_limit_is_not_reached_a_millisecond_before() -> None:
    assert step_of(GATHERED, WAITING, CallerSpoke(), LATE_MS - 1) == Answer("")


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


@pytest.mark.parametrize(
    ("text", "action", "say_first", "step"),
    [
        ("Nine to five.", None, "", Gather("Nine to five.")),
        ("Nine to five. ", None, "One moment, please.", Gather("One moment, please. Nine to five.")),
        ("", None, "", Gather(PHRASES.ask_again)),
        (
            "Thanks for calling. Goodbye!",
            None,
            "",
            SayAndHangUp("Thanks for calling. Goodbye!", EndReason.AGENT_GOODBYE),
        ),
        ("So long.", EndCall("caller-goodbye"), "", SayAndHangUp("So long.", EndReason.CALLER_GOODBYE)),
        ("", EndCall("agent-goodbye"), "", SayAndHangUp("Goodbye, then.", EndReason.AGENT_GOODBYE)),
        ("So long.", EndCall("because"), "", SayAndHangUp("So long.", EndReason.AGENT_GOODBYE)),
        ("I put you through.", Transfer("+15550001"), "", Dial("+15550001", "I put you through.")),
    ],
)
def test_replies(text: str, action: Action | None, say_first: str, step: Step) -> None:
    assert replied(GATHERED, AGENT, Reply(text, action), say_first, NOW_MS).step == step


def test_a_reply_for_a_call_that_ended_meanwhile() -> None:
    over = replace(GATHERED, status=Status.COMPLETED)
    assert replied(over, AGENT, Reply("Nine to five."), "", NOW_MS) == Decision(over, HangUp())


def test_a_transfer_is_the_reason_from_its_start() -> None:
    after = replied(GATHERED, AGENT, Reply("Hold on.", Transfer("+15550001")), "", NOW_MS).record
    assert after.end_reason is EndReason.TRANSFERRED
    assert after.modes[-1].left_at_ms == NOW_MS


def test_trouble_is_told_and_kept() -> None:
    decision = troubled(GATHERED, AGENT, FAILURE, NOW_MS)
    assert decision.step == SayAndHangUp(PHRASES.trouble_goodbye, EndReason.FAILED)
    assert decision.record == replace(GATHERED, failures=(FAILURE,), end_reason=EndReason.FAILED)


@pytest.mark.parametrize(
    ("of_the_agent", "of_the_deployment", "rung"),
    [("+12025550123", "+12025550199", "+12025550123"), ("", "+12025550199", "+12025550199")],
)
def test_in_trouble_a_person_is_rung_once(of_the_agent: str, of_the_deployment: str, rung: str) -> None:
    agent = replace(AGENT, transfer_number=of_the_agent)
    decision = troubled(GATHERED, agent, FAILURE, NOW_MS, of_the_deployment)
    assert decision.step == Dial(rung, PHRASES.bridge)
    assert FAILURE in decision.record.failures
    again = troubled(decision.record, agent, FAILURE, NOW_MS + 1, of_the_deployment)
    assert again.step == SayAndHangUp(PHRASES.trouble_goodbye, EndReason.TRANSFERRED)


def test_failures_are_noted_once_and_within_bounds() -> None:
    once = noted(GATHERED, FAILURE)
    assert noted(once, FAILURE) is once
    full = replace(GATHERED, failures=tuple(replace(FAILURE, code=f"f{n}") for n in range(MOST_FAILURES)))
    assert noted(full, FAILURE) is full
