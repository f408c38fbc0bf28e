"""One call as a state machine: literal events and times in, exact effects out."""

from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import Do, EndReason, Mode, NextStep
from calls.reply import EndCall, Transfer
from streamer.events import (
    Answer,
    CancelReply,
    CloseSocket,
    CommitNext,
    CommitTurn,
    Draft,
    Effect,
    EngineLost,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendClear,
    SendMark,
    SendMedia,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnResumed,
)
from streamer.leaving import HANDED_OVER, NORMAL_CLOSE
from streamer.session import ASK_AGAIN_MS, LAST_WORDS_MS, Session
from tests.fakes.agents import AGENT

START = 1_000_000
TENTH = b"\x10" * 800


NOTHING_SAID = Conversation()


def session(conversation: Conversation = NOTHING_SAID) -> Session:
    return Session(AGENT, Mode.PIPELINE, "MZ1", START, conversation=conversation)


LOST = Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed the connection.")


def greeted() -> Session:
    """A session whose greeting has been heard, at START + 300."""
    s = session()
    assert s.begin(START) == [Say(1, AGENT.greeting)]
    s.on_engine(ReplyWorded(1, AGENT.greeting), START)
    s.on_engine(ReplySpoken(1, TENTH, AGENT.greeting), START)
    s.on_engine(ReplyDone(1, None), START)
    committed = s.on_mark("r1-1", START + 300)
    assert [type(effect) for effect in committed] == [CommitTurn]
    return s


def speaking(said: str = "one two three four", tenths: int = 4) -> Session:
    """A session in which the caller asked and the agent is speaking reply 2, all of it sent, from START + 3000."""
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    s.on_engine(ReplyWorded(2, said), START + 2_500)
    s.on_engine(ReplySpoken(2, TENTH * tenths, said), START + 3_000)
    return s


def turns(effects: list[Effect]) -> list[Turn]:
    return [effect.turn for effect in effects if isinstance(effect, CommitTurn)]


def test_the_greeting_goes_out_as_chunks_with_a_mark_behind_each() -> None:
    s = session()
    s.begin(START)
    s.on_engine(ReplyWorded(1, "Hello."), START)
    effects = s.on_engine(ReplySpoken(1, TENTH * 2, "Hello."), START + 5)
    assert effects == [SendMedia(TENTH), SendMark("r1-1"), SendMedia(TENTH), SendMark("r1-2")]


def test_a_greeting_that_was_heard_is_a_turn() -> None:
    s = greeted()
    (turn,) = s.dialogue.conversation.turns
    assert (turn.role, turn.said, turn.heard, turn.cut) == (Role.AGENT, AGENT.greeting, AGENT.greeting, False)
    assert (turn.started_at_ms, turn.ended_at_ms) == (START + 200, START + 300)


def test_what_the_caller_said_is_committed_and_answered() -> None:
    s = greeted()
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    (turn,) = turns(effects)
    assert (turn.role, turn.said, turn.heard) == (Role.CALLER, "Hours?", "Hours?")
    assert (turn.started_at_ms, turn.ended_at_ms) == (START + 500, START + 1_500)
    assert effects[-1] == Answer(2, s.dialogue.conversation)


def test_an_answer_carries_its_waterfall() -> None:
    s = speaking(tenths=1)
    s.on_engine(ReplyDone(2, None), START + 3_010)
    (turn,) = turns(s.on_mark("r2-1", START + 3_140))
    latency = turn.latency
    assert (latency.endpointing, latency.model, latency.speech, latency.queue) == (500, 500, 500, 0)
    assert (latency.playout, latency.total, latency.ours) == (40, 1_540, 0)


