"""The realtime engine with sessions that are held by the hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace

import pytest

from calls.agent import Agent
from calls.conversation import BROKEN_OFF, Conversation, Role, Turn
from calls.errors import ProviderFailed
from calls.record import EndReason
from calls.reply import EndCall
from calls.usage import Unit
from streamer.engines import realtime, realtime_talk
from streamer.engines.realtime import RealtimeEngine
from streamer.events import (
    Answer,
    CancelReply,
    EngineLost,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SpeechStarted,
    TurnTaken,
    TurnWorded,
    Used,
)
from streamer.providers import openai_realtime_failures as failures
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import Clock, Events, FakeSession, FakeSpeaker, audio, frame, settled

SERVER = replace(AGENT, realtime=replace(AGENT.realtime, vad="server", silence_ms=300))


@dataclass
class Desk:
    """An engine at work; `sessions` are those that it takes, in order."""

    engine: RealtimeEngine
    sessions: list[FakeSession]
    speaker: FakeSpeaker
    clock: Clock
    said: list[Turn]
    events: Events = field(default_factory=Events)
    taken: int = 0

    async def ready(self, number: int = 0) -> FakeSession:
        session = self.sessions[number]
        session.say("session.updated")
        await settled()
        return session

    async def answering(self, reply_id: int = 1, response_id: str = "r") -> FakeSession:
        """A session that began to answer."""
        session = await self.ready()
        self.engine.order(Answer(reply_id, Conversation()))
        session.say("response.created", response={"id": response_id, "metadata": {"offhook_reply": str(reply_id)}})
        await settled()
        return session


@asynccontextmanager
async def desk(
    *sessions: FakeSession | ProviderFailed, agent: Agent = SERVER, said: tuple[Turn, ...] = ()
) -> AsyncIterator[Desk]:
    here: Desk

    async def take() -> FakeSession:
        one = sessions[here.taken]
        here.taken += 1
        if isinstance(one, ProviderFailed):
            raise one
        return one

    speaker, clock, kept = FakeSpeaker(), Clock(), list(said)
    engine = RealtimeEngine(agent, take, speaker, lambda: Conversation(tuple(kept)), now_s=clock)
    plain = [one for one in sessions if isinstance(one, FakeSession)]
    here = Desk(engine, plain, speaker, clock, kept)
    running = asyncio.create_task(engine.run(here.events.append))
    await settled()
    try:
        yield here
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        taken = [one for one in sessions[: here.taken] if isinstance(one, FakeSession)]
        assert all(one.is_closed for one in taken), "no session is left open"


def turn(name: str, role: Role, words: str, at_ms: int) -> Turn:
    return Turn(name, role, words, words, False, at_ms, at_ms + 1, "realtime")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine looks around in no time."""
    monkeypatch.setattr(realtime, "_LOOK_S", 0.001)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not what():  # noqa: ASYNC110 - an engine tells nobody of its sessions
            await asyncio.sleep(0.001)


async def test_the_greeting_does_not_wait_for_the_session_and_is_told_to_it() -> None:
    async with desk(FakeSession()) as here:
        here.engine.order(Say(1, "Hello."))
        await settled()
        assert [type(event) for event in here.events] == [ReplyWorded, ReplySpoken, ReplyDone]
        session = await here.ready()
        assert session.told() == [("assistant", "Hello.")]


async def test_a_greeting_that_is_not_kept_is_the_sessions_first_response_and_kept_then() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.unkept.add("Hello there.")
        here.engine.order(Say(1, "Hello there."))
        await settled()
        assert here.events == []
        session = await here.ready()
        (asked,) = session.of("response.create")
        assert asked["response"]["input"][0]["content"][0]["text"] == 'Say exactly: "Hello there."'
        assert "conversation" not in asked["response"]  # it becomes part of it, as the answers do
        session.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Hello there.")
        session.say("response.output_audio.delta", **audio("r", 200))
        await settled()
        assert len(here.events.of(ReplySpoken)) == 1  # as it comes
        session.say("response.output_audio.delta", **audio("r", 300))
        session.say("response.done", response={"id": "r", "status": "completed", "output": []})
        await settled()
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert "".join(event.text for event in here.events.of(ReplySpoken)) == "Hello there."
        assert [len(mulaw) for mulaw in here.speaker.kept.values()] == [500 * 8]
        assert session.told() == []


