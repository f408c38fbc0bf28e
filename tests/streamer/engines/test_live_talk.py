"""A call on a Live model as a state machine: literal frames, events, orders and times in, exact outs."""

from dataclasses import replace

import orjson
import pytest

from calls.conversation import Conversation, Role, Turn
from calls.record import EndReason
from calls.reply import EndCall, Transfer
from streamer.engines.live_bursts import STRAY_WORDS_MS
from streamer.engines.live_talk import Append, LiveTalk, Out, SayFixed
from streamer.events import (
    OWN_REPLIES,
    Answer,
    CancelReply,
    Fill,
    ReplyBegun,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    SpeechStarted,
    TurnTaken,
    TurnWorded,
)
from streamer.providers.openai_live_events import AgentWords, CallerWords, Delegated, Ignored, Sound
from tests.streamer.engines.live_line import LIVE_AGENT
from tests.vendors.sounds import silence, voice

REPLY_MS = round(LIVE_AGENT.limits.reply_s * 1000)
TENTH = voice(100)


def talk(*, is_kept: bool = True) -> LiveTalk:
    return LiveTalk(LIVE_AGENT, "gpt-live-1", lambda _: is_kept)


def frames(live: LiveTalk, mulaw: bytes, from_ms: int) -> list[Out]:
    """The caller's audio; media time and the steady clock are the same here."""
    return [
        one
        for at in range(0, len(mulaw), 160)
        for one in live.frame(mulaw[at : at + 160], from_ms + at // 8, from_ms + at // 8 + 20)
    ]


def said(live: LiveTalk, words: str, from_ms: int = 1_000) -> list[Out]:
    """The caller says so in 500 ms; the end of it is known 500 ms later."""
    out = frames(live, voice(500), from_ms)
    out += live.event(CallerWords(words, 0, 500), lambda at_ms: from_ms + at_ms, from_ms + 510)
    return out + frames(live, silence(500), from_ms + 500)


def sound(live: LiveTalk, now_ms: int, mulaw: bytes = TENTH) -> list[Out]:
    return live.event(Sound(mulaw), lambda at_ms: at_ms, now_ms)


def contents(out: list[Out]) -> list[tuple[str, str]]:
    """Kind and content of everything appended."""
    texts = [orjson.loads(text) for one in out if isinstance(one, Append) for text in one.texts]
    return [(text["type"].split(".")[1], text["content"]) for text in texts]


def test_a_turn_and_its_answer() -> None:
    live = talk()
    out = said(live, "are you open")
    assert [type(one).__name__ for one in out] == ["SpeechStarted", "Draft", "TurnTaken", "TurnWorded"]
    assert out[-1] == TurnWorded("live-1", "are you open")
    assert sound(live, 2_100) == [ReplyBegun(OWN_REPLIES), ReplySpoken(OWN_REPLIES, TENTH, "")]
    words = live.event(AgentWords("We are.", 100, 150), lambda at_ms: at_ms, 2_110)
    assert words == [ReplyWorded(OWN_REPLIES, "We are.")]
    assert sound(live, 2_200)[0] == ReplySpoken(OWN_REPLIES, TENTH, "We are.")
    assert live.due(3_100) == [ReplyDone(OWN_REPLIES, None)]
    assert live.is_quiet(3_200)


def test_an_answer_that_comes_while_the_voice_still_seems_to_go_on_ends_the_turn_first() -> None:
    live = talk()
    assert frames(live, voice(500), 1_000) == [SpeechStarted(1_000)]
    out = sound(live, 1_520)
    assert out[:2] == [TurnTaken("live-1", 1_000, 1_500), ReplyBegun(OWN_REPLIES)]


def test_fixed_words_are_told_to_the_model_which_is_not_heard_meanwhile() -> None:
    live = talk()
    out = live.order(Say(3, "Are you still there?"), 1_000)
    assert contents(out) == [
        ("instructions", "You have just said this to the caller, do not repeat it: Are you still there?")
    ]
    assert out[-1] == SayFixed(3, "Are you still there?")
    assert sound(live, 1_010) == []
    live.fixed(b"\x10" * 8_000, 1_020)
    assert live.fixed_sounds(2_200)
    assert sound(live, 2_200) == []
    assert not live.fixed_sounds(2_300)
    assert sound(live, 2_900)[0] == ReplyBegun(OWN_REPLIES)


def test_fixed_words_that_were_cut_are_told_as_far_as_they_were_heard() -> None:
    live = talk()
    live.order(Say(3, "Hello, this is the desk."), 1_000)
    live.fixed(b"\x10" * 8_000, 1_000)
    out = live.order(CancelReply(3, 500, "Hello,"), 1_500)
    assert contents(out) == [
        ("instructions", "The caller interrupted; of those words of yours they heard only: Hello,")
    ]
    assert not live.is_fixed(3)
    live.order(Say(4, "Hello."), 2_000)
    assert live.order(CancelReply(4, 500, "Hello."), 2_500) == []


def test_fixed_words_that_cannot_be_spoken_are_asked_of_the_model_under_their_own_number() -> None:
    live = talk()
    out = live.order(Say(3, "Hello."), 1_000)
    order = out[-1]
    assert isinstance(order, SayFixed)
    assert contents(live.no_fixed(order)) == [("commentary", "Hello.")]
    assert sound(live, 1_900) == [ReplySpoken(3, TENTH, "")]
    assert live.no_fixed(SayFixed(9, "Other.")) == []


def test_keys_are_told_and_the_answer_is_the_one_that_was_ordered() -> None:
    live = talk()
    keys = Turn("t1", Role.CALLER, "[keys 12#]", "[keys 12#]", False, 1, 2, "realtime")
    out = live.order(Answer(5, Conversation((keys,))), 1_000)
    assert contents(out) == [("instructions", "The caller did this, answer it now: [keys 12#]")]
    assert sound(live, 1_500) == [ReplySpoken(5, TENTH, "")]
    assert live.order(Fill(5, "Let me see."), 1_510) == []


def test_an_answer_that_is_taken_back_is_not_waited_for() -> None:
    live = talk()
    live.order(Answer(5, Conversation()), 1_000)
    live.order(CancelReply(5), 1_100)
    assert sound(live, 1_500)[0] == ReplyBegun(OWN_REPLIES)


def test_a_cut_ends_what_is_heard_and_says_nothing_to_the_model() -> None:
    live = talk()
    sound(live, 1_000)
    assert live.order(CancelReply(OWN_REPLIES, 80, ""), 1_100) == []
    assert sound(live, 1_110) == []
    assert live.order(CancelReply(77), 1_120) == []


def test_a_delegation_is_decided_once_its_words_had_time_to_come() -> None:
    live = talk()
    said(live, "a person please")
    sound(live, 2_100)
    live.event(AgentWords("I connect you.", 0, 50), lambda at_ms: at_ms, 2_110)
    assert live.event(Delegated("del_1"), lambda at_ms: at_ms, 2_120) == []
    assert contents(live.due(2_700)) == []
    assert contents(live.due(2_730))[0][0] == "thinking"
    done = [one for one in live.due(3_400) if isinstance(one, ReplyDone)]
    assert done == [ReplyDone(OWN_REPLIES, Transfer("+12025550123"))]


def test_a_model_that_acts_without_a_word_is_asked_for_one_and_the_action_comes_all_the_same() -> None:
    live = talk()
    said(live, "that is all, goodbye")
    live.event(Delegated("del_1"), lambda at_ms: at_ms, 2_000)
    assert contents(live.due(2_610))[-1] == ("commentary", LIVE_AGENT.closing)
    out = live.due(4_700)
    assert out == [
        ReplyBegun(OWN_REPLIES),
        ReplyDone(OWN_REPLIES, EndCall(EndReason.AGENT_GOODBYE.value)),
    ]


def test_a_caller_who_goes_on_behind_a_goodbye_has_not_gone() -> None:
    live = talk()
    said(live, "goodbye")
    live.due(2_500)
    said(live, "no wait, one more thing", 3_000)
    assert [one for one in live.due(5_000) if isinstance(one, ReplyDone)] == []


def test_a_model_that_is_silent_is_asked_once_and_then_late() -> None:
    live = talk()
    said(live, "are you open")
    assert contents(live.due(2_000 + REPLY_MS // 2 - 100)) == []
    assert contents(live.due(2_000 + REPLY_MS // 2)) == [
        ("instructions", "The caller waits for your answer: give it now.")
    ]
    assert live.due(2_000 + REPLY_MS // 2 + 20) == []
    assert live.late(1_900 + REPLY_MS) is None
    late = live.late(2_100 + REPLY_MS)
    assert late is not None
    assert late.failure.code == "reply-late"


def test_what_a_lost_session_leaves_is_told_and_the_next_one_goes_on_from_it() -> None:
    live = talk()
    said(live, "are you open")
    sound(live, 2_100)
    live.event(AgentWords("We are", 0, 50), lambda at_ms: at_ms, 2_110)
    out, then = live.session_lost()
    assert out == [ReplyDone(OWN_REPLIES, None)]
    assert contents([Append(then)]) == [
        ("instructions", "The line broke off while you were saying this, go on from there now: We are")
    ]
    assert live.is_quiet(2_200)


def test_a_lost_session_that_owed_an_answer_leaves_it_to_the_next() -> None:
    live = talk()
    said(live, "are you open")
    _, then = live.session_lost()
    assert contents([Append(then)]) == [("instructions", "The caller waits for your answer: give it now.")]
    live = talk(is_kept=False)
    live.order(Say(1, "Hello."), 1_000)
    _, then = live.session_lost()
    assert contents([Append(then)]) == [("commentary", "Hello.")]


@pytest.mark.parametrize("event", [Ignored(is_known=True), Ignored(is_known=False)])
def test_other_events_change_nothing(event: Ignored) -> None:
    live = talk()
    assert live.event(event, lambda at_ms: at_ms, 1_000) == []
    assert live.due(1_010) == []


def test_an_answer_in_words_alone_is_one_that_nobody_hears() -> None:
    """The caller has waited since 2 s. Words of long before that are not of an answer to it."""
    for words_at_ms, codes in ((2_100, ["openai-live-silent"]), (1_600, ["openai-live-silent"]), (1_400, [])):
        live = talk()
        live.agent = replace(live.agent, limits=replace(live.agent.limits, reply_s=60.0))
        said(live, "are you open")
        live.event(AgentWords("We are.", 100, 150), lambda at_ms: at_ms, words_at_ms)
        sound(live, 2_200, silence(100))
        at_ms = words_at_ms + STRAY_WORDS_MS
        live.due(at_ms - 1)
        assert live.late(at_ms - 1) is None
        live.due(at_ms)
        late = live.late(at_ms)
        assert ([late.failure.code] if late else []) == codes
