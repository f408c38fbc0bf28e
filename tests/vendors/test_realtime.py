"""OpenAI's own client on the simulated Realtime: whole conversations, and what each setting does to them."""

import asyncio
import base64
import time
from typing import Any

import pytest

from tests.vendors.script import ToolCall
from tests.vendors.script_speech import Heard, RealtimeConnection, SpokenAnswer, SpokenReply
from tests.vendors.sounds import recording, silence, voice
from tests.vendors.speech_client import LOOK_UP, realtime, telephone
from tests.vendors.speech_tone import tone

TURN = voice(400) + silence(800)
FAST = SpokenReply("Certainly.", first_audio_ms=5, times_realtime=100)
SLOW = SpokenReply("This is a long answer that goes on and on.", first_audio_ms=5, times_realtime=1)
CALL = ToolCall("look_up", '{"day": "Tuesday"}')
SPOKEN = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Are you open?"}]}


async def test_a_whole_conversation() -> None:
    connection = RealtimeConnection(
        heard=(Heard("is Tuesday free"), Heard("wait")),
        replies=(
            SpokenReply("Hello, this is Anna.", first_audio_ms=5, times_realtime=100),
            SpokenReply("One moment.", (CALL,), first_audio_ms=5, times_realtime=100),
            SpokenReply("It is free from nine to five, and you can come by at any time.", times_realtime=1),
        ),
        transcript_ms=30,
    )
    async with realtime(connection) as (vendors, talk):
        await talk.send("session.update", session=telephone(transcription={"model": "gpt-transcribe"}, tools=[LOOK_UP]))
        await talk.send("response.create")
        greeting = await talk.until("response.done")
        assert greeting["response"]["output"][0]["content"] == [
            {"type": "output_audio", "transcript": "Hello, this is Anna."}
        ]
        assert talk.audio() == voice_of("Hello, this is Anna.")
        await talk.heard(recording("auth-thankyou") + silence(900))
        called = (await talk.until("response.done"))["response"]["output"]
        assert [item["type"] for item in called] == ["message", "function_call"]
        assert (called[1]["name"], called[1]["arguments"]) == ("look_up", '{"day": "Tuesday"}')
        output = {"type": "function_call_output", "call_id": called[1]["call_id"], "output": "free"}
        await talk.send("conversation.item.create", item=output)
        await talk.send("response.create")
        delta = await talk.until("response.output_audio.delta")
        await talk.heard(voice(300))
        cut = (await talk.until("response.done"))["response"]
        assert (cut["status"], cut["status_details"]) == ("cancelled", {"type": "cancelled", "reason": "turn_detected"})
        place = {"item_id": delta["item_id"], "content_index": 0, "audio_end_ms": 80}
        await talk.send("conversation.item.truncate", **place)
        assert (await talk.until("conversation.item.truncated"))["audio_end_ms"] == 80
        await talk.send("conversation.item.retrieve", item_id=delta["item_id"])
        kept = await talk.until("conversation.item.retrieved")
        assert kept["item"]["content"] == [{"type": "output_audio", "transcript": ""}]
        completed = talk.of("conversation.item.input_audio_transcription.completed")
        assert [event["transcript"] for event in completed] == ["is Tuesday free"]
    await asyncio.sleep(0.05)
    meters = vendors.meters.realtime
    assert not meters.refusals
    assert (meters.sessions_opened, meters.sessions_open, meters.sockets_open) == (1, 0, 0)
    assert (meters.responses_created, meters.responses_cancelled, meters.truncations) == (3, 1, 1)
    assert meters.session_s > 0
    assert meters.appended_ms == pytest.approx(1000 * meters.audio_s_received)


def voice_of(text: str) -> bytes:
    """What SpokenReply makes of a text by default."""
    return b"".join(tone(one, 60) for one in text)


