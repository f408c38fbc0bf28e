"""Turns whose words come later, and replies that nobody ordered: literal events and times in, exact effects out."""

from calls.conversation import Conversation, Role, Turn
from calls.record import EndReason, Mode
from streamer.dialogue import Dialogue
from streamer.events import (
    OWN_REPLIES,
    Answer,
    CancelReply,
    CommitTurn,
    Effect,
    ReplyBegun,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendClear,
    SpeechStarted,
    TurnTaken,
    TurnWorded,
)
from streamer.media_time import MediaTime
from streamer.unworded import LISTENING_MS, MOST_UNWORDED, NO_WORDS, WORDS_WITHIN_MS
from tests.fakes.agents import AGENT

START = 1_000_000
TENTH = b"\x10" * 800
TAKEN = TurnTaken("item_1", 500, 1_500)


def dialogue(*, engine_leads: bool = False) -> Dialogue:
    return Dialogue(AGENT, Mode.REALTIME, "MZ1", START, Conversation(), MediaTime(START), engine_leads)


def turns(effects: list[Effect]) -> list[Turn]:
    return [effect.turn for effect in effects if isinstance(effect, CommitTurn)]


def speaking() -> Dialogue:
    """Reply 1 answers the turn item_1 and is being spoken: four tenths, the first of them heard."""
    d = dialogue()
    d.hear(TAKEN, START + 1_700)
    d.reply(ReplyWorded(1, "one two three four"), START + 2_000)
    d.reply(ReplySpoken(1, TENTH * 4, "one two three four"), START + 2_000)
    assert d.voice.reply is not None
    d.voice.reply.playback.returned("r1-1", START + 2_110)
    return d


def test_a_turn_is_answered_before_its_words_are_there() -> None:
    d = dialogue()
    assert d.hear(TAKEN, START + 1_700) == [Answer(1, Conversation())]


def test_words_that_come_later_take_their_place_by_time() -> None:
    d = speaking()
    d.reply(ReplyDone(1, None), START + 2_050)
    d.commit(Turn("agent", Role.AGENT, "one", "one", False, START + 2_010, START + 2_110, "realtime"))
    (turn,) = turns(d.hear(TurnWorded("item_1", " Hours? "), START + 2_400))
    assert (turn.role, turn.said, turn.started_at_ms, turn.ended_at_ms) == (
        Role.CALLER,
        "Hours?",
        START + 500,
        START + 1_500,
    )
    assert [t.said for t in d.conversation.turns] == ["Hours?", "one"]


def test_a_turn_that_nobody_could_write_down_is_marked() -> None:
    d = speaking()
    (turn,) = turns(d.hear(TurnWorded("item_1", ""), START + 2_400))
    assert turn.said == NO_WORDS


def test_words_of_a_turn_that_nobody_knows_change_nothing() -> None:
    assert dialogue().hear(TurnWorded("item_9", "Hello?"), START) == []


def over_the_agent(d: Dialogue) -> list[Effect]:
    """A voice of 400 ms over reply 1, and its end at START + 2,600: the reply falls silent after barge_in_ms."""
    d.hear(SpeechStarted(2_150), START + 2_200)
    assert d.due(START + 2_600) == [SendClear()]
    return d.hear(TurnTaken("item_2", 2_150, 2_550), START + 2_600)


def test_a_voice_over_the_agent_waits_for_its_words() -> None:
    d = speaking()
    assert over_the_agent(d) == []
    assert d.voice.reply is not None
    assert d.voice.reply.is_paused


def test_a_sign_of_listening_lets_the_agent_go_on() -> None:
    d = speaking()
    over_the_agent(d)
    effects = d.hear(TurnWorded("item_2", "Uh-huh."), START + 2_800)
    assert turns(effects) == []
    assert d.voice.reply is not None
    assert not d.voice.reply.is_paused
    assert [type(effect).__name__ for effect in effects[:2]] == ["SendMedia", "SendMark"]


def test_words_over_the_agent_take_the_floor_and_say_what_was_heard() -> None:
    d = speaking()
    over_the_agent(d)
    effects = d.hear(TurnWorded("item_2", "No, Tuesday."), START + 2_800)
    assert CancelReply(1, 100, "one") in effects
    assert [turn.said for turn in turns(effects)] == ["one two three four", "No, Tuesday."]
    assert effects[-1] == Answer(2, d.conversation)


def test_words_that_do_not_come_in_time_are_not_waited_for() -> None:
    d = speaking()
    over_the_agent(d)
    assert d.due(START + 2_599 + WORDS_WITHIN_MS) == []
    effects = d.due(START + 2_600 + WORDS_WITHIN_MS)
    assert CancelReply(1, 100, "one") in effects
    assert effects[-1] == Answer(2, d.conversation)
    (turn,) = turns(d.hear(TurnWorded("item_2", "No, Tuesday."), START + 4_000))
    assert turn.said == "No, Tuesday."


def test_a_turn_before_the_reply_sounds_replaces_the_order() -> None:
    d = dialogue()
    d.hear(TAKEN, START + 1_700)
    effects = d.hear(TurnTaken("item_2", 1_800, 2_000), START + 2_100)
    assert effects[-2:] == [CancelReply(1), Answer(2, Conversation())]


def test_a_goodbye_known_late_makes_its_answer_the_last() -> None:
    d = speaking()
    d.hear(TurnWorded("item_1", "Thanks, goodbye."), START + 2_400)
    assert d.voice.reply is not None
    assert d.voice.reply.ends_call is EndReason.CALLER_GOODBYE
    assert d.voice.is_leaving


