from dataclasses import replace

from calls.conversation import Conversation
from calls.errors import Blame, Failure
from calls.latency import Waterfall
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, StreamUse
from calls.time_line import Event, EventKind, time_line
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, CUT_ANSWER, GREETING, QUESTION, RECORD

LOST = Failure("stream-lost", Blame.OFFHOOK, "The stream broke off.")
STREAM = StreamUse(1, Mode.PIPELINE, ANSWERED_MS, opened_at_ms=ANSWERED_MS + 150, arrived_at_ms=ANSWERED_MS + 400)
STREAMED = replace(RECORD, streams=(replace(STREAM, ended_at_ms=ANSWERED_MS + 9000, code=LOST.code),))


def told(record: CallRecord, conversation: Conversation = CONVERSATION) -> list[tuple[int, str]]:
    return [(event.at_ms - ANSWERED_MS, event.sentence) for event in time_line(record, conversation)]


def test_a_whole_call_in_order() -> None:
    assert told(STREAMED) == [
        (-4000, "We placed the call."),
        (-30, "It begins in pipeline mode."),
        (0, "It was answered, after 4.0 s."),
        (0, "Twilio was told to open stream 1, for pipeline mode."),
        (100, "The agent speaks, turn 1."),
        (150, "Stream 1 stands at Twilio (150 ms after it was asked for)"),
        (400, "Stream 1 is bridged by the streamer (400 ms after it was asked for)"),
        (1100, "The caller speaks, turn 2."),
        (2400, "The agent speaks, turn 3 (cut)."),
        (3200, "The caller speaks, turn 4."),
        (3200, "The caller interrupts; the agent is silent 200 ms later."),
        (9000, "Stream 1 was left because of stream-lost: The stream broke off."),
        (9000, "It falls to traditional mode: the stream broke off"),
        (12_000, "The call ended (completed). The caller said goodbye."),
    ]


def test_what_ought_not_to_be_is_marked() -> None:
    bad = [event.kind for event in time_line(STREAMED, CONVERSATION) if event.is_bad]
    assert bad == [EventKind.STREAM, EventKind.MODE]


def test_turns_carry_their_number() -> None:
    assert [event.turn for event in time_line(RECORD, CONVERSATION) if event.kind is EventKind.TURN] == [1, 2, 3, 4]


def test_a_stream_that_was_given_up() -> None:
    stream = StreamUse(2, Mode.PIPELINE, ANSWERED_MS, given_up_at_ms=ANSWERED_MS + 3000)
    events = time_line(replace(RECORD, streams=(stream,)), Conversation())
    event = next(event for event in events if event.is_bad and event.kind is EventKind.STREAM)
    assert event.sentence == "Stream 2 had not come and was given up (3.0 s after it was asked for)"


def test_a_stream_that_ended_as_it_should_and_one_whose_failure_is_not_kept() -> None:
    well = StreamUse(1, Mode.PIPELINE, ANSWERED_MS, ended_at_ms=ANSWERED_MS + 10)
    unknown = replace(well, number=2, code="gone-by")
    sentences = [sentence for _, sentence in told(replace(RECORD, streams=(well, unknown)))]
    assert "Stream 1 ended." in sentences
    assert "Stream 2 was left because of gone-by." in sentences


def test_going_on_in_the_same_mode_or_a_better_one_is_no_fall() -> None:
    modes = (ModeUse(Mode.TRADITIONAL, ANSWERED_MS), ModeUse(Mode.PIPELINE, ANSWERED_MS + 8000))
    events = time_line(replace(RECORD, modes=modes), Conversation())
    assert Event(ANSWERED_MS + 8000, EventKind.MODE, "It goes on in pipeline mode.") in events


def test_silences_and_slow_answers() -> None:
    answer = replace(CUT_ANSWER, cut=False, started_at_ms=ANSWERED_MS + 6000, latency=Waterfall(total=4400))
    late = replace(GREETING, id="t9", started_at_ms=ANSWERED_MS + 8000, ended_at_ms=ANSWERED_MS + 9000)
    conversation = Conversation((QUESTION, answer, late))
    assert (1600, "The caller waits 4.4 s.") in told(RECORD, conversation)
    assert (3400, "Nobody speaks for 4.6 s.") in told(RECORD, conversation)
    assert (6000, "The agent speaks, turn 2. It was heard 4.4 s after the caller's last sound.") in told(
        RECORD, conversation
    )
    twiml = Conversation((QUESTION, replace(answer, mode="traditional")))
    assert not any("waits" in sentence for _, sentence in told(RECORD, twiml))


def test_a_call_that_came_in_failed_and_never_ended() -> None:
    inbound = replace(RECORD, direction=Direction.INBOUND, end_reason=EndReason.FAILED, modes=())
    assert told(inbound, Conversation())[0] == (-4000, "The call came in.")
    assert time_line(inbound, Conversation())[-1].is_bad
    waiting = replace(inbound, answered_at_ms=None, ended_at_ms=None)
    assert [sentence for _, sentence in told(waiting, Conversation())] == ["The call came in."]


def test_a_call_whose_making_nobody_timed_says_only_that_it_was_answered() -> None:
    record = replace(RECORD, created_at_ms=ANSWERED_MS)
    assert "It was answered." in [sentence for _, sentence in told(record)]
    assert not any("placed" in sentence for _, sentence in told(record))
