"""A call that has come from another stream, of which the caller may have said something that nobody heard."""

import math

from calls.conversation import Conversation, Role, Turn
from streamer.between_streams import ASK_AGAIN_MS, BetweenStreams
from streamer.events import ReplyDone, ReplySpoken, Say, SpeechStarted, TurnEnded
from tests.fakes.agents import AGENT
from tests.streamer.session_talk import START, TENTH, greeted, session


def test_what_may_have_been_said_is_asked_for_once() -> None:
    asked = Turn("a", Role.CALLER, "Hours?", "Hours?", False, 1, 2, "pipeline")
    bridge = AGENT.phrases.bridge
    s = session(Conversation((asked, Turn("b", Role.AGENT, bridge, bridge, False, 3, 4, "pipeline"))))
    assert s.begin(START) == []
    assert s.on_time(START + ASK_AGAIN_MS - 1) == []
    assert s.due_at_ms == START + ASK_AGAIN_MS
    assert s.on_time(START + ASK_AGAIN_MS) == [Say(1, AGENT.phrases.ask_again)]
    s.on_engine(ReplySpoken(1, TENTH, AGENT.phrases.ask_again), START + 2_600)
    s.on_engine(ReplyDone(1, None), START + 2_600)
    s.on_mark("r1-1", START + 2_700)
    assert s.on_time(START + 2_700 + ASK_AGAIN_MS) == []


def test_a_caller_who_speaks_after_a_change_of_streams_is_not_asked_again() -> None:
    bridge = AGENT.phrases.bridge
    s = session(Conversation((Turn("b", Role.AGENT, bridge, bridge, False, 3, 4, "pipeline"),)))
    assert s.begin(START) == []
    s.on_engine(SpeechStarted(2_000), START + 2_300)
    assert s.on_time(START + 2_700) == []
    s.on_engine(TurnEnded("Hours?", 2_000, 2_900), START + 3_200)
    s.on_engine(ReplySpoken(1, bytes(8_000), "Nine."), START + 3_400)
    assert not [effect for effect in s.on_time(START + 3_500) if isinstance(effect, Say)]


def test_the_bridge_phrase_begins_the_silence_and_any_other_reply_ends_the_matter() -> None:
    between = BetweenStreams(START)
    between.heard(is_bridge=True, now_ms=START + 900)
    assert between.due_at_ms == START + 900 + ASK_AGAIN_MS
    between.heard(is_bridge=False, now_ms=START + 1_900)
    assert between.due_at_ms == math.inf


def test_a_call_that_has_one_stream_only_has_nothing_to_ask_for() -> None:
    between = BetweenStreams()
    between.heard(is_bridge=True, now_ms=START)
    assert between.due_at_ms == math.inf
    assert between.ask(greeted().dialogue, START + 60_000) == []
