"""The Live engine on the simulator: what a call hears, and that no session is left open, whatever happens."""

import asyncio
from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role, Turn
from calls.record import EndReason
from calls.reply import Action, EndCall, Transfer
from streamer.events import (
    OWN_REPLIES,
    Answer,
    CancelReply,
    Draft,
    ReplyBegun,
    ReplyDone,
    ReplySpoken,
    Say,
    SpeechStarted,
    TurnTaken,
    TurnWorded,
)
from tests.streamer.engines.live_line import FIXED, LIVE_AGENT, LiveLine, Mouth, live_line
from tests.vendors.script import Fault, ToolCall
from tests.vendors.script_parts import Messages
from tests.vendors.script_speech import Heard, LiveConnection, SpokenReply
from tests.vendors.sounds import voice

OPEN = SpokenReply("We are open.", character_ms=30)
LONG = SpokenReply("We are open from nine to five, Monday to Friday, and on Saturday until one.", character_ms=40)
SAID = (Turn("t1", Role.AGENT, "Who is it?", "Who is it?", False, 1_000, 2_000, "realtime"),)


def _assert_nothing_left(line: LiveLine) -> None:
    assert (line.meters.sessions_open, line.meters.sockets_open) == (0, 0)
    assert not line.meters.refusals


async def test_a_greeting_a_turn_and_its_answer_in_order_and_the_bill() -> None:
    async with live_line(LiveConnection((Heard("what are your hours"),), (OPEN,)), speaker=Mouth()) as line:
        line.engine.order(Say(1, "Hello, this is the desk."))
        await line.until(lambda one: one.done)
        await asyncio.sleep(0.5)
        line.speak(voice(900))
        await line.until(lambda one: len(one.done) == 2)
    kinds = [type(event) for event in line.of(SpeechStarted, TurnTaken, ReplyBegun, ReplyDone)]
    assert kinds == [ReplyDone, SpeechStarted, TurnTaken, ReplyBegun, ReplyDone]
    assert line.caller_words == ["what are your hours"]
    assert line.sounded(1) == "Hello, this is the desk."
    assert line.said(OWN_REPLIES) == line.sounded(OWN_REPLIES) == "We are open."
    sound = b"".join(event.mulaw for event in line.events if isinstance(event, ReplySpoken) and event.reply_id == 1)
    assert sound == FIXED
    assert line.used_ms == pytest.approx(1000 * line.meters.session_s, abs=300)
    _assert_nothing_left(line)


async def test_a_caller_who_interrupts_hears_no_more_of_it_and_is_answered() -> None:
    connection = LiveConnection((Heard("hello"), Heard("no I mean Sunday")), (LONG, OPEN))
    async with live_line(connection, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(400))
        await line.until(lambda one: len(one.of(ReplySpoken)) > 10)
        line.speak(voice(900))
        await line.until(lambda one: len(one.of(SpeechStarted)) == 2 and isinstance(one.events[-1], Draft))
        line.engine.order(CancelReply(OWN_REPLIES, 900, "We are open from"))
        heard = len(line.of(ReplySpoken))
        await line.until(lambda one: one.done)
    later = line.of(ReplySpoken)[heard:]
    assert {event.reply_id for event in later if isinstance(event, ReplySpoken)} == {OWN_REPLIES + 1}
    assert line.caller_words == ["hello", "no I mean Sunday"]
    assert line.said(OWN_REPLIES + 1) == "We are open."
    _assert_nothing_left(line)


async def _delegated(said: str, reply: str) -> list[Action | None]:
    """What is done of what the model delegates behind `reply`, which is said in any case."""
    spoken = SpokenReply(reply, (ToolCall("work"),), character_ms=30)
    async with live_line(LiveConnection((Heard(said),), (spoken,)), speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(600))
        await line.until(lambda one: one.done)
    assert line.said(OWN_REPLIES) == reply
    _assert_nothing_left(line)
    return [done.action for done in line.done]


async def test_what_the_model_delegates_is_read_from_the_words() -> None:
    ended, connected, nothing = await asyncio.gather(
        _delegated("that is all", "Goodbye, and thank you."),
        _delegated("a person please", "I connect you now."),
        _delegated("what is the weather", "Let me look."),
    )
    assert ended == [EndCall(EndReason.AGENT_GOODBYE.value)]
    assert connected == [Transfer("+12025550123")]
    assert nothing == [None]


