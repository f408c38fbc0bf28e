"""An engine is lost in every moment of a call, and the next goes on: exact effects, by literal times."""

from calls.conversation import BROKEN_OFF, Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.events import (
    Answer,
    ChangeEngine,
    CommitTurn,
    EngineLost,
    Fill,
    ReplyDone,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendMark,
    SendMedia,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnTaken,
    TurnWorded,
)
from streamer.ladder import AGAIN_WITHIN_MS
from streamer.session import TAIL_MS
from tests.fakes.agents import AGENT
from tests.streamer.ladder_talk import (
    BRIDGE,
    LASTING,
    PASSING,
    START,
    TENTH,
    asked,
    greeted,
    orders,
    session,
    turns,
)


def test_an_engine_that_cannot_greet_is_followed_by_one_that_does() -> None:
    s = session()
    s.begin(START)
    effects = s.on_engine(EngineLost(LASTING), START + 50)
    assert effects[0] == ChangeEngine(Mode.PIPELINE, LASTING)
    assert orders(effects) == [Say(2, AGENT.greeting)]
    assert s.mode is Mode.PIPELINE


def test_a_greeting_that_a_model_words_as_it_speaks_is_gone_on_with_from_its_own_text() -> None:
    s = session()
    s.begin(START)
    s.on_engine(ReplySpoken(1, TENTH, "Hello, "), START)
    effects = s.on_engine(EngineLost(PASSING), START + 200)
    assert orders(effects) == [Say(2, "this is the desk.")]


def test_while_nobody_speaks_the_caller_notices_nothing() -> None:
    s = greeted()
    assert s.on_engine(EngineLost(LASTING), START + 1_000) == [ChangeEngine(Mode.PIPELINE, LASTING)]


def test_a_caller_who_waits_hears_the_bridge_at_once_and_is_answered() -> None:
    s = asked()
    effects = s.on_engine(EngineLost(LASTING), START + 2_400)
    assert effects == [
        ChangeEngine(Mode.PIPELINE, LASTING),
        Answer(3, s.dialogue.conversation),
        SendMedia(BRIDGE),
        SendMark("r2-1"),
    ]
    s.on_engine(ReplySpoken(3, TENTH, "Nine to five."), START + 3_000)
    s.on_engine(ReplyDone(3, None), START + 3_000)
    s.on_mark("r2-1", START + 3_100)
    (turn,) = [e.turn for e in s.on_mark("r2-2", START + 3_300) if isinstance(e, CommitTurn)]
    assert turn.heard == f"{AGENT.phrases.bridge} Nine to five."
    assert turn.mode == "pipeline"


DEAF = Failure("deepgram-deaf", Blame.PROVIDER, "It told of nobody.", retryable=True)


def test_a_caller_of_whom_nobody_told_hears_the_bridge_which_their_own_voice_does_not_interrupt() -> None:
    s = greeted()
    effects = s.on_engine(EngineLost(DEAF, caller_waits=True), START + 4_000)
    assert effects == [ChangeEngine(Mode.PIPELINE, DEAF), SendMedia(BRIDGE), SendMark("r2-1")]
    assert s.unconfirmed_since_media_ms == 0, "what they said is heard again"
    assert s.on_engine(SpeechStarted(1_000), START + 4_050) == []
    assert turns(s.on_mark("r2-1", START + 4_150)) == [(Role.AGENT, AGENT.phrases.bridge)]
    answered = s.on_engine(TurnEnded("Hours?", 1_000, 2_500), START + 4_300)
    assert turns(answered) == [(Role.CALLER, "Hours?")]
    assert [type(order) for order in orders(answered)] == [Answer]


def test_a_caller_whose_turn_was_told_no_end_of_hears_the_bridge_too() -> None:
    s = greeted()
    s.on_engine(SpeechStarted(2_000), START + 2_100)
    effects = s.on_engine(EngineLost(PASSING, caller_waits=True), START + 4_600)
    assert effects == [ChangeEngine(Mode.REALTIME, PASSING), SendMedia(BRIDGE), SendMark("r2-1")]


def test_they_hear_it_once() -> None:
    s = greeted()
    s.on_engine(EngineLost(DEAF, caller_waits=True), START + 4_000)
    s.on_mark("r2-1", START + 4_150)
    effects = s.on_engine(EngineLost(LASTING, caller_waits=True), START + 6_000)
    assert not any(isinstance(effect, SendMedia | Say) for effect in effects)


def test_without_a_bridge_in_memory_they_hear_it_from_the_new_engine() -> None:
    effects = greeted(b"").on_engine(EngineLost(DEAF, caller_waits=True), START + 4_000)
    assert effects == [ChangeEngine(Mode.PIPELINE, DEAF), Say(2, AGENT.phrases.bridge)]