async def test_the_events_of_a_turn_come_in_their_order() -> None:
    async with realtime(RealtimeConnection(replies=(FAST,))) as (_, talk):
        await talk.heard(silence(1000) + TURN)
        await talk.until("response.done")
    started, stopped = (talk.of(f"input_audio_buffer.speech_{what}")[0] for what in ("started", "stopped"))
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (700, 1900)
    item_id = talk.of("input_audio_buffer.committed")[0]["item_id"]
    assert started["item_id"] == stopped["item_id"] == item_id
    assert talk.types("response.output_audio_transcript.delta")[2:] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    done = talk.of("conversation.item.done")
    assert [event["previous_item_id"] for event in done] == [None, item_id]


async def test_the_transcript_comes_after_the_answer_began_and_out_of_order() -> None:
    heard = (Heard("one two", transcript_ms=300), Heard("three", transcript_ms=20))
    async with realtime(RealtimeConnection(heard=heard, replies=(FAST,), word_ms=1)) as (_, talk):
        change = telephone(transcription={"model": "gpt-4o-mini-transcribe"})
        await talk.send("session.update", session=change)
        await talk.heard(TURN + TURN)
        event = "conversation.item.input_audio_transcription"
        first, second = [await talk.until(f"{event}.completed") for _ in range(2)]
        assert (first["transcript"], second["transcript"]) == ("three", "one two")
        assert [delta["delta"] for delta in talk.of(f"{event}.delta")] == ["three", "one", " two"]
        committed = [one["item_id"] for one in talk.of("input_audio_buffer.committed")]
        assert [second["item_id"], first["item_id"]] == committed
        assert first["usage"]["type"] == "tokens"
        assert talk.types().index("response.created") < talk.types().index(f"{event}.completed")


async def test_a_transcription_fails_and_another_is_billed_by_time() -> None:
    connection = RealtimeConnection(heard=(Heard("x", failed=True), Heard("yes")), replies=(FAST,), transcript_ms=5)
    async with realtime(connection) as (_, talk):
        await talk.send("session.update", session=telephone(transcription={"model": "whisper-1"}))
        await talk.heard(TURN)
        failed = await talk.until("conversation.item.input_audio_transcription.failed")
        assert failed["error"]["type"] == "server_error"
        await talk.heard(TURN)
        completed = await talk.until("conversation.item.input_audio_transcription.completed")
        assert completed["usage"] == {"type": "duration", "seconds": 1.2}


@pytest.mark.asyncio(loop_factories=["asyncio"])  # it waits for what does not come, and long
@pytest.mark.parametrize("kind", ["server_vad", "semantic_vad"])
async def test_no_response_is_made_and_none_is_interrupted_unless_it_is_wanted(kind: str) -> None:
    quiet = {"type": kind, "create_response": False, "interrupt_response": False}
    async with realtime(RealtimeConnection(replies=(SLOW,))) as (vendors, talk):
        await talk.send("session.update", session=telephone(turn_detection=quiet))
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        await talk.heard(TURN)
        assert (await talk.until("response.done"))["response"]["status"] == "completed"
        assert talk.of("input_audio_buffer.committed")
        assert vendors.meters.realtime.responses_created == 1


async def test_a_turn_that_ends_while_the_model_answers_says_so() -> None:
    stubborn = {"type": "server_vad", "interrupt_response": False}
    async with realtime(RealtimeConnection(replies=(SLOW,))) as (vendors, talk):
        await talk.send("session.update", session=telephone(turn_detection=stubborn))
        await talk.send("response.create")
        await talk.heard(TURN)
        assert (await talk.error("conversation_already_has_active_response"))["event_id"] is None
        assert not vendors.meters.realtime.refusals


async def test_without_turn_detection_the_client_commits() -> None:
    async with realtime(RealtimeConnection(replies=(FAST,))) as (_, talk):
        await talk.send("session.update", session=telephone(turn_detection=None))
        await talk.heard(TURN)
        await talk.send("input_audio_buffer.commit")
        item_id = (await talk.until("input_audio_buffer.committed"))["item_id"]
        await talk.send("conversation.item.retrieve", item_id=item_id)
        item = (await talk.until("conversation.item.retrieved"))["item"]
        assert base64.b64decode(item["content"][0]["audio"]) == TURN
        await talk.heard(TURN)
        await talk.send("input_audio_buffer.clear")
        await talk.until("input_audio_buffer.cleared")
        await talk.send("response.create")
        await talk.until("response.done")
        assert "input_audio_buffer.speech_started" not in talk.types()