async def test_a_callers_goodbye_ends_the_call_behind_the_answer() -> None:
    connection = LiveConnection((Heard("thanks, goodbye"),), (SpokenReply("Bye.", character_ms=30),))
    async with live_line(connection, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(600))
        await line.until(lambda one: one.done)
    assert line.done[0].action == EndCall(EndReason.CALLER_GOODBYE.value)


async def test_a_goodbye_that_nobody_answers_ends_the_call_all_the_same() -> None:
    connection = LiveConnection((Heard("thanks, goodbye"),), (SpokenReply("", form="nothing"),))
    async with live_line(connection, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(600))
        await line.until(lambda one: one.done)
    assert line.done[0].action == EndCall(EndReason.CALLER_GOODBYE.value)
    assert not line.lost


async def test_without_a_voice_of_our_own_the_model_says_the_greeting_as_the_reply_that_was_ordered() -> None:
    for speaker in (None, Mouth(fails=True), Mouth(is_kept=False)):
        async with live_line(LiveConnection(commentary_ms=100), speaker=speaker) as line:
            line.engine.order(Say(7, "Hello, this is the desk."))
            await line.until(lambda one: one.done)
        assert line.sounded(7) == "Hello, this is the desk."
        assert not line.of(ReplyBegun)
        _assert_nothing_left(line)


async def test_a_session_is_exchanged_while_nobody_speaks_and_the_next_one_knows_what_was_said() -> None:
    known: list[Messages] = []

    def think(messages: Messages) -> SpokenReply:
        known.append(messages)
        return OPEN

    agent = replace(LIVE_AGENT, realtime=replace(LIVE_AGENT.realtime, longest_s=2))
    so_far = Conversation(SAID)
    async with live_line(LiveConnection(), agent=agent, so_far=so_far, speaker=Mouth(), think=think) as line:
        await line.until(lambda one: one.meters.sessions_opened == 2)
        await line.until(lambda one: one.meters.sessions_open == 1)
        line.speak(voice(600))
        await line.until(lambda one: one.done)
    assert line.caller_words == ["hello there"]
    assert [message["content"] for message in known[-1][1:]] == ["Who is it?", "hello there"]
    assert not line.lost
    assert line.used_ms == pytest.approx(1000 * line.meters.session_s, abs=500)
    _assert_nothing_left(line)


async def test_a_session_that_is_lost_is_followed_by_another_once() -> None:
    lost = LiveConnection(fault=Fault("drop", after_ms=500))
    async with live_line(lost, LiveConnection((Heard("hello"),), (OPEN,)), speaker=Mouth()) as line:
        await line.until(lambda one: one.meters.sessions_opened == 2)
        await asyncio.sleep(0.3)
        line.speak(voice(600))
        await line.until(lambda one: one.done)
    assert line.said(OWN_REPLIES) == "We are open."
    assert not line.lost
    _assert_nothing_left(line)
    async with live_line(lost, speaker=Mouth()) as line:
        await line.until(lambda one: one.lost)
    assert line.lost == ["openai-live-lost"]
    assert line.meters.sessions_opened == 2
    _assert_nothing_left(line)


async def test_a_session_that_breaks_in_mid_answer_is_gone_on_from() -> None:
    broken = LiveConnection((Heard("hello"),), (replace(LONG, fault=Fault("drop", after_messages=14)),))
    async with live_line(broken, LiveConnection(), speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(500))
        await line.until(lambda one: one.done and one.meters.sessions_open == 1)
    assert line.caller_words == ["hello"]
    assert LONG.text.startswith(line.said(OWN_REPLIES))
    _assert_nothing_left(line)


async def test_a_model_that_says_nothing_to_what_was_said_is_given_up() -> None:
    connection = LiveConnection((Heard("what are your hours"),), (SpokenReply("", form="nothing"),))
    async with live_line(connection, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(600))
        await line.until(lambda one: one.lost)
    assert line.lost == ["reply-late"]
    assert [event.text for event in line.events if isinstance(event, TurnWorded)] == ["what are your hours"]
    _assert_nothing_left(line)


