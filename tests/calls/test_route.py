"""What a call does next, by its record, its conversation and what has just happened."""

from dataclasses import replace

import pytest

from calls.conversation import Conversation
from calls.record import CallRecord, Do, EndReason, Mode, Status
from calls.reply import Action, EndCall, Reply, Transfer
from calls.route import (
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
    replied,
    troubled,
)
from calls.rungs import MOST_STREAMS
from tests.calls.routed_calls import (
    ANSWERED,
    BRIDGED,
    BROKEN_OFF,
    CUT_OFF,
    FAILURE,
    GATHERED,
    GREETED,
    LATE_MS,
    LEAVING,
    NOW_MS,
    PHRASES,
    QUEUED,
    STREAMED,
    WAITING,
    asked,
    step_of,
)
from tests.fakes.agents import AGENT


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
        (STREAMED, BRIDGED, StreamEnded(), Gather(PHRASES.ask_again)),
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