async def test_a_silent_caller_is_prompted_after_the_idle_timeout() -> None:
    patient = {"type": "server_vad", "idle_timeout_ms": 6000}
    async with realtime(RealtimeConnection(replies=(FAST,), idle_ms=50)) as (_, talk):
        await talk.send("session.update", session=telephone(turn_detection=patient))
        await talk.send("response.create")
        await talk.heard(silence(300))
        started_s = time.monotonic()
        told = await talk.until("input_audio_buffer.timeout_triggered")
        assert time.monotonic() - started_s >= 0.6  # what was said takes 600 ms to play
        assert (told["audio_start_ms"], told["audio_end_ms"]) == (250, 300)
        assert (await talk.until("input_audio_buffer.committed"))["item_id"] == told["item_id"]
        await talk.until("response.done")


async def test_out_of_band_it_says_exactly_what_it_is_told_beside_the_conversation() -> None:
    async with realtime(RealtimeConnection(replies=(SLOW,))) as (_, talk):
        await talk.send("response.create")
        await talk.until("response.output_audio.delta")
        asked = {
            "conversation": "none",
            "metadata": {"for": "filler"},
            "instructions": 'Say exactly: "One \\"moment\\"."',
        }
        await talk.send("response.create", response={**asked, "input": []})
        made = await talk.until("response.created")
        assert (made["response"]["conversation_id"], made["response"]["metadata"]) == (None, {"for": "filler"})
        words = ""
        while words != 'One "moment".':
            delta = await talk.until("response.output_audio_transcript.delta")
            if delta["response_id"] == made["response"]["id"]:
                words += delta["delta"]
        await talk.send("response.cancel", response_id=made["response"]["id"])
        assert (await talk.until("response.done"))["response"]["id"] == made["response"]["id"]
        await talk.send("response.cancel")
        done = (await talk.until("response.done"))["response"]
        assert done["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert len(talk.of("conversation.item.added")) == 1


async def test_the_words_are_chosen_by_the_callers_or_by_thinking() -> None:
    seen: list[Any] = []

    def think(messages: Any) -> SpokenReply | None:
        seen.append(list(messages))
        return None if len(seen) == 1 else FAST

    answer = SpokenAnswer("open", SpokenReply("Until five.", form="text", first_audio_ms=5))
    async with realtime(RealtimeConnection(answers=(answer,)), think=think) as (_, talk):
        await talk.send("session.update", session={"type": "realtime", "instructions": "Be kind."})
        await talk.send("conversation.item.create", item=SPOKEN)
        await talk.send("response.create")
        done = (await talk.until("response.done"))["response"]
        assert done["output"][0]["content"] == [{"type": "output_text", "text": "Until five."}]
        assert done["usage"]["output_token_details"] == {"text_tokens": 3, "audio_tokens": 0}
        await talk.send("response.create")
        assert (await talk.until("response.done"))["response"]["output"][0]["content"][0]["transcript"] == "Certainly."
    system, user = {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Are you open?"}
    assert seen == [[system, user], [system, user, {"role": "assistant", "content": "Until five."}]]


@pytest.mark.parametrize(("keeps_word", "unasked"), [(True, 1), (False, 0)])
async def test_whether_a_turns_end_makes_a_response_is_scripted(keeps_word: bool, unasked: int) -> None:
    """create_response is on from the beginning; the client asks for a response all the same."""
    async with realtime(RealtimeConnection(replies=(FAST,), answers_unasked=keeps_word)) as (vendors, talk):
        await talk.heard(silence(1000) + TURN)
        await talk.until("response.done" if keeps_word else "input_audio_buffer.committed")
        await talk.send("response.create")
        await talk.until("response.done")
        meters = vendors.meters.realtime
        assert (meters.responses_unasked, meters.responses_created) == (unasked, unasked + 1)
