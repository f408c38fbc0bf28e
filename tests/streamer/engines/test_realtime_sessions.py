"""A session of the realtime engine ends, or comes to its limit, and another goes on."""

import asyncio
from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role
from calls.errors import ProviderFailed
from calls.usage import Unit
from streamer.engines import realtime, realtime_talk
from streamer.events import (
    Answer,
    CancelReply,
    EngineLost,
    TurnWorded,
    Used,
)
from streamer.providers import openai_realtime_failures as failures
from tests.streamer.engines.realtime_desk import SERVER, desk, turn, until
from tests.streamer.engines.realtime_parts import FakeSession, audio, frame, settled


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine looks around in no time."""
    monkeypatch.setattr(realtime, "_LOOK_S", 0.001)


async def test_what_is_being_made_when_the_caller_hangs_up_is_reckoned() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio.delta", **audio("r", 1_000))
        await settled()
        assert here.events.of(Used) == []
    (used,) = here.events.of(Used)
    assert (used.reply_id, used.usage.id, used.usage.is_estimated) == (1, "r", True)
    assert used.usage.amounts == {Unit.AUDIO_OUT: 20}


async def test_what_a_session_was_making_when_it_died_is_reckoned() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio.delta", **audio("r", 500))
        session.break_off()
        await settled()
        (used,) = here.events.of(Used)
        assert (used.reply_id, used.usage.id, used.usage.is_estimated) == (1, "r", True)
        assert used.usage.amounts == {Unit.AUDIO_OUT: 10}


async def test_a_session_that_dies_is_followed_by_one_that_knows() -> None:
    said = (turn("x-r1", Role.AGENT, "Hello.", 1), turn("x-1", Role.CALLER, "Hi.", 2))
    async with desk(FakeSession(), FakeSession(), said=said) as here:
        first = await here.answering(2)
        for number in range(50):
            here.engine.hear(frame(number))
        first.break_off()
        await settled()
        assert first.is_closed
        here.engine.hear(frame(50))
        second = await here.ready(1)
        assert second.told() == [("assistant", "Hello."), ("user", "Hi.")]
        assert len(second.of("response.create")) == 1
        assert len(second.of("input_audio_buffer.append")) == 22  # what the first may not have heard, and since
        assert here.events.of(EngineLost) == []


async def test_a_turn_without_words_goes_on_as_sound() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        first = await here.ready()
        for number in range(100):
            here.engine.hear(frame(number, is_voice=True))
        first.say("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        first.say("input_audio_buffer.speech_stopped", audio_end_ms=1_500, item_id="u1")
        first.say("input_audio_buffer.committed", item_id="u1")
        await settled()
        here.engine.order(Answer(1, Conversation()))
        first.break_off()
        await settled()
        second = await here.ready(1)
        assert second.told() == [("user", "(audio)")]
        kinds = [one["type"] for one in second.sent]
        assert kinds.index("conversation.item.create") < kinds.index("response.create")
        assert here.events.of(TurnWorded) == [TurnWorded("u1", "")]


async def test_sessions_that_keep_dying_lose_the_engine() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        (await here.ready()).break_off()
        await settled()
        (await here.ready(1)).break_off()
        await settled()
        assert [event.failure.code for event in here.events.of(EngineLost)] == ["openai-realtime-lost"]


@pytest.mark.parametrize("failed", [failures.refused(401, b""), failures.refused(429, b"")])
async def test_a_refusal_for_good_loses_the_engine_at_once(failed: ProviderFailed) -> None:
    async with desk(failed, FakeSession()) as here:
        await settled()
        assert [event.failure for event in here.events.of(EngineLost)] == [failed.failure]
        assert here.taken == 1


async def test_a_configuration_that_is_refused_loses_the_engine() -> None:
    async with desk(FakeSession()) as here:
        error = {"type": "invalid_request_error", "code": "invalid_value", "event_id": "configure"}
        here.sessions[0].say("error", error=error)
        await settled()
        assert [event.failure.code for event in here.events.of(EngineLost)] == ["openai-realtime-refused"]


@pytest.mark.usefixtures("quick")
async def test_no_sign_of_an_answer_replaces_the_session() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        first = await here.ready()
        here.engine.order(Answer(1, Conversation()))
        here.clock.now_s += realtime_talk.FIRST_SOUND_WITHIN_S + 0.1
        await until(lambda: first.is_closed)
        second = await here.ready(1)
        assert len(second.of("response.create")) == 1


@pytest.mark.usefixtures("quick")
async def test_a_session_near_its_end_is_exchanged_when_it_is_quiet() -> None:
    agent = replace(SERVER, realtime=replace(SERVER.realtime, longest_s=100))
    async with desk(FakeSession(), FakeSession(), agent=agent) as here:
        first = await here.ready()
        here.clock.now_s += 79
        await asyncio.sleep(0.01)
        assert here.taken == 1
        first.say("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        await settled()
        here.clock.now_s += 2
        await until(lambda: here.taken == 2)
        second = await here.ready(1)
        await asyncio.sleep(0.01)
        assert not first.is_closed  # the caller speaks
        here.engine.hear(frame(1))
        assert second.of("input_audio_buffer.append") == []
        first.say("input_audio_buffer.committed", item_id="u1")
        first.say("conversation.item.input_audio_transcription.completed", item_id="u1", transcript="Hi.")
        await until(lambda: first.is_closed)
        here.engine.hear(frame(2))
        assert [one["audio"] for one in second.of("input_audio_buffer.append")] == [frame(2).payload]
        assert here.events.of(EngineLost) == []


@pytest.mark.usefixtures("quick")
async def test_a_voice_that_begins_just_before_an_exchange_is_heard_by_the_next_session() -> None:
    """The first has been sent it, and had no time to tell of it."""
    agent = replace(SERVER, realtime=replace(SERVER.realtime, longest_s=100))
    async with desk(FakeSession(), FakeSession(), agent=agent) as here:
        first = await here.ready()
        first.say("input_audio_buffer.speech_started", audio_start_ms=0, item_id="u1")
        await settled()
        for number in range(50):
            here.engine.hear(frame(number))
        here.clock.now_s += 81
        await until(lambda: here.taken == 2)
        second = await here.ready(1)
        first.say("input_audio_buffer.speech_stopped", audio_end_ms=1_000, item_id="u1")
        first.say("input_audio_buffer.committed", item_id="u1")
        first.say("conversation.item.input_audio_transcription.completed", item_id="u1", transcript="Hi.")
        for number in range(50, 60):
            here.engine.hear(frame(number, is_voice=True))
        await until(lambda: first.is_closed)
        sent = [one["audio"] for one in second.of("input_audio_buffer.append")]
        assert sent[-10:] == [frame(number, is_voice=True).payload for number in range(50, 60)]
        assert len(sent) <= 1 + realtime.RESENT_MS // 20


@pytest.mark.usefixtures("quick")
async def test_an_exchange_that_is_urgent_does_not_wait_for_the_last_sound() -> None:
    agent = replace(SERVER, realtime=replace(SERVER.realtime, longest_s=100))
    async with desk(FakeSession(), FakeSession(), agent=agent) as here:
        first = await here.answering()
        first.say("response.output_audio_transcript.delta", response_id="r", delta="Good day.")
        first.say("response.output_audio.delta", **audio("r", 60_000))
        first.say("response.done", response={"id": "r", "status": "completed", "output": []})
        await settled()
        here.clock.now_s += 30
        here.clock.now_s += 50
        await until(lambda: here.taken == 2)
        second = await here.ready(1)
        here.clock.now_s += 16
        await until(lambda: first.is_closed)
        here.engine.order(CancelReply(1, 20_000, "Good"))
        assert second.told() == [("assistant", "Good day."), ("assistant", "Good")]
        assert second.of("conversation.item.truncate") == []
