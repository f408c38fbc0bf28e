"""One call as a state machine: literal events and times in, exact effects out."""

from calls.conversation import Conversation, Role, Turn
from calls.record import Mode
from streamer.events import (
    Answer,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendMark,
    SendMedia,
    TurnEnded,
)
from streamer.session import Session
from tests.fakes.agents import AGENT
from tests.streamer.session_talk import START, TENTH, greeted, session, speaking, turns


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


def test_the_media_clock_is_set_by_the_earliest_arrival() -> None:
    s = greeted()
    s.on_media_time(0, START + 60)
    s.on_media_time(20, START + 45)  # arrived with less delay: truer
    effects = s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    assert turns(effects)[0].started_at_ms == START + 500  # never later than the stream's own start