def test_without_a_bridge_in_memory_the_new_engine_speaks_it_behind_its_order() -> None:
    effects = asked(b"").on_engine(EngineLost(LASTING), START + 2_400)
    assert [type(order) for order in orders(effects)] == [Answer, Fill]
    assert orders(effects)[1] == Fill(3, AGENT.phrases.bridge)


def test_the_bridge_is_not_said_twice_for_one_answer() -> None:
    s = asked()
    s.on_engine(EngineLost(PASSING), START + 2_400)
    effects = s.on_engine(EngineLost(PASSING), START + 2_600)
    assert [type(effect) for effect in effects] == [ChangeEngine, Answer]


def test_a_reply_that_is_whole_is_heard_to_its_end() -> None:
    s = asked()
    s.on_engine(ReplySpoken(2, TENTH * 2, "Nine to five."), START + 3_000)
    s.on_engine(ReplyDone(2, None), START + 3_000)
    assert s.on_engine(EngineLost(LASTING), START + 3_050) == [ChangeEngine(Mode.PIPELINE, LASTING)]
    s.on_mark("r2-1", START + 3_100)
    assert turns(s.on_mark("r2-2", START + 3_200)) == [(Role.AGENT, "Nine to five.")]


def test_words_that_were_not_spoken_yet_are_said_by_the_next_engine() -> None:
    s = asked()
    s.on_engine(ReplyWorded(2, "Nine to five. Anything else?"), START + 2_900)
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 3_000)
    effects = s.on_engine(EngineLost(LASTING), START + 3_050)
    assert effects == [ChangeEngine(Mode.PIPELINE, LASTING), Say(3, " Anything else?")]
    s.on_engine(ReplyWorded(3, " Anything else?"), START + 3_060)
    s.on_engine(ReplySpoken(3, TENTH, " Anything else?"), START + 3_100)
    s.on_engine(ReplyDone(3, None), START + 3_100)
    s.on_mark("r2-1", START + 3_200)
    (turn,) = [e.turn for e in s.on_mark("r2-2", START + 3_300) if isinstance(e, CommitTurn)]
    assert (turn.said, turn.heard, turn.cut) == ("Nine to five. Anything else?",) * 2 + (False,)


def test_of_words_that_broke_off_only_whole_sentences_are_said() -> None:
    s = asked()
    s.on_engine(ReplyWorded(2, "Nine to five. Anything else? Or sha"), START + 2_900)
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 3_000)
    assert orders(s.on_engine(ReplyLost(2, LASTING), START + 3_050)) == [Say(3, " Anything else?")]


def test_a_fragment_behind_a_whole_sentence_is_let_go() -> None:
    s = asked()
    s.on_engine(ReplyWorded(2, "Nine to five. Or sha"), START + 2_900)
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 3_000)
    assert s.on_engine(ReplyLost(2, LASTING), START + 3_050) == [ChangeEngine(Mode.PIPELINE, LASTING)]
    (turn,) = [e.turn for e in s.on_mark("r2-1", START + 3_200) if isinstance(e, CommitTurn)]
    assert (turn.said, turn.heard) == ("Nine to five.", "Nine to five.")


def test_a_reply_that_broke_off_at_the_end_of_a_sentence_stands() -> None:
    s = asked()
    s.on_engine(ReplyWorded(2, "Nine to five."), START + 2_900)
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 3_000)
    assert s.on_engine(ReplyLost(2, LASTING), START + 3_050) == [ChangeEngine(Mode.PIPELINE, LASTING)]
    assert turns(s.on_mark("r2-1", START + 3_200)) == [(Role.AGENT, "Nine to five.")]


def test_a_reply_that_broke_off_in_mid_sentence_is_asked_for_anew_behind_it() -> None:
    s = asked()
    s.on_engine(ReplyWorded(2, "We are open"), START + 2_900)
    s.on_engine(ReplySpoken(2, TENTH, "We are open"), START + 3_000)
    effects = s.on_engine(ReplyLost(2, LASTING), START + 3_050)
    (order,) = orders(effects)
    assert isinstance(order, Answer)
    assert [turn.heard for turn in order.conversation.turns] == [AGENT.greeting, "Hours?", "We are open"]
    assert (order.conversation.turns[-1].id, order.conversation.turns[-1].cut) == (BROKEN_OFF, True)
    assert [turn.heard for turn in order.conversation.unanswered] == ["Hours?"]
    assert s.dialogue.conversation.unanswered, "what broke off is not written down yet"
    assert SendMedia(BRIDGE) in effects