def test_the_first_clause_has_a_stage_of_its_own() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    s.on_engine(ReplyWorded(2, "We are open"), START + 2_300)
    s.on_engine(ReplyWorded(2, ", Sir", has_clause=True), START + 2_360)
    s.on_engine(ReplyWorded(2, " and Madam."), START + 2_380)
    s.on_engine(ReplySpoken(2, TENTH, "We are open, Sir and Madam."), START + 2_500)
    s.on_engine(ReplyDone(2, None), START + 2_510)
    (turn,) = turns(s.on_mark("r2-1", START + 2_640))
    assert (turn.latency.model, turn.latency.clause, turn.latency.speech) == (300, 60, 140)


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


def test_nothing_interrupts_a_goodbye() -> None:
    s = greeted()
    s.on_engine(TurnEnded("Bye.", 500, 1_500), START + 2_000)
    s.on_engine(ReplySpoken(2, TENTH * 4, AGENT.closing), START + 2_020)
    s.on_engine(SpeechStarted(2_100), START + 2_110)
    assert s.on_time(START + 2_900) == []
    assert s.on_engine(TurnEnded("Bye bye.", 2_100, 2_800), START + 3_000) == []
    assert s.on_digit("1", START + 3_000) == []


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


def test_keys_interrupt_at_once_and_are_a_turn_when_they_are_complete() -> None:
    s = speaking()
    assert s.on_digit("1", START + 3_100)[:2] == [SendClear(), CancelReply(2)]
    effects = s.on_digit("#", START + 3_300)
    (turn,) = turns(effects)
    assert turn.heard == "[keys 1#]"
    assert isinstance(effects[-1], Answer)


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


def test_a_call_that_streams_again_goes_on_from_where_it_was() -> None:
    asked = Turn("a", Role.CALLER, "Hours?", "Hours?", False, 1, 2, "pipeline")
    s = session(Conversation((asked,)))
    assert s.begin(START) == [Answer(1, s.dialogue.conversation)]
    answered = Turn("b", Role.AGENT, "Nine.", "Nine.", False, 3, 4, "pipeline")
    s = session(Conversation((asked, answered)))
    assert s.begin(START) == [Say(1, AGENT.phrases.bridge)]


def test_a_call_of_which_nothing_is_known_any_more_is_not_greeted_again() -> None:
    s = Session(AGENT, Mode.PIPELINE, "MZ1", START, resumed=True)
    assert s.begin(START) == [Say(1, AGENT.phrases.ask_again)]


def test_what_may_have_been_said_between_two_streams_is_asked_for_once() -> None:
    asked = Turn("a", Role.CALLER, "Hours?", "Hours?", False, 1, 2, "pipeline")
    bridge = AGENT.phrases.bridge
    s = session(Conversation((asked, Turn("b", Role.AGENT, bridge, bridge, False, 3, 4, "pipeline"))))
    assert s.begin(START) == []
    assert s.on_time(START + ASK_AGAIN_MS - 1) == []
    assert s.due_at_ms == START + ASK_AGAIN_MS
    assert s.on_time(START + ASK_AGAIN_MS) == [Say(1, AGENT.phrases.ask_again)]


def test_a_caller_who_speaks_after_a_change_of_streams_is_not_asked_again() -> None:
    bridge = AGENT.phrases.bridge
    s = session(Conversation((Turn("b", Role.AGENT, bridge, bridge, False, 3, 4, "pipeline"),)))
    assert s.begin(START) == []
    s.on_engine(SpeechStarted(2_000), START + 2_300)
    assert s.on_time(START + 2_700) == []
    s.on_engine(TurnEnded("Hours?", 2_000, 2_900), START + 3_200)
    s.on_engine(ReplySpoken(1, bytes(8_000), "Nine."), START + 3_400)
    assert not [effect for effect in s.on_time(START + 3_500) if isinstance(effect, Say)]


def test_the_media_clock_is_set_by_the_earliest_arrival() -> None:
    s = greeted()
    s.on_media_time(0, START + 60)
    s.on_media_time(20, START + 45)  # arrived with less delay: truer
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert turns(effects)[0].started_at_ms == START + 500  # never later than the stream's own start
