"""The realtime engine: what it is given, and what a session is told."""

import asyncio
import base64
from contextlib import suppress

from calls.conversation import BROKEN_OFF, Conversation, Role
from streamer.engines.realtime import RealtimeEngine
from streamer.events import (
    Answer,
    ReplyDone,
    ReplySpoken,
    Say,
    SpeechStarted,
    TurnTaken,
    TurnWorded,
)
from tests.streamer.engines.realtime_desk import SERVER, Desk, desk, turn, until
from tests.streamer.engines.realtime_parts import Events, FakeSession, FakeSpeaker, frame, settled
from tests.vendors.sounds import voice


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


def unasked(session: FakeSession) -> list[bool]:
    """What the session was told of turns that nobody asks it to answer."""
    turns = [one["session"]["audio"]["input"]["turn_detection"] for one in session.of("session.update")]
    return [one["create_response"] for one in turns]


async def test_a_session_answers_turns_unasked_while_the_agent_cannot_be_heard() -> None:
    async with desk(FakeSession()) as here:
        session = await here.ready()
        assert unasked(session) == [False]
        await until(lambda: len(unasked(session)) == 2)
        here.engine.order(Say(1, "Hello."))
        await until(lambda: len(unasked(session)) == 3)
        here.clock.now_s += 1.0  # it has sounded
        await until(lambda: len(unasked(session)) == 4)
        assert unasked(session) == [False, True, False, True]


async def a_turn_that_is_answered_unasked(here: Desk) -> FakeSession:
    """It is over, and nobody has asked for its answer yet."""
    session = await here.ready()
    await until(lambda: len(unasked(session)) == 2)
    session.say("session.updated", session=session.of("session.update")[-1]["session"])
    session.say("input_audio_buffer.committed", item_id="u1")
    await until(lambda: bool(here.events.of(TurnTaken)))
    return session


async def test_a_turn_that_is_answered_unasked_is_not_asked_for() -> None:
    async with desk(FakeSession()) as here:
        session = await a_turn_that_is_answered_unasked(here)
        here.engine.order(Answer(1, Conversation()))
        session.say("response.created", response={"id": "r", "metadata": None})
        session.say("response.output_audio_transcript.delta", response_id="r", delta="Yes.")
        audio = base64.b64encode(voice(40)).decode()
        session.say("response.output_audio.delta", response_id="r", item_id="i", content_index=0, delta=audio)
        session.say("response.done", response={"id": "r", "status": "completed", "metadata": None})
        await until(lambda: bool(here.events.of(ReplyDone)))
        assert session.of("response.create") == []
        assert "".join(one.text for one in here.events.of(ReplySpoken)) == "Yes."


async def test_keys_that_the_session_did_not_know_are_answered_anew() -> None:
    """What it made of the turn unasked does not know of them."""
    async with desk(FakeSession()) as here:
        session = await a_turn_that_is_answered_unasked(here)
        here.engine.order(Answer(1, Conversation((turn("k", Role.CALLER, "[keys 12#]", 5),))))
        assert session.told() == [("user", "[keys 12#]")]
        session.say("response.created", response={"id": "r", "metadata": None})
        session.say("response.done", response={"id": "r", "status": "cancelled", "metadata": None})
        await until(lambda: bool(session.of("response.create")))
        assert [one["response_id"] for one in session.of("response.cancel")] == ["r"]
