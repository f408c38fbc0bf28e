"""How a session ends: goodbyes, failures, what is still heard, what the caller leaves behind."""

from calls.errors import Blame, Failure
from calls.record import Do, EndReason, NextStep
from calls.reply import EndCall, Transfer
from streamer.events import (
    CloseSocket,
    CommitNext,
    Draft,
    Effect,
    EngineLost,
    Fill,
    ReplyDone,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendClear,
    TurnEnded,
)
from streamer.leaving import HANDED_OVER, NORMAL_CLOSE
from streamer.session import LAST_WORDS_MS, Session
from tests.fakes.agents import AGENT
from tests.streamer.session_talk import LOST, START, TENTH, greeted, speaking, turns


def test_a_goodbye_is_said_to_its_last_mark_before_the_socket_closes() -> None:
    s = greeted()
    effects = s.on_engine(TurnEnded("Thank you, goodbye.", 500, 1_500), START + 2_000)
    assert effects[-1] == Say(2, AGENT.closing)
    s.on_engine(ReplyWorded(2, AGENT.closing), START + 2_010)
    s.on_engine(ReplySpoken(2, TENTH * 2, AGENT.closing), START + 2_020)
    s.on_engine(ReplyDone(2, None), START + 2_030)
    assert s.on_mark("r2-1", START + 2_140) == []
    final = s.on_mark("r2-2", START + 2_240)
    assert [turn.heard for turn in turns(final)] == [AGENT.closing]
    assert final[1:] == [
        CommitNext(NextStep(Do.HANG_UP), EndReason.CALLER_GOODBYE),
        CloseSocket(NORMAL_CLOSE, "hang-up"),
    ]


def test_an_engine_may_end_the_call_or_transfer_it() -> None:
    cases: list[tuple[EndCall | Transfer, NextStep, EndReason]] = [
        (EndCall("agent-goodbye"), NextStep(Do.HANG_UP), EndReason.AGENT_GOODBYE),
        (Transfer("+15551230000"), NextStep(Do.DIAL, "+15551230000"), EndReason.TRANSFERRED),
    ]
    for action, step, reason in cases:
        s = speaking(tenths=1)
        s.on_engine(ReplyDone(2, action), START + 3_010)
        effects = s.on_mark("r2-1", START + 3_140)
        assert effects[-2:] == [CommitNext(step, reason), CloseSocket(NORMAL_CLOSE, step.do.value)]


def test_a_lost_engine_hands_the_call_over_with_the_failure() -> None:
    failure = Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed the connection.")
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    effects = s.on_engine(EngineLost(failure), START + 2_100)
    step = NextStep(Do.GATHER, why=failure.sentence)
    assert effects[-2:] == [CommitNext(step, None, failure), CloseSocket(HANDED_OVER, "gather")]
    assert s.is_over


def bereft() -> Session:
    """The engine is lost while four tenths of a reply are out and one was heard; more was to be said."""
    s = speaking("one two three four")
    s.on_engine(ReplyWorded(2, " five"), START + 3_050)
    s.on_mark("r2-1", START + 3_110)
    assert s.on_engine(EngineLost(LOST), START + 3_150) == []
    assert s.on_engine(ReplyLost(2, LOST), START + 3_160) == [], "what was lost is lost once"
    return s


def left(effects: list[Effect]) -> bool:
    return effects[-1:] == [CloseSocket(HANDED_OVER, "gather")]


def test_what_has_become_sound_is_heard_before_the_call_leaves_a_lost_engine() -> None:
    s = bereft()
    assert s.on_mark("r2-3", START + 3_310) == []
    assert s.on_time(START + 3_320) == []
    effects = s.on_mark("r2-4", START + 3_410)
    (turn,) = turns(effects)
    assert (turn.said, turn.heard, turn.cut) == ("one two three four five", "one two three four", True)
    assert left(effects)


def test_a_whole_reply_that_outlives_its_engine_is_not_cut() -> None:
    s = speaking()
    s.on_engine(ReplyDone(2, None), START + 3_050)
    s.on_engine(EngineLost(LOST), START + 3_150)
    effects = s.on_mark("r2-4", START + 3_410)
    assert [(turn.heard, turn.cut) for turn in turns(effects)] == [("one two three four", False)]
    assert left(effects)


def test_last_words_are_not_waited_for_longer_than_two_seconds() -> None:
    s = bereft()
    assert s.on_time(START + 3_149 + LAST_WORDS_MS) == []
    effects = s.on_time(START + 3_150 + LAST_WORDS_MS)
    assert [turn.heard for turn in turns(effects)] == ["one"]
    assert left(effects)


def test_a_turn_that_ends_under_the_last_words_is_kept() -> None:
    s = bereft()
    assert left(s.on_engine(TurnEnded("Stop, please.", 3_100, 3_200), START + 3_250))
    assert [turn.heard for turn in s.dialogue.conversation.unanswered] == ["Stop, please."]


def test_a_lost_reply_hands_over_and_leaves_the_words_unanswered() -> None:
    failure = Failure("model-lost", Blame.PROVIDER, "The model failed.")
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    s.on_engine(ReplyLost(2, failure), START + 2_100)
    assert [turn.heard for turn in s.dialogue.conversation.unanswered] == ["Hours?"]


def test_a_reply_that_does_not_come_is_a_failure_with_a_name() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert s.on_time(START + 6_999) == [Fill(2, "Let me see.")]
    commit = s.on_time(START + 7_000)[-2]
    assert isinstance(commit, CommitNext)
    assert commit.failure is not None
    assert commit.failure.code == "reply-late"


def test_a_failure_in_a_goodbye_still_hangs_up() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Goodbye.", 500, 1_500), START + 2_000)
    effects = s.on_engine(EngineLost(Failure("x", Blame.PROVIDER, "It broke.")), START + 2_100)
    commit = effects[-2]
    assert isinstance(commit, CommitNext)
    assert (commit.step.do, commit.end_reason) == (Do.HANG_UP, EndReason.CALLER_GOODBYE)


def test_silence_asks_then_says_goodbye() -> None:
    s = greeted()
    assert s.on_time(START + 400) == []
    assert s.on_time(START + 8_400) == [Say(2, AGENT.phrases.still_there)]
    s.on_engine(ReplySpoken(2, TENTH, "Are you still there?"), START + 8_410)
    s.on_engine(ReplyDone(2, None), START + 8_420)
    s.on_mark("r2-1", START + 8_520)
    s.on_time(START + 8_600)
    assert s.on_time(START + 16_600) == [Say(3, AGENT.phrases.silence_goodbye)]
    assert s.dialogue.voice.reply is not None
    assert s.dialogue.voice.reply.ends_call is EndReason.SILENCE


def test_a_call_that_is_too_long_is_ended_politely() -> None:
    s = speaking()
    effects = s.on_time(START + 600_000)
    assert effects[-1] == Say(3, AGENT.phrases.limit_goodbye)
    assert SendClear() in effects


def test_a_caller_who_leaves_keeps_what_was_heard() -> None:
    s = speaking()
    s.on_mark("r2-1", START + 3_110)
    (turn,) = turns(s.on_gone(START + 3_150))
    assert (turn.heard, turn.cut) == ("one", True)
    assert s.on_gone(START + 3_200) == []
    assert s.on_engine(Draft("x"), START + 3_200) == []
