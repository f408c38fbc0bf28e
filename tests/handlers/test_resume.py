from dataclasses import replace

import pytest

from calls import streams
from calls.conversation import Role, Turn
from calls.record import CallRecord, Do, EndReason, Mode, NextStep, Status
from calls.reply import Reply
from calls.stream_token import verify
from handlers import resume, turn, voice
from tests.fakes.agents import AGENT
from tests.handlers.desk import BEGAN_MS, REPLAYS, SID, STREAM_SECRET, House, ScriptedReplies

RESUMED = {"CallStatus": "in-progress"}


def streaming(*replies: Reply) -> House:
    """A call whose audio has been connected to the streamer."""
    house = House(ScriptedReplies(*replies))
    assert "<Stream" in house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"}).body
    return house


def spoken(house: House, number: int, role: Role, said: str) -> None:
    """What the streamer writes as the call goes."""
    at_ms = house.clock()
    turn_spoken = Turn(f"s{number}", role, said, said, False, at_ms, at_ms, "pipeline")
    house.store.append_turn(house.only_record().call_id, turn_spoken)


def left(house: House, step: NextStep, reason: EndReason | None = None) -> CallRecord:
    """What the streamer writes before it closes the socket on purpose."""
    return house.store.change(
        house.only_record().call_id, lambda r: replace(r, next_step=step, end_reason=reason or r.end_reason)
    )


def test_a_goodbye_that_was_said_ends_the_call() -> None:
    house = streaming()
    left(house, NextStep(Do.HANG_UP), EndReason.CALLER_GOODBYE)
    assert "<Response><Hangup /></Response>" in house.post(resume, "/twilio/resume", RESUMED).body
    record = house.only_record()
    assert (record.next_step, record.end_reason) == (None, EndReason.CALLER_GOODBYE)
    assert house.said() == []


def test_a_streamer_that_died_leaves_a_call_that_goes_on_from_where_it_was() -> None:
    house = streaming(Reply("Nine to five."))
    spoken(house, 1, Role.AGENT, "Hello, this is the desk.")
    spoken(house, 2, Role.CALLER, "What are your hours?")
    answer = house.post(resume, "/twilio/resume", RESUMED)
    assert ">One moment, please. Nine to five.</Say></Gather>" in answer.body
    assert [t.said for t in house.thinking.asked[0].unanswered] == ["What are your hours?"]
    assert house.said()[-1] == ("agent", "One moment, please. Nine to five.")
    assert house.only_record().mode is Mode.TRADITIONAL
    after = house.post(turn, "/twilio/turn/3", {"SpeechResult": "Thank you, bye."})
    assert ">Goodbye, then.</Say><Hangup />" in after.body


def test_a_stream_that_never_came_begins_with_the_greeting() -> None:
    house = streaming()
    answer = house.post(resume, "/twilio/resume", RESUMED)
    assert ">Hello, this is the desk.</Say></Gather>" in answer.body
    assert 'action="https://calls.example.com/twilio/turn/1#rc=2&amp;' in answer.body


PATHS = ("/twilio/resume", "/twilio/resume/1")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", REPLAYS)
def test_a_replay_is_answered_the_same_and_changes_nothing(path: str, headers: dict[str, str]) -> None:
    house = streaming(Reply("Nine to five."), Reply("Something else."))
    spoken(house, 1, Role.CALLER, "What are your hours?")
    first = house.post(resume, path, RESUMED, headers={"I-Twilio-Idempotency-Token": "t1"})
    stood = house.stands()
    assert house.post(resume, path, RESUMED, headers=headers) == first
    assert house.stands() == stood


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", REPLAYS)
def test_a_replay_while_the_next_stream_is_live_leaves_it_alone(path: str, headers: dict[str, str]) -> None:
    house = streaming()
    left(house, NextStep(Do.STREAM, why="This task is leaving."))
    first = house.post(resume, path, RESUMED, headers={"I-Twilio-Idempotency-Token": "t1"})
    stood = house.stands()
    assert house.post(resume, path, RESUMED, headers=headers) == first
    assert house.stands() == stood
    assert house.only_record().mode is Mode.PIPELINE


@pytest.mark.parametrize("path", PATHS)
def test_streaming_again_is_resumed_on_its_own(path: str) -> None:
    house = streaming()
    left(house, NextStep(Do.STREAM, why="This task is leaving."))
    again = house.post(resume, path, RESUMED)
    assert 'action="https://calls.example.com/twilio/resume/2#rc=2&amp;' in again.body
    assert house.only_record().streams_served == 2
    left(house, NextStep(Do.HANG_UP), EndReason.AGENT_GOODBYE)
    assert "<Response><Hangup /></Response>" in house.post(resume, "/twilio/resume/2", RESUMED).body


def test_the_end_of_an_older_stream_changes_nothing() -> None:
    # Whoever took the first stream's end opened the second, and did not live to remember its answer.
    house = streaming()
    left(house, NextStep(Do.STREAM))
    house.store.change(house.only_record().call_id, lambda r: replace(r, next_step=None, streams_served=2))
    stood = house.stands()
    answer = house.post(resume, "/twilio/resume/1", RESUMED)
    assert 'action="https://calls.example.com/twilio/resume/2#rc=2&amp;' in answer.body
    assert house.stands() == stood