async def test_a_phrase_in_other_words_is_heard_as_it_was_said_and_not_kept() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.unkept.add("Hello there.")
        here.engine.order(Say(1, "Hello there."))
        session = await here.ready()
        session.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Hi.")
        session.say("response.output_audio.delta", **audio("r", 200))
        session.say("response.done", response={"id": "r", "status": "completed", "output": []})
        await settled()
        assert [event.text for event in here.events.of(ReplyWorded)] == ["Hi."]
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert here.speaker.kept == {}


async def test_of_a_phrase_whose_session_dies_the_next_one_says_what_is_left() -> None:
    async with desk(FakeSession(), FakeSession()) as here:
        here.speaker.unkept.add("Hello there. How can I help?")
        here.engine.order(Say(1, "Hello there. How can I help?"))
        first = await here.ready()
        first.say("response.created", response={"id": "r", "metadata": {"offhook_reply": "1"}})
        first.say("response.output_audio_transcript.delta", response_id="r", delta="Hello there. ")
        first.say("response.output_audio.delta", **audio("r", 2_000))
        first.break_off()
        await settled()
        second = await here.ready(1)
        (asked,) = second.of("response.create")
        assert asked["response"]["input"][0]["content"][0]["text"] == 'Say exactly: "How can I help?"'
        assert second.told() == [("assistant", "Hello there. ")]
        second.say("response.created", response={"id": "q", "metadata": {"offhook_reply": "1"}})
        second.say("response.output_audio.delta", **audio("q", 500))
        second.say("response.done", response={"id": "q", "status": "completed", "output": []})
        await settled()
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert here.speaker.kept == {}


async def test_orders_before_the_engine_runs_are_carried_out() -> None:
    engine = RealtimeEngine(SERVER, FakeNever().take, FakeSpeaker())
    engine.order(Say(1, "Hello."))
    events = Events()
    running = asyncio.create_task(engine.run(events.append))
    await settled()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert events.of(ReplyDone) == [ReplyDone(1, None)]


class FakeAlways:
    def __init__(self, session: FakeSession) -> None:
        self._session = session

    async def take(self) -> FakeSession:
        return self._session


class FakeNever:
    async def take(self) -> FakeSession:
        await asyncio.Event().wait()
        raise AssertionError("nobody comes")


async def test_audio_waits_for_session_updated_and_goes_as_it_came() -> None:
    async with desk(FakeSession()) as here:
        for number in range(3):
            here.engine.hear(frame(number))
        session = here.sessions[0]
        assert [one["type"] for one in session.sent] == ["session.update"]
        await here.ready()
        here.engine.hear(frame(3))
        assert [one["audio"] for one in session.of("input_audio_buffer.append")] == [
            frame(number).payload for number in range(4)
        ]


async def test_an_answer_ordered_before_the_session_is_ready_is_asked_for_then() -> None:
    async with desk(FakeSession()) as here:
        here.engine.order(Answer(1, Conversation()))
        assert here.sessions[0].of("response.create") == []
        session = await here.ready()
        assert len(session.of("response.create")) == 1


async def test_a_turn_is_told_with_its_times_and_then_with_its_words() -> None:
    async with desk(FakeSession()) as here:
        session = await here.ready()
        for number in range(100):
            here.engine.hear(frame(number))
        session.say("input_audio_buffer.speech_started", audio_start_ms=200, item_id="u1")
        session.say("input_audio_buffer.speech_stopped", audio_end_ms=1_500, item_id="u1")
        session.say("input_audio_buffer.committed", item_id="u1")
        session.say("conversation.item.input_audio_transcription.completed", item_id="u1", transcript=" Hi. ")
        told: list[object] = []
        here.engine._emit = told.append
        await settled()
        assert told == [SpeechStarted(500), TurnTaken("u1", 500, 1_200), TurnWorded("u1", "Hi.")]


async def test_words_and_sound_and_what_was_used() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Good day.")
        session.say("response.output_audio.delta", **audio("r", 500))
        usage = {"output_token_details": {"audio_tokens": 10}}
        done = {"id": "r", "status": "completed", "output": [], "usage": usage, "metadata": {"offhook_reply": "1"}}
        session.say("response.done", response=done)
        await settled()
        assert [event.text for event in here.events.of(ReplyWorded)] == ["Good day."]
        assert "".join(event.text for event in here.events.of(ReplySpoken)) == "Good day."
        assert here.events.of(ReplyDone) == [ReplyDone(1, None)]
        assert [event.reply_id for event in here.events.of(Used)] == [1]


