"""A call leaves its stream: with its goodbye, with its last engine, with its task. Exact effects, by literal times."""

import pytest

from calls.conversation import Role
from calls.record import Do, EndReason, Mode, NextStep
from calls.reply import EndCall
from streamer.events import (
    Answer,
    ChangeEngine,
    CloseSocket,
    CommitNext,
    EngineLost,
    ReplyDone,
    ReplyLost,
    ReplySpoken,
    Say,
    SpeechStarted,
    TurnEnded,
)
from streamer.leaving import HANDED_OVER
from tests.fakes.agents import AGENT
from tests.streamer.ladder_talk import (
    BRIDGE,
    LASTING,
    LEAVING,
    START,
    TENTH,
    asked,
    greeted,
    orders,
    turns,
)


@pytest.mark.parametrize("action", [EndCall("agent-goodbye")])
def test_a_goodbye_that_is_whole_needs_no_engine(action: EndCall) -> None:
    s = asked()
    s.on_engine(ReplySpoken(2, TENTH, "Goodbye."), START + 3_000)
    s.on_engine(ReplyDone(2, action), START + 3_000)
    assert s.on_engine(EngineLost(LASTING), START + 3_050) == []
    effects = s.on_mark("r2-1", START + 3_200)
    assert CommitNext(NextStep(Do.HANG_UP), EndReason.AGENT_GOODBYE) in effects


def test_a_goodbye_of_which_nothing_has_sounded_is_said_by_the_next_engine() -> None:
    s = greeted(bridge=b"")
    effects = s.on_engine(TurnEnded("Goodbye.", 500, 1_500), START + 2_000)
    assert orders(effects) == [Say(2, AGENT.closing)]
    effects = s.on_engine(ReplyLost(2, LASTING), START + 2_100)
    assert effects[0] == ChangeEngine(Mode.PIPELINE, LASTING)
    assert Say(3, AGENT.closing) in effects
    s.on_engine(ReplySpoken(3, TENTH, AGENT.closing), START + 2_300)
    s.on_engine(ReplyDone(3, None), START + 2_300)
    effects = s.on_mark("r2-1", START + 2_500)
    assert CommitNext(NextStep(Do.HANG_UP), EndReason.CALLER_GOODBYE) in effects


def test_a_goodbye_that_has_begun_to_sound_is_not_begun_again() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Goodbye.", 500, 1_500), START + 2_000)
    s.on_engine(ReplySpoken(2, TENTH, "Thank you"), START + 2_100)
    effects = s.on_engine(EngineLost(LASTING), START + 2_150)
    assert effects == []
    effects = s.on_mark("r2-1", START + 2_300)
    assert [effect.step.do for effect in effects if isinstance(effect, CommitNext)] == [Do.HANG_UP]


def test_when_no_engine_is_left_the_call_leaves_the_socket() -> None:
    s = asked()
    s.on_engine(EngineLost(LASTING), START + 2_100)
    assert s.on_engine(EngineLost(LASTING), START + 2_200) == [], "the bridge phrase is heard to its end"
    effects = s.on_mark("r2-1", START + 2_400)
    assert effects[-2:] == [
        CommitNext(NextStep(Do.GATHER, why=LASTING.sentence), None, LASTING),
        CloseSocket(HANDED_OVER, "gather"),
    ]


def test_a_task_that_leaves_asks_the_caller_to_wait_when_nobody_speaks() -> None:
    s = greeted()
    assert s.move(LEAVING, START + 1_000) == [Say(2, AGENT.phrases.bridge)]
    s.on_engine(ReplySpoken(2, BRIDGE, AGENT.phrases.bridge), START + 1_010)
    s.on_engine(ReplyDone(2, None), START + 1_010)
    effects = s.on_mark("r2-1", START + 1_200)
    assert effects[1:] == [
        CommitNext(NextStep(Do.STREAM, why=LEAVING.sentence), None, LEAVING),
        CloseSocket(HANDED_OVER, "stream"),
    ]


def test_a_task_that_leaves_answers_what_waits_first() -> None:
    s = asked()
    assert s.move(LEAVING, START + 2_100) == []
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 3_000)
    s.on_engine(ReplyDone(2, None), START + 3_000)
    assert turns(s.on_mark("r2-1", START + 3_200)) == [(Role.AGENT, "Nine to five.")]
    assert s.on_time(START + 3_220) == [Say(3, AGENT.phrases.bridge)]


def test_a_task_whose_time_is_up_hands_over_at_once_and_streams_again() -> None:
    s = asked()
    s.move(LEAVING, START + 2_100)
    effects = s.hand_over(LEAVING, START + 2_200)
    assert effects[-2] == CommitNext(NextStep(Do.STREAM, why=LEAVING.sentence), None, LEAVING)


def test_words_that_end_as_a_move_begins_are_answered_before_the_call_moves() -> None:
    s = greeted()
    assert s.move(LEAVING, START + 2_000) == [Say(2, AGENT.phrases.bridge)]
    s.on_engine(ReplySpoken(2, BRIDGE, AGENT.phrases.bridge), START + 2_010)
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_020)
    assert turns(effects) == [(Role.AGENT, ""), (Role.CALLER, "Hours?")]
    assert orders(effects) == [Answer(3, s.dialogue.conversation)]
    assert not s.is_over
    s.on_engine(ReplySpoken(3, TENTH, "Nine to five."), START + 2_500)
    s.on_engine(ReplyDone(3, None), START + 2_500)
    assert turns(s.on_mark("r3-1", START + 2_700)) == [(Role.AGENT, "Nine to five.")]
    assert s.on_time(START + 2_720) == [Say(4, AGENT.phrases.bridge)]


def test_a_call_does_not_move_while_the_caller_has_just_begun_to_speak() -> None:
    s = greeted()
    s.move(LEAVING, START + 1_000)
    s.on_engine(ReplySpoken(2, BRIDGE, AGENT.phrases.bridge), START + 1_010)
    s.on_engine(ReplyDone(2, None), START + 1_010)
    s.on_engine(SpeechStarted(1_100), START + 1_190)
    assert turns(s.on_mark("r2-1", START + 1_200)) == [(Role.AGENT, AGENT.phrases.bridge)]
    assert not s.is_over
    effects = s.on_engine(TurnEnded("Hours?", 1_100, 1_600), START + 2_000)
    assert (turns(effects), orders(effects)) == ([(Role.CALLER, "Hours?")], [Answer(3, s.dialogue.conversation)])


def test_a_move_whose_last_mark_comes_first_leaves_and_what_ends_later_is_nobodys() -> None:
    s = greeted()
    s.move(LEAVING, START + 1_000)
    s.on_engine(ReplySpoken(2, BRIDGE, AGENT.phrases.bridge), START + 1_010)
    s.on_engine(ReplyDone(2, None), START + 1_010)
    assert isinstance(s.on_mark("r2-1", START + 1_200)[-1], CloseSocket)
    assert s.on_engine(SpeechStarted(1_150), START + 1_210) == []
    assert s.on_engine(TurnEnded("Hours?", 1_150, 1_600), START + 1_900) == []