def test_what_still_waits_for_words_at_the_end_is_kept_without_them() -> None:
    d = speaking()
    assert [turn.said for turn in turns(d.close_turns())] == [NO_WORDS]
    assert d.close_turns() == []


def test_more_unworded_turns_than_fit_give_up_the_oldest() -> None:
    d = dialogue()
    effects: list[Effect] = []
    for number in range(MOST_UNWORDED + 1):
        effects = d.hear(TurnTaken(f"item_{number}", number * 10, number * 10 + 5), START + 1_000)
    assert [turn.said for turn in turns(effects)] == [NO_WORDS]


def test_an_engine_that_leads_is_not_asked_and_its_reply_answers_the_turn() -> None:
    d = dialogue(engine_leads=True)
    assert d.hear(TAKEN, START + 1_700) == []
    assert d.reply(ReplyBegun(OWN_REPLIES), START + 1_800) == []
    d.reply(ReplyWorded(OWN_REPLIES, "Nine to five."), START + 1_810)
    effects = d.reply(ReplySpoken(OWN_REPLIES, TENTH, "Nine to five."), START + 1_820)
    assert [type(effect).__name__ for effect in effects] == ["SendMedia", "SendMark"]
    assert d.voice.reply is not None
    assert d.voice.reply.answers is not None
    assert d.voice.reply.answers.last_voice_at_ms == START + 1_500
    latency = d.voice.reply.waterfall()
    assert (latency.endpointing, latency.model, latency.speech, latency.ours) == (200, 110, 10, 0)


def test_a_reply_begun_ends_the_one_before_as_far_as_it_was_heard() -> None:
    d = speaking()
    effects = d.reply(ReplyBegun(OWN_REPLIES), START + 2_200)
    assert effects[:2] == [SendClear(), CancelReply(1, 100, "one")]
    assert [turn.heard for turn in turns(effects)] == ["one"]


def test_nothing_is_begun_over_a_goodbye() -> None:
    d = dialogue(engine_leads=True)
    d.voice.say("Goodbye.", START, ends_call=EndReason.LIMIT)
    assert d.reply(ReplyBegun(OWN_REPLIES), START + 100) == [CancelReply(OWN_REPLIES)]
    assert d.voice.is_leaving


def test_a_leading_engine_that_answers_a_voice_over_the_agent_has_taken_it_for_a_turn() -> None:
    d = dialogue(engine_leads=True)
    d.reply(ReplyBegun(OWN_REPLIES), START)
    d.reply(ReplySpoken(OWN_REPLIES, b"\x10" * 8_000, "We are open from nine to five."), START + 10)
    d.hear(SpeechStarted(500), START + 600)
    assert d.due(START + 900) == [SendClear()]
    assert d.hear(TurnTaken("live-1", 500, 1_000), START + 1_400) == []
    d.reply(ReplyBegun(OWN_REPLIES + 1), START + 1_500)
    d.reply(ReplySpoken(OWN_REPLIES + 1, b"\x10" * 8_000, "On Sunday?"), START + 1_510)
    effects = d.hear(TurnWorded("live-1", "And on Sunday?"), START + 1_800)
    assert [type(effect) for effect in effects] == [CommitTurn]
    assert d.due(START + 2_500) == []
    assert d.voice.reply is not None
    assert d.voice.reply.id == OWN_REPLIES + 1


def test_a_long_voice_whose_words_come_late_is_no_noise() -> None:
    d = speaking()
    d.hear(SpeechStarted(2_150), START + 2_200)
    assert d.due(START + 2_600) == [SendClear()]
    assert d.due(START + 2_200 + 20_000) == []
    assert d.voice.reply is not None
    assert d.voice.reply.is_paused


def test_a_long_voice_over_the_agent_needs_no_words_to_take_the_floor() -> None:
    d = speaking()
    d.hear(SpeechStarted(2_150), START + 2_200)
    d.due(START + 2_600)
    effects = d.hear(TurnTaken("item_2", 2_150, 2_150 + LISTENING_MS + 1), START + 3_400)
    assert CancelReply(1, 100, "one") in effects
    assert effects[-1] == Answer(2, d.conversation)


def heard_before_its_turn_has_words() -> Dialogue:
    d = speaking()
    d.reply(ReplyDone(1, None), START + 2_050)
    for number in range(2, 5):
        assert d.voice.reply is not None
        d.voice.reply.playback.returned(f"r1-{number}", START + 2_010 + number * 100)
    assert d.voice.heard(START + 2_420) is not None
    return d


def test_a_goodbye_whose_words_come_when_its_answer_was_heard_is_answered_with_the_closing() -> None:
    d = heard_before_its_turn_has_words()
    effects = d.hear(TurnWorded("item_1", "Goodbye."), START + 5_000)
    assert [turn.heard for turn in turns(effects)] == ["Goodbye."]
    assert effects[1:] == [Say(2, AGENT.closing)]
    assert d.voice.is_leaving


def test_a_caller_who_speaks_on_behind_a_goodbye_is_not_hung_up_on() -> None:
    d = heard_before_its_turn_has_words()
    d.hear(SpeechStarted(4_500), START + 4_600)
    assert [type(effect) for effect in d.hear(TurnWorded("item_1", "Goodbye."), START + 5_000)] == [CommitTurn]
    assert not d.voice.is_leaving
