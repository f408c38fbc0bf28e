"""OpenAI's own client on the simulated Live: a whole conversation, full duplex, delegation."""

import asyncio
import base64
from typing import Any

import pytest

from tests.vendors.script import ToolCall
from tests.vendors.script_speech import Heard, LiveConnection, SpokenReply
from tests.vendors.sounds import recording, silence, voice
from tests.vendors.speech_client import LOOK_UP, Talk, closed, live
from tests.vendors.speech_tone import tone

APPEND = "session.input_audio.append"
RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.6-luna", "tools": [LOOK_UP]}}
SHORT = SpokenReply("ok", first_audio_ms=100, character_ms=100)
CALLING = SpokenReply("hm", (ToolCall("look_up", "{}"),), first_audio_ms=100, character_ms=100)
LONG = SpokenReply("abcdefghijklmnopqrst", first_audio_ms=100, character_ms=100)


def output_of(talk: Talk) -> bytes:
    return talk.audio("session.output_audio.delta")


def words_of(talk: Talk, side: str) -> str:
    return "".join(event["delta"] for event in talk.of(f"session.{side}_transcript.delta"))


def spoken_ms(audio: bytes) -> list[int]:
    """Which milliseconds of the output are not silence."""
    return [at for at in range(len(audio) // 8) if audio[8 * at : 8 * at + 8] != silence(1)]


async def test_a_whole_conversation() -> None:
    connection = LiveConnection(
        heard=(Heard("is Tuesday free"),), replies=(CALLING, LONG), usage_every_s=2, commentary_ms=100
    )
    async with live(connection) as (vendors, talk):
        await talk.send("session.commentary.append", content="Hello.", delegation_id=None, event_id="greeting")
        await talk.heard(silence(1000), APPEND)
        assert (await talk.until("session.commentary.appended"))["client_event_id"] == "greeting"
        await talk.heard(recording("auth-thankyou") + silence(600), APPEND)
        delegation = (await talk.until("session.delegation.created"))["delegation"]
        assert delegation["target"] == "client"
        await talk.send("session.thinking.append", content="Looking it up.", delegation_id=delegation["id"])
        await talk.send("session.commentary.append", content="Free!", delegation_id=delegation["id"])
        await talk.heard(silence(1400), APPEND)
        await talk.until("session.thinking.appended")
        await talk.until("session.commentary.appended")
        await talk.heard(voice(400) + silence(600) + voice(400) + silence(1200), APPEND)
        await talk.send("session.close", event_id="bye")
        over = await talk.until("session.closed")
        assert (over["reason"], over["client_event_id"]) == ("close_requested", "bye")
        assert over["usage"]["seconds"] == pytest.approx(over_ms(talk) / 1000, abs=0.2)
        assert await closed(talk) == (1000, "")
        assert words_of(talk, "input") == "is Tuesday free" * 3
        said = words_of(talk, "output")
        assert said.startswith("Hello.")
        assert "hm" in said
        assert "Free!" in said
        usage = [event["usage"]["seconds"] for event in talk.of("session.usage.updated")]
        assert usage == sorted(usage)
        assert len(usage) >= 2
    await asyncio.sleep(0.05)
    meters = vendors.meters.live
    assert (meters.sessions_opened, meters.sessions_open, len(meters.refusals)) == (1, 0, 0)
    assert meters.appended_ms == pytest.approx(1000 * over["usage"]["seconds"], abs=1)


def over_ms(talk: Talk) -> float:
    """How much audio came out: as much as went in, but for a piece."""
    return len(output_of(talk)) / 8


async def test_the_clock_is_the_audio_that_comes_in_and_silence_goes_out() -> None:
    async with live() as (_, talk):
        await talk.send("session.commentary.append", content="a", delegation_id=None)
        await talk.send("session.update", session={})
        await talk.until("session.updated")
        assert talk.types() == ["session.started", "session.updated"]
        await talk.heard(silence(1000), APPEND)
        await talk.send("session.update", session={})
        await talk.until("session.updated")
        audio = output_of(talk)
        assert len(audio) == 8000
        assert audio[850 * 8 : 910 * 8] == tone("a", 60)
        assert audio[: 850 * 8] == silence(850)


async def test_silence_can_be_left_out_and_speech_run_ahead() -> None:
    connection = LiveConnection(silence="omitted", ahead_ms=500, commentary_ms=0)
    async with live(connection) as (_, talk):
        await talk.send("session.commentary.append", content="abcdefgh", delegation_id=None)
        await talk.heard(silence(100), APPEND)
        await talk.send("session.update", session={})
        await talk.until("session.updated")
        assert len(output_of(talk)) == 500 * 8


async def test_the_model_answers_and_gives_way_without_a_word() -> None:
    async with live(LiveConnection(replies=(LONG,), transcript_ms=0)) as (_, talk):
        await talk.heard(voice(400) + silence(1000) + voice(500) + silence(100), APPEND)
        await talk.send("session.close")
        await talk.until("session.closed")
        spoken = spoken_ms(output_of(talk))
        assert (spoken[0], spoken[-1]) == (900, 1599)
        heard = talk.of("session.input_transcript.delta")[0]
        assert (heard["start_ms"], heard["end_ms"]) == (0, 250)
        assert set(talk.types()) == {
            "session.started",
            "session.output_audio.delta",
            "session.output_transcript.delta",
            "session.input_transcript.delta",
            "session.closed",
        }


async def test_a_model_that_does_not_give_way() -> None:
    async with live(LiveConnection(replies=(LONG,), yielding=False)) as (_, talk):
        await talk.heard(voice(400) + silence(1000) + voice(500) + silence(100), APPEND)
        await talk.send("session.close")
        await talk.until("session.closed")
        assert spoken_ms(output_of(talk))[-1] >= 1900


async def test_what_it_is_told_to_say_waits_for_the_caller() -> None:
    async with live(LiveConnection(replies=(SHORT,), commentary_ms=0)) as (_, talk):
        await talk.heard(voice(400), APPEND)
        await talk.send("session.commentary.append", content="abc", delegation_id=None)
        await talk.heard(voice(200) + silence(1200), APPEND)
        await talk.send("session.close")
        await talk.until("session.closed")
        assert words_of(talk, "output") == "abcok"
        assert spoken_ms(output_of(talk))[0] >= 1000


async def test_instructions_greet_and_muting_is_silence() -> None:
    async with live(LiveConnection(instructions_ms=100)) as (_, talk):
        await talk.send("session.instructions.append", content='Say exactly "Hello".', delegation_id=None)
        await talk.send("session.input_audio.mute", event_id="m")
        assert (await talk.until("session.input_audio.muted"))["client_event_id"] == "m"
        await talk.heard(voice(600) + silence(900), APPEND)
        await talk.send("session.input_audio.unmute")
        await talk.until("session.input_audio.unmuted")
        assert words_of(talk, "output") == "Hello"
        assert not words_of(talk, "input")


async def test_instructions_that_ask_for_an_answer_get_the_next_one() -> None:
    async with live(LiveConnection(replies=(SHORT,), instructions_ms=100)) as (_, talk):
        for content in ("The caller is a regular.", "The caller pressed 1: answer it now."):
            await talk.send("session.instructions.append", content=content, delegation_id=None)
        await talk.heard(silence(1200), APPEND)
        await talk.send("session.close")
        await talk.until("session.closed")
        assert words_of(talk, "output") == SHORT.text


async def test_a_responses_backend_calls_a_function_and_its_text_is_spoken() -> None:
    async with live(LiveConnection(replies=(CALLING, SHORT)), delegation=RESPONSES) as (_, talk):
        await talk.heard(voice(400) + silence(1200), APPEND)
        created = (await talk.until("session.delegation.created"))["delegation"]
        call: dict[str, Any] = {}
        while call.get("type") != "function_call":
            event = await talk.until("response.event")
            assert event["delegation_id"] == created["id"]
            call = event["event"].get("item", {}) if event["event"]["type"] == "response.output_item.done" else {}
        assert call["name"] == "look_up"
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "Free."}
        await talk.send("response.item.create", item=output)
        await talk.send("response.create")
        await talk.heard(silence(1500), APPEND)
        while True:
            event = (await talk.until("response.event"))["event"]
            if event["type"] == "response.completed" and event["response"]["id"] != created["response_id"]:
                break
        assert event["response"]["usage"]["output_tokens"] == 2
        await talk.send("session.close")
        await talk.until("session.closed")
        assert words_of(talk, "output") == "hmFree."


async def test_a_fixture_is_played() -> None:
    async with live(LiveConnection(replies=(LONG,))) as (_, talk):
        loud = base64.b64encode(b"\x00\x40\x00\xc0" * 24 * 100).decode()
        await talk.send("session.output_audio.fixture.play", audio=loud, event_id="f")
        assert (await talk.until("session.output_audio.fixture.playing"))["client_event_id"] == "f"
        await talk.send("session.commentary.append", content="x", delegation_id=None)
        await talk.error("audio_fixture_active")
        await talk.heard(silence(300), APPEND)
        assert (await talk.until("session.output_audio.fixture.played"))["client_event_id"] == "f"
        assert output_of(talk)[:800] != silence(100)