async def test_an_interruption_cancels_truncates_and_drops_what_comes_late() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("response.output_audio.delta", **audio("r", 500))
        await settled()
        here.engine.order(CancelReply(1, 300, "Good"))
        session.say("response.output_audio.delta", **audio("r", 500))
        await settled()
        assert [one["response_id"] for one in session.of("response.cancel")] == ["r"]
        assert [one["audio_end_ms"] for one in session.of("conversation.item.truncate")] == [300]
        assert len(here.events.of(ReplySpoken)) == 1
        here.engine.order(Answer(2, Conversation()))
        assert len(session.of("response.create")) == 1  # the first is not done yet
        done = {"id": "r", "status": "cancelled", "output": [{"id": "item", "type": "message"}]}
        session.say("response.done", response=done)
        await settled()
        assert len(session.of("response.create")) == 2
        assert session.of("conversation.item.delete") == []


async def test_what_was_made_for_nobody_is_forgotten() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        here.engine.order(CancelReply(1))
        done = {"id": "r", "status": "cancelled", "output": [{"id": "item", "type": "message"}]}
        session.say("response.done", response=done)
        await settled()
        assert [one["item_id"] for one in session.of("conversation.item.delete")] == ["item"]


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


async def test_keys_are_told_before_the_answer_is_asked_for() -> None:
    async with desk(FakeSession()) as here:
        session = await here.ready()
        here.engine.order(Answer(1, Conversation((turn("k", Role.CALLER, "[keys 12#]", 5),))))
        assert session.told() == [("user", "[keys 12#]")]
        assert [one["type"] for one in session.sent[-2:]] == ["conversation.item.create", "response.create"]


async def test_an_answer_that_the_engine_before_broke_off_is_told_and_gone_on_with() -> None:
    asked = turn("c", Role.CALLER, "When are you open?", 5)
    order = Answer(1, Conversation((asked, turn(BROKEN_OFF, Role.AGENT, "We are open from", 6))))
    told = [("user", "When are you open?"), ("assistant", "We are open from")]
    async with desk(FakeSession(), said=(asked,)) as here:
        here.engine.order(order)
        assert (await here.ready()).told() == told
    async with desk(FakeSession(), said=(asked,)) as here:
        session = await here.ready()
        here.engine.order(order)
        assert session.told() == told


async def test_a_phrase_that_was_cut_is_put_right() -> None:
    async with desk(FakeSession()) as here:
        session = await here.ready()
        here.engine.order(Say(1, "Hello there."))
        here.engine.order(CancelReply(1, 100, "Hello"))
        assert session.told() == [("assistant", "Hello there."), ("assistant", "Hello")]
        assert len(session.of("conversation.item.delete")) == 1


async def test_a_function_without_a_word_gets_its_words() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        call = {"type": "function_call", "call_id": "c", "name": "end_call", "arguments": "{}"}
        session.say("response.done", response={"id": "r", "status": "completed", "output": [call]})
        await settled()
        assert [event.text for event in here.events.of(ReplySpoken)] == [AGENT.closing]
        assert here.events.of(ReplyDone) == [ReplyDone(1, EndCall(EndReason.AGENT_GOODBYE.value))]


async def test_an_answer_that_is_limited_is_asked_for_when_the_vendor_wants_to_be_asked() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        error = {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Try again in 50ms."}
        session.say("response.done", response={"id": "r", "status": "failed", "status_details": {"error": error}})
        await settled()
        assert len(session.of("response.create")) == 1
        await until(lambda: len(session.of("response.create")) == 2)
        assert here.events.of(ReplyLost) == []


async def test_an_answer_that_is_limited_for_too_long_is_lost() -> None:
    async with desk(FakeSession()) as here:
        session = await here.answering()
        session.say("rate_limits.updated", rate_limits=[{"name": "tokens", "remaining": 0, "reset_seconds": 30.0}])
        error = {"type": "rate_limit_error", "code": "rate_limit_exceeded"}
        session.say("response.done", response={"id": "r", "status": "failed", "status_details": {"error": error}})
        await settled()
        assert [event.failure.code for event in here.events.of(ReplyLost)] == ["openai-realtime-rate-limited"]
        assert len(session.of("response.create")) == 1


async def test_a_filler_and_one_that_cannot_be_had() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.missing.add("Hm.")
        here.engine.order(Fill(1, "Hm."))
        here.engine.order(Fill(1, "Let me see."))
        await settled()
        assert [event.text for event in here.events.of(ReplyFilled)] == ["Let me see."]


async def test_a_phrase_that_cannot_be_spoken_is_a_lost_reply() -> None:
    async with desk(FakeSession()) as here:
        here.speaker.missing.add("Hello.")
        here.engine.order(Say(1, "Hello."))
        await settled()
        assert [event.reply_id for event in here.events.of(ReplyLost)] == [1]


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
