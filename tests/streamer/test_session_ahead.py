"""Answers made ahead of time, and fillers while one is long in coming, as the session holds them."""

from calls.errors import Blame, Failure
from streamer.events import (
    Answer,
    CancelReply,
    CloseSocket,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendMark,
    SendMedia,
    TurnEnded,
    TurnLikely,
    TurnResumed,
)
from streamer.leaving import NORMAL_CLOSE
from tests.fakes.agents import AGENT
from tests.streamer.session_talk import START, TENTH, greeted, turns


def test_a_reply_made_ahead_of_time_is_held_and_let_go_when_the_turn_ends_with_the_same_words() -> None:
    s = greeted()
    effects = s.on_engine(TurnLikely("hours", 500, 1_500), START + 1_700)
    (order,) = effects
    assert isinstance(order, Answer)
    assert [turn.heard for turn in order.conversation.unanswered] == ["hours"]
    assert s.on_engine(ReplyWorded(2, "Nine to five."), START + 1_750) == []
    assert s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 1_800) == []
    assert s.on_engine(ReplyDone(2, None), START + 1_810) == []
    released = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert [turn.heard for turn in turns(released)] == ["Hours?"]
    assert released[1:] == [SendMedia(TENTH), SendMark("r2-1")]
    (turn,) = turns(s.on_mark("r2-1", START + 2_120))
    latency = turn.latency
    assert (latency.endpointing, latency.model, latency.speech, latency.queue) == (500, 0, 0, 0)
    assert (latency.playout, latency.total, latency.ours) == (20, 520, 0)


def test_a_guess_is_dropped_without_a_trace_when_the_caller_goes_on() -> None:
    s = greeted()
    s.on_engine(TurnLikely("Hours", 500, 1_500), START + 1_700)
    s.on_engine(ReplySpoken(2, TENTH, "Nine"), START + 1_800)
    assert s.on_engine(TurnResumed(), START + 1_850) == [CancelReply(2)]
    effects = s.on_engine(TurnEnded("Hours on Sunday?", 500, 2_500), START + 3_000)
    assert effects[-1] == Answer(3, s.dialogue.conversation)
    assert [turn.heard for turn in s.dialogue.conversation.turns] == [AGENT.greeting, "Hours on Sunday?"]


def test_a_guess_with_other_words_is_dropped() -> None:
    s = greeted()
    s.on_engine(TurnLikely("Hours", 500, 1_500), START + 1_700)
    effects = s.on_engine(TurnEnded("Ours.", 500, 1_500), START + 2_000)
    assert CancelReply(2) in effects
    assert effects[-1] == Answer(3, s.dialogue.conversation)


def test_a_guess_that_is_lost_costs_nothing_and_is_asked_for_again() -> None:
    failure = Failure("model-lost", Blame.PROVIDER, "The model failed.")
    s = greeted()
    s.on_engine(TurnLikely("Hours", 500, 1_500), START + 1_700)
    assert s.on_engine(ReplyLost(2, failure), START + 1_750) == [CancelReply(2)]
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert effects[-1] == Answer(3, s.dialogue.conversation)
    assert [turn.heard for turn in s.dialogue.conversation.unanswered] == ["Hours?"]
    assert not s.is_over


def test_the_same_guess_is_made_once() -> None:
    s = greeted()
    s.on_engine(TurnLikely("Hours", 500, 1_500), START + 1_700)
    assert s.on_engine(TurnLikely("hours.", 500, 1_500), START + 1_800) == []


def test_a_goodbye_is_made_ready_too_and_is_final_only_when_it_was_one() -> None:
    s = greeted()
    assert s.on_engine(TurnLikely("Goodbye.", 500, 1_500), START + 1_700) == [Say(2, AGENT.closing)]
    s.on_engine(ReplySpoken(2, TENTH, AGENT.closing), START + 1_720)
    s.on_engine(ReplyDone(2, None), START + 1_730)
    assert not s.dialogue.voice.is_leaving
    assert s.on_engine(TurnEnded("Goodbye.", 500, 1_500), START + 2_000)[-1] == SendMark("r2-1")
    assert s.dialogue.voice.is_leaving
    assert s.on_mark("r2-1", START + 2_110)[-1] == CloseSocket(NORMAL_CLOSE, "hang-up")


def test_an_answer_long_in_coming_is_covered_once() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert s.on_time(START + 3_999) == []
    assert s.on_time(START + 4_000) == [Fill(2, "Let me see.")]
    assert s.on_time(START + 4_500) == []
    s.on_engine(ReplyFilled(2, TENTH, "Let me see."), START + 4_020)
    s.on_engine(ReplyWorded(2, "Nine."), START + 4_600)
    s.on_engine(ReplySpoken(2, TENTH, "Nine."), START + 4_700)
    s.on_engine(ReplyDone(2, None), START + 4_700)
    (turn,) = turns(s.on_mark("r2-2", START + 4_900))
    assert turn.said == turn.heard == "Let me see. Nine."


def test_a_filler_that_comes_after_the_answer_is_not_heard() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    s.on_time(START + 4_000)
    s.on_engine(ReplyWorded(2, "Nine."), START + 4_010)
    s.on_engine(ReplySpoken(2, TENTH, "Nine."), START + 4_010)
    assert s.on_engine(ReplyFilled(2, TENTH, "Let me see."), START + 4_020) == []