async def test_keys_are_answered_as_the_reply_that_was_ordered() -> None:
    heard: list[str] = []

    def think(messages: Messages) -> SpokenReply:
        heard.append(str(messages[-1]["content"]))
        return OPEN

    keys = Turn("k1", Role.CALLER, "[keys 12#]", "[keys 12#]", False, 1_000, 2_000, "realtime")
    async with live_line(LiveConnection(instructions_ms=100), speaker=Mouth(), think=think) as line:
        await line.until(lambda one: one.meters.sessions_open == 1)
        line.engine.order(Answer(3, Conversation((keys,))))
        await line.until(lambda one: one.done)
    assert heard == ["The caller did this, answer it now: [keys 12#]"]
    assert (line.sounded(3), line.done) == ("We are open.", [ReplyDone(3, None)])
    assert not line.of(ReplyBegun)
    _assert_nothing_left(line)


async def test_a_sign_of_listening_needs_no_answer() -> None:
    connection = LiveConnection((Heard("okay"),), (SpokenReply("", form="nothing"),))
    async with live_line(connection, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(400))
        await line.until(lambda one: one.caller_words)
        await asyncio.sleep(2.5)
        assert not line.lost


FAULTS = (
    (Fault("status", status=429), "openai-live-rate-limited"),
    (Fault("status", status=403), "openai-live-forbidden"),
    (Fault("status", status=404), "openai-live-model-unknown"),
    (Fault("status", status=400), "openai-live-refused"),
    (Fault("status", status=503), "openai-live-unreachable"),
    (Fault("reset"), "openai-live-unreachable"),
    (Fault("error", after_messages=1, reason="insufficient_quota"), "openai-live-quota"),
    (Fault("error", after_messages=1, reason="rate_limit_exceeded"), "openai-live-rate-limited"),
    (Fault("error", after_messages=1, reason="server_error"), "openai-live-error"),
    (Fault("error", after_messages=1, reason="invalid_api_key"), "openai-live-unauthorised"),
    (Fault("error", after_messages=1, reason="session_expired"), "openai-live-expired"),
    (Fault("close", after_messages=1), "openai-live-lost"),
    (Fault("close", after_messages=1, code=1008), "openai-live-refused"),
    (Fault("drop", after_messages=1), "openai-live-lost"),
    (Fault("stall"), "openai-live-unreachable"),
)


async def _failed(connection: LiveConnection) -> list[str]:
    async with live_line(connection, speaker=Mouth()) as line:
        line.engine.order(Say(1, "Hello."))
        await line.until(lambda one: one.lost, within_s=12.0)
        await asyncio.sleep(0.1)
    assert (line.meters.sessions_open, line.meters.sockets_open) == (0, 0)
    return line.lost


async def test_every_failure_is_told_once_with_its_code_and_leaves_nothing_open() -> None:
    mute = LiveConnection(ignored=("session.start",))
    told = await asyncio.gather(_failed(mute), *(_failed(LiveConnection(fault=fault)) for fault, _ in FAULTS))
    assert told == [["openai-live-stalled"], *([code] for _, code in FAULTS)]


async def test_a_wrong_key_is_told() -> None:
    async with live_line(key="another", speaker=Mouth()) as line:
        await line.until(lambda one: one.lost)
    assert line.lost == ["openai-live-unauthorised"]


async def test_an_unknown_event_is_counted_and_a_refused_command_changes_nothing() -> None:
    odd = LiveConnection((Heard("hello"),), (OPEN,), unknown_every=3, fault=Fault("garbage", after_messages=2))
    async with live_line(odd, speaker=Mouth()) as line:
        await asyncio.sleep(0.3)
        line.speak(voice(500))
        await line.until(lambda one: one.done)
        assert line.engine.unknown.total > 1
    assert line.said(OWN_REPLIES) == "We are open."


async def test_a_call_that_ends_while_its_session_starts_leaves_none_behind() -> None:
    async with live_line(LiveConnection(started_ms=400), speaker=Mouth()) as line:
        await line.until(lambda one: one.meters.sessions_opened == 1)
    await asyncio.sleep(0.2)
    _assert_nothing_left(line)


async def test_a_caller_who_speaks_before_the_session_has_started_is_heard() -> None:
    late = LiveConnection((Heard("hello"),), (OPEN,), started_ms=600)
    async with live_line(late, speaker=Mouth()) as line:
        line.speak(voice(500))
        await line.until(lambda one: one.done)
    assert line.caller_words == ["hello"]
    assert line.said(OWN_REPLIES) == "We are open."