def test_who_was_waited_for_is_not_asked_again_in_the_same_mode() -> None:
    s = asked()
    effects = s.on_engine(ReplyLost(2, PASSING), START + 2_000 + AGAIN_WITHIN_MS + 1)
    assert effects[0] == ChangeEngine(Mode.PIPELINE, PASSING)


def test_an_engine_that_never_heard_the_caller_is_not_waited_for_twice() -> None:
    s = greeted()
    effects = s.on_engine(EngineLost(PASSING), START + 3_000)
    assert effects == [ChangeEngine(Mode.PIPELINE, PASSING)]


def test_an_engine_that_heard_the_caller_is_tried_again() -> None:
    s = greeted()
    s.on_engine(SpeechStarted(1_500), START + 1_600)
    s.on_engine(SpeechStopped(), START + 1_700)
    assert s.on_engine(EngineLost(PASSING), START + 3_000) == [ChangeEngine(Mode.REALTIME, PASSING)]


def test_a_new_engine_does_not_hear_the_end_of_a_turn_that_stands_in_the_record() -> None:
    s = greeted()
    assert s.unconfirmed_since_media_ms == 0
    s.on_media_time(1_000, START + 1_000)
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert s.unconfirmed_since_media_ms == 1_500 + TAIL_MS


def test_an_answer_made_ahead_of_time_goes_with_its_engine() -> None:
    s = greeted()
    s.on_engine(TurnLikely("Hours?", 500, 1_500), START + 1_700)
    assert s.on_engine(EngineLost(LASTING), START + 1_800) == [ChangeEngine(Mode.PIPELINE, LASTING)]
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert orders(effects) == [Answer(3, s.dialogue.conversation)]


def test_a_turn_nobody_wrote_down_is_heard_again_and_not_kept_twice() -> None:
    s = greeted()
    s.on_engine(TurnTaken("item_1", 500, 1_500), START + 1_700)
    effects = s.on_engine(EngineLost(LASTING), START + 1_900)
    assert turns(effects) == []
    assert effects == [ChangeEngine(Mode.PIPELINE, LASTING), SendMedia(BRIDGE), SendMark("r2-1")]
    assert s.dialogue.confirmed_until_ms < START + 500
    s.on_mark("r2-1", START + 2_000)
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_500)
    assert orders(effects) == [Answer(3, s.dialogue.conversation)]


def test_a_turn_whose_answer_sounds_is_kept_without_its_words() -> None:
    s = greeted()
    s.on_engine(TurnTaken("item_1", 500, 1_500), START + 1_700)
    s.on_engine(ReplySpoken(2, TENTH, "Nine to five."), START + 2_000)
    effects = s.on_engine(EngineLost(LASTING), START + 2_050)
    assert turns(effects) == [(Role.CALLER, "[unclear]")]
    assert s.on_engine(TurnWorded("item_1", "Hours?"), START + 2_100) == []


def test_a_reply_that_is_late_changes_the_engine_too() -> None:
    s = asked()
    effects = s.on_time(START + 2_000 + round(AGENT.limits.reply_s * 1000))
    assert isinstance(effects[0], ChangeEngine)
    assert effects[0].failure.code == "reply-late"


def test_a_call_that_was_asked_to_wait_is_not_asked_again_by_the_next_task() -> None:
    said = AGENT.phrases.bridge
    turn = Turn("MZ0-r2", Role.AGENT, said, said, False, START - 900, START - 500, "realtime")
    assert session(conversation=Conversation((turn,))).begin(START) == []


def test_what_waits_from_another_stream_is_answered_behind_the_bridge() -> None:
    waiting = Turn("MZ0-1", Role.CALLER, "Hours?", "Hours?", False, START - 2_000, START - 1_500, "realtime")
    s = session(conversation=Conversation((waiting,)))
    assert s.begin(START) == [Answer(1, s.dialogue.conversation), SendMedia(BRIDGE), SendMark("r1-1")]
    assert s.on_engine(ReplySpoken(1, TENTH, "Nine to five."), START + 400) == [SendMedia(TENTH), SendMark("r1-2")]


def test_who_was_asked_to_wait_before_the_other_stream_is_not_asked_again_while_the_answer_comes() -> None:
    said = AGENT.phrases.bridge
    bridged = Turn("MZ0-r2", Role.AGENT, said, said, False, START - 1_900, START - 1_500, "realtime")
    across = Turn("MZ0-1", Role.CALLER, "Hours?", "Hours?", False, START - 2_000, START - 1_000, "realtime")
    s = session(conversation=Conversation((across, bridged)))
    assert s.begin(START) == []
    s = session(conversation=Conversation((bridged, across)))
    assert s.begin(START) == [Answer(1, s.dialogue.conversation)]