@pytest.mark.parametrize("path", ["/twilio/resume/x", "/twilio/resume/1.5", "/twilio/dialled/-1"])
def test_a_path_that_names_nothing(path: str) -> None:
    house = streaming()
    stood = house.stands()
    assert house.post(resume, path, RESUMED).status == 404
    assert house.stands() == stood


def test_a_call_that_is_over_has_nothing_more_to_say() -> None:
    house = streaming()
    answer = house.post(resume, "/twilio/resume", {"CallStatus": "completed"})
    assert "<Response><Hangup /></Response>" in answer.body
    record = house.only_record()
    assert (record.status, record.end_reason) == (Status.COMPLETED, EndReason.CALLER_HUNG_UP)
    assert house.said() == []


def test_a_transfer() -> None:
    house = streaming()
    left(house, NextStep(Do.DIAL, number="+14155550199"), EndReason.TRANSFERRED)
    dialled = house.post(resume, "/twilio/resume/1", RESUMED).body
    assert 'action="https://calls.example.com/twilio/dialled/1#rc=2&amp;' in dialled
    assert ">+14155550199</Dial>" in dialled
    done = house.post(resume, "/twilio/dialled/1", {"DialCallStatus": "completed"})
    assert "<Response><Hangup /></Response>" in done.body
    assert house.only_record().end_reason is EndReason.TRANSFERRED


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled", ""])
def test_a_transfer_that_nobody_took(status: str) -> None:
    house = streaming()
    left(house, NextStep(Do.DIAL, number="+14155550199"), EndReason.TRANSFERRED)
    house.post(resume, "/twilio/resume/1", RESUMED)
    first = house.post(resume, "/twilio/dialled/1", {"DialCallStatus": status})
    assert ">Are you still there?</Say></Gather>" in first.body
    assert house.said() == [("agent", "Are you still there?")]
    assert house.only_record().end_reason is None


@pytest.mark.parametrize("path", ["/twilio/dialled", "/twilio/dialled/1"])
@pytest.mark.parametrize("headers", REPLAYS)
def test_a_replay_of_a_transfers_end_changes_nothing(path: str, headers: dict[str, str]) -> None:
    house = streaming()
    left(house, NextStep(Do.DIAL, number="+14155550199"), EndReason.TRANSFERRED)
    house.post(resume, "/twilio/resume/1", RESUMED)
    busy = {"DialCallStatus": "busy"}
    first = house.post(resume, path, busy, headers={"I-Twilio-Idempotency-Token": "t1"})
    stood = house.stands()
    assert house.post(resume, path, busy, headers=headers) == first
    assert house.stands() == stood


def test_two_transfers_that_nobody_took_are_two() -> None:
    house = streaming()
    first = house.post(resume, "/twilio/dialled/1", {"DialCallStatus": "busy"})
    second = house.post(resume, "/twilio/dialled/2", {"DialCallStatus": "busy"})
    assert "/twilio/turn/1" in first.body
    assert "/twilio/turn/2" in second.body


@pytest.mark.parametrize("path", ["/twilio/resume", "/twilio/dialled"])
def test_unknown_calls_and_unsigned_requests(path: str) -> None:
    assert House().post(resume, path, RESUMED).status == 404
    house = streaming()
    before = house.only_record()
    assert house.post(resume, path, {**RESUMED, "CallSid": SID}, signed="").status == 403
    assert house.only_record() == before


def test_a_store_that_is_down_is_apologised_for() -> None:
    house = streaming()
    house.store.down = True
    answer = house.post(resume, "/twilio/resume", RESUMED)
    assert (answer.status, "<Hangup />" in answer.body) == (200, True)
    house.settings = replace(house.settings, lifeline_number="+14155550177")
    assert ">+14155550177</Dial>" in house.post(resume, "/twilio/resume/1", RESUMED).body


def test_a_streamer_that_was_killed_is_followed_by_another_and_then_by_none() -> None:
    house = streaming()
    call_id = house.only_record().call_id
    house.store.change(call_id, lambda r: streams.arrived(r, 1, house.clock()))
    again = house.post(resume, "/twilio/resume/1", RESUMED)
    assert 'action="https://calls.example.com/twilio/resume/2#rc=2&amp;' in again.body
    assert 'statusCallback="https://calls.example.com/twilio/stream-status/2#rc=2&amp;' in again.body
    assert "<Gather" in house.post(resume, "/twilio/resume/2", RESUMED).body
    assert [use.mode for use in house.only_record().modes] == [Mode.PIPELINE, Mode.TRADITIONAL]


def test_a_rung_that_cannot_run_here_is_followed_by_the_next_that_streams() -> None:
    ladder = replace(AGENT, modes=(Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL))
    house = House(agents={"default": ladder})
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"})
    assert house.only_record().mode is Mode.REALTIME
    house.store.change(house.only_record().call_id, lambda r: streams.left_with(r, 1, "mode-not-here"))
    again = house.post(resume, "/twilio/resume/1", RESUMED).body
    token = again.split('name="token" value="')[1].split('"')[0]
    grant = verify(STREAM_SECRET, token, house.only_record().call_id, SID, BEGAN_MS / 1000)
    assert (grant.mode, grant.stream) == (Mode.PIPELINE, 2)
    assert [use.mode for use in house.only_record().modes] == [Mode.REALTIME, Mode.PIPELINE]
