"""A voice over the agent, told to the session: when it silences the agent, cuts the reply, or was nothing."""

from calls.conversation import Role
from streamer.events import (
    Answer,
    CancelReply,
    Draft,
    ReplyDone,
    ReplySpoken,
    SendClear,
    SendMark,
    SendMedia,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
)
from streamer.session import Session
from tests.fakes.agents import AGENT
from tests.streamer.session_talk import START, TENTH, greeted, session, speaking, turns


def paused() -> Session:
    """The agent's reply of four tenths, silenced by a voice after the first."""
    s = speaking()
    s.on_mark("r2-1", START + 3_110)
    assert s.on_engine(SpeechStarted(3_100), START + 3_200) == []
    assert s.on_time(START + 3_400) == [SendClear()]
    assert s.on_mark("r2-2", START + 3_410) == []  # returned by the clear, not heard
    return s


def test_words_over_the_agent_cut_its_reply_and_keep_only_what_marks_prove() -> None:
    s = paused()
    effects = s.on_engine(Draft("Tuesday"), START + 3_600)
    assert CancelReply(2, 100, "one") in effects
    (turn,) = turns(effects)
    assert (turn.said, turn.heard, turn.cut) == ("one two three four", "one", True)
    assert s.on_engine(ReplySpoken(2, TENTH, "late"), START + 3_620) == []


def test_the_interrupting_words_are_answered_with_the_cut_turn_before_them() -> None:
    s = paused()
    effects = s.on_engine(TurnEnded("Tuesday.", 3_100, 4_000), START + 4_500)
    assert effects[-1] == Answer(3, s.dialogue.conversation)
    last_two = s.dialogue.conversation.turns[-2:]
    assert [(t.role, t.heard) for t in last_two] == [(Role.AGENT, "one"), (Role.CALLER, "Tuesday.")]


def test_a_false_interruption_goes_on_where_it_stopped() -> None:
    s = paused()
    effects = s.on_engine(SpeechStopped(), START + 4_000)
    assert effects == [
        SendMedia(TENTH), SendMark("r2-2x"), SendMedia(TENTH), SendMark("r2-3x"), SendMedia(TENTH), SendMark("r2-4x")
    ]  # fmt: skip
    s.on_engine(ReplyDone(2, None), START + 4_010)
    (turn,) = turns(s.on_mark("r2-4x", START + 4_320))
    assert (turn.heard, turn.cut) == ("one two three four", False)


def test_a_sign_of_listening_does_not_interrupt() -> None:
    s = paused()
    assert s.on_engine(Draft("Uh-huh."), START + 3_500) == []
    assert SendMark("r2-2x") in s.on_engine(TurnEnded("Uh-huh.", 3_100, 3_400), START + 3_900)
    assert len(s.dialogue.conversation.turns) == 2


def test_the_same_word_after_a_question_is_an_answer() -> None:
    s = speaking()
    s.on_engine(ReplyDone(2, None, keys=1), START + 3_050)
    effects = s.on_engine(TurnEnded("Okay.", 3_100, 3_400), START + 3_900)
    assert effects[-1] == Answer(3, s.dialogue.conversation)


def test_a_voice_that_never_becomes_words_is_noise() -> None:
    s = paused()
    assert SendMark("r2-2x") in s.on_time(START + 8_200)


def test_words_interrupt_before_the_voice_has_lasted() -> None:
    s = speaking()
    s.on_engine(SpeechStarted(3_100), START + 3_110)
    assert SendClear() in s.on_engine(Draft("wait"), START + 3_120)


def test_a_short_noise_leaves_the_agent_speaking() -> None:
    s = speaking()
    s.on_engine(SpeechStarted(3_100), START + 3_110)
    assert s.on_engine(SpeechStopped(), START + 3_200) == []
    assert s.on_time(START + 3_900) == []


def test_the_greeting_is_protected_from_noise_but_not_from_words() -> None:
    s = session()
    s.begin(START)
    s.on_engine(ReplySpoken(1, TENTH * 20, "Hello."), START)
    s.on_engine(SpeechStarted(0), START + 20)
    assert SendClear() not in s.on_time(START + 480)
    assert SendClear() in s.on_engine(TurnEnded("Hours?", 0, 300), START + 490)


def test_nothing_interrupts_a_goodbye() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Bye.", 500, 1_500), START + 2_000)
    s.on_engine(ReplySpoken(2, TENTH * 4, AGENT.closing), START + 2_020)
    s.on_engine(SpeechStarted(2_100), START + 2_110)
    assert s.on_time(START + 2_900) == []
    assert s.on_engine(TurnEnded("Bye bye.", 2_100, 2_800), START + 3_000) == []
    assert s.on_digit("1", START + 3_000) == []


def test_keys_interrupt_at_once_and_are_a_turn_when_they_are_complete() -> None:
    s = speaking()
    assert s.on_digit("1", START + 3_100)[:2] == [SendClear(), CancelReply(2)]
    effects = s.on_digit("#", START + 3_300)
    (turn,) = turns(effects)
    assert turn.heard == "[keys 1#]"
    assert isinstance(effects[-1], Answer)
