"""What a realtime session is told of the call: an interruption, a session that follows another, and one that broke."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from calls.agent import Agent
from calls.conversation import Role
from calls.record import Mode
from streamer.engines.realtime import RESENT_MS
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING, Call, Outcome, outcome_of, script, thinking
from tests.streamer.faults.speech_row import AGENT, GOOD, PHRASES, reply
from tests.vendors.script import Fault
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply

LONG = "First you take the second street on the left and then you walk along the river until you see us waiting."
SHORT_LIVED = replace(AGENT, realtime=replace(AGENT.realtime, longest_s=10))

Told = list[list[tuple[str, str]]]


def _call(
    agent: Agent, connections: Sequence[RealtimeConnection], utterances: tuple[Utterance, ...]
) -> tuple[Call, Told]:
    """The call, and what each response of it was told before it was made."""
    told: Told = []

    def think(messages: Sequence[Mapping[str, Any]]) -> SpokenReply | None:
        told.append([(str(one["role"]), str(one["content"])) for one in messages[1:]])
        return None

    realtime = RealtimeScript((*(GOOD,) * PHRASES, *connections), think=think)
    return Call(
        script(openai=replace(thinking(), realtime=realtime)), agent, utterances, mode=Mode.REALTIME, stays_s=30
    ), told


def _all_is_closed(outcome: Outcome) -> None:
    assert outcome.meters.realtime.sessions_open == 0
    assert outcome.meters.realtime.sessions_opened > PHRASES
    assert list(outcome.meters.realtime.refusals) == []


async def test_an_interruption_is_cut_where_it_was_heard() -> None:
    first = replace(GOOD, replies=(reply(LONG, character_ms=60), GOOD.replies[1]))
    call, told = _call(AGENT, (first,), (Utterance(), Utterance(after_s=1.5)))
    outcome = await outcome_of(call)
    _all_is_closed(outcome)
    assert outcome.meters.realtime.truncations == 1
    assert outcome.said_by(Role.CALLER) == list(ASKED)
    cut = outcome.turns[2]
    assert (cut.role, cut.cut) == (Role.AGENT, True)
    assert LONG.startswith(cut.heard)
    assert 0 < len(cut.heard) < len(LONG)
    assert [role for role, _ in told[-1]] == ["assistant", "user", "assistant", "user"]
    assert told[-1][0] == ("assistant", GREETING)


async def test_a_session_is_followed_by_another_between_two_turns() -> None:
    """The second is told what the first heard and said; but for a moment at the exchange, the caller's audio goes to
    one of them at a time."""
    second = replace(GOOD, heard=(Heard("Yes from the second"),), replies=(reply("Noon suits everybody."),))
    pause = Utterance(quiet_s=8.5, patience_s=14.0)
    call, told = _call(SHORT_LIVED, (replace(GOOD, heard=GOOD.heard[:1]), second), (Utterance(), pause))
    outcome = await outcome_of(call)
    _all_is_closed(outcome)
    assert outcome.record.failures == ()
    assert outcome.said_by(Role.CALLER) == [ASKED[0], "Yes from the second"]
    assert outcome.heard("Noon suits everybody.") == [1, 1, 1]
    assert told[-1] == [
        ("assistant", GREETING),
        ("user", ASKED[0]),
        ("assistant", ANSWERS[0]),
        ("user", "Yes from the second"),
    ]
    caller_ms = (outcome.caller.ended_s - outcome.caller.began_s) * 1000
    assert outcome.meters.realtime.appended_ms <= caller_ms + RESENT_MS + 60


async def test_an_answer_that_breaks_off_is_gone_on_with() -> None:
    """Its session dies after some of it was given out: the next one is told that much, and asked to go on."""
    dying = reply(LONG, times_realtime=1.5, fault=Fault("drop", after_ms=1_200))
    next_one = replace(GOOD, heard=GOOD.heard[1:], replies=(reply("Then you see us."), GOOD.replies[1]))
    call, told = _call(AGENT, (replace(GOOD, replies=(dying,)), next_one), (Utterance(),))
    outcome = await outcome_of(call)
    _all_is_closed(outcome)
    assert outcome.record.failures == ()
    (answer,) = [turn for turn in outcome.turns if turn.role is Role.AGENT and turn.heard != GREETING]
    assert answer.heard.startswith("First you take")
    assert answer.heard.endswith("Then you see us.")
    assert told[-1][0] == ("assistant", GREETING)
    role, words = told[-1][-1]
    assert role == "assistant"
    assert LONG.startswith(words.strip())


async def test_a_call_that_realtime_cannot_have_goes_on_in_the_pipeline_on_the_same_stream() -> None:
    agent = replace(AGENT, modes=(Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL))
    refused = replace(GOOD, fault=Fault("status", status=401))
    call, told = _call(agent, (refused,), (Utterance(), Utterance()))
    outcome = await outcome_of(call)
    assert [failure.code for failure in outcome.record.failures] == ["openai-realtime-unauthorised"]
    assert outcome.caller.close_code is None
    assert outcome.said_by(Role.CALLER) == list(ASKED)
    assert outcome.said_by(Role.AGENT) == [GREETING, *ANSWERS]
    assert told == []
    assert outcome.meters.realtime.sessions_open == 0


async def test_a_greeting_that_could_not_be_kept_is_the_first_thing_that_the_calls_session_says() -> None:
    away = replace(GOOD, fault=Fault("status", status=500))  # when the task starts: of its phrases, and of the bridge
    realtime = RealtimeScript((away, away, GOOD))
    call = Call(script(openai=replace(thinking(), realtime=realtime)), AGENT, mode=Mode.REALTIME)
    outcome = await outcome_of(call)
    assert outcome.record.failures == ()
    assert outcome.said_by(Role.AGENT) == [GREETING, *ANSWERS]
    assert set(outcome.heard(GREETING)) == {1}
    assert outcome.meters.realtime.responses_created == 3  # and no other session spoke
    assert outcome.meters.realtime.sessions_open == 0
