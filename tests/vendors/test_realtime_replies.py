"""What a reply of the simulated Realtime can be: its cost, its end, its sound, and the history it is made from."""

import asyncio
import base64
import time

import httpx
import pytest

from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_speech import RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.sounds import silence, voice
from tests.vendors.speech_client import realtime, realtime_to, telephone
from tests.vendors.vendors import METERS_PATH, Vendors

TURN = voice(400) + silence(800)
FAST = SpokenReply("Certainly.", first_audio_ms=5, times_realtime=100)
SPOKEN = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Are you open?"}]}


async def test_usage_counts_what_was_in_the_context_before_as_cached() -> None:
    async with realtime(RealtimeConnection(replies=(FAST,))) as (_, talk):
        await talk.send("session.update", session={"type": "realtime", "instructions": "one two three"})
        await talk.heard(TURN)
        first = (await talk.until("response.done"))["response"]["usage"]
        await talk.send("response.create")
        second = (await talk.until("response.done"))["response"]["usage"]
    assert first["input_token_details"]["text_tokens"] == 3
    assert first["input_token_details"]["audio_tokens"] == 9
    assert first["input_token_details"]["cached_tokens"] == 0
    assert first["output_token_details"] == {"text_tokens": 2, "audio_tokens": 12}
    assert first["total_tokens"] == 12 + 14
    assert second["input_tokens"] == 12 + 14
    assert second["input_token_details"]["cached_tokens_details"] == {
        "text_tokens": 3,
        "audio_tokens": 9,
        "image_tokens": 0,
    }


async def test_history_is_put_in_its_place_and_deleted() -> None:
    async with realtime() as (_, talk):
        last = {
            "id": "last",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi"}],
        }
        first = {"id": "first", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hm"}]}
        await talk.send("conversation.item.create", item=last)
        await talk.send("conversation.item.create", item=first, previous_item_id="root")
        await talk.send("conversation.item.create", item={**SPOKEN, "id": "middle"}, previous_item_id="first")
        added = [await talk.until("conversation.item.added") for _ in range(3)]
        assert [event["previous_item_id"] for event in added] == [None, None, "first"]
        await talk.send("conversation.item.delete", item_id="middle")
        assert (await talk.until("conversation.item.deleted"))["item_id"] == "middle"
        await talk.send("conversation.item.create", item={**SPOKEN, "id": "middle"})
        assert (await talk.until("conversation.item.added"))["previous_item_id"] == "last"


async def test_a_response_is_cut_at_its_most_tokens() -> None:
    async with realtime(RealtimeConnection(replies=(SpokenReply("one two three four", first_audio_ms=5),))) as (
        _,
        talk,
    ):
        await talk.send("response.create", response={"max_output_tokens": 12})
        done = (await talk.until("response.done"))["response"]
        assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
        assert done["output"][0]["content"][0]["transcript"] == "one two"
        assert done["usage"]["output_tokens"] == 2 + 8
        assert (done["output"][0]["status"], done["max_output_tokens"]) == ("incomplete", 12)


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "insufficient_quota", "server_error"])
async def test_a_response_fails(code: str) -> None:
    reply = SpokenReply("", outcome="failed", error_code=code, first_audio_ms=5)
    async with realtime(RealtimeConnection(replies=(reply,))) as (_, talk):
        await talk.send("response.create")
        done = (await talk.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["error"]["code"], done["output"]) == ("failed", code, [])


async def test_a_response_with_nothing_in_it() -> None:
    async with realtime(RealtimeConnection(replies=(SpokenReply(form="nothing", first_audio_ms=5),))) as (_, talk):
        await talk.send("response.create")
        done = (await talk.until("response.done"))["response"]
        assert (done["status"], done["output"]) == ("completed", [])


async def test_audio_stalls_and_the_response_can_still_be_cancelled() -> None:
    async with realtime(RealtimeConnection(replies=(SpokenReply(first_audio_ms=5, stall_after_ms=0),))) as (_, talk):
        await talk.send("response.create")
        await talk.until("rate_limits.updated")
        await asyncio.sleep(0.1)
        await talk.send("response.cancel")
        assert (await talk.until("response.done"))["response"]["status"] == "cancelled"
        assert not talk.of("response.output_audio.delta")


async def test_audio_comes_when_and_as_it_is_scripted() -> None:
    reply = SpokenReply("ab", first_audio_ms=200, character_ms=100, piece_ms=50, lead_silence_ms=100, times_realtime=10)
    async with realtime(RealtimeConnection(replies=(reply,))) as (vendors, talk):
        await talk.send("response.create")
        await talk.until("response.done")
    assert [len(base64.b64decode(event["delta"])) for event in talk.of("response.output_audio.delta")] == [400] * 6
    audio = talk.audio()
    assert (audio[:800], audio[801:] != silence(200)[1:]) == (silence(100), True)
    moments = {moment.what: moment.at_s for moment in vendors.meters.realtime.moments}
    assert 0.195 <= moments["first audio"] - moments["answer asked for"] < 2
    assert "session.updated" in moments


async def test_every_format_is_heard_and_spoken() -> None:
    for kind, bytes_per_ms in (("audio/pcm", 48), ("audio/pcma", 8)):
        async with realtime(RealtimeConnection(replies=(FAST,))) as (_, talk):
            heard = {"input": {"format": {"type": kind}}, "output": {"format": {"type": kind}}}
            await talk.send("session.update", session={"type": "realtime", "audio": heard})
            loud = b"\x00\x40\x00\xc0" * 12 * 400 if kind == "audio/pcm" else b"\xaa\x2a" * 4 * 400
            quiet = b"\x00" * 48 * 800 if kind == "audio/pcm" else b"\xd5" * 8 * 800
            await talk.heard(loud + quiet)
            await talk.until("response.done")
            assert len(talk.audio()) == pytest.approx(600 * bytes_per_ms, abs=8)


async def test_unknown_events_and_slow_answers_come_between() -> None:
    script = RealtimeScript((RealtimeConnection(replies=(FAST,), unknown_every=3, created_ms=60, updated_ms=60),))
    async with Vendors(Script(openai=OpenAIScript(realtime=script))) as vendors:
        started_s = time.monotonic()
        async with realtime_to(vendors) as (talk, connection):
            await talk.until("session.created")
            await connection.session.update(session=telephone())
            await talk.until("session.updated")
            assert time.monotonic() - started_s >= 0.12
            await talk.send("response.create")
            await talk.until("response.done")
            assert len(talk.of("session.weather.updated")) >= 4


async def test_sessions_have_scripts_of_their_own_and_meters_by_http() -> None:
    script = RealtimeScript(tuple(RealtimeConnection(replies=(SpokenReply(text, first_audio_ms=1),)) for text in "ab"))
    async with (
        Vendors(Script(openai=OpenAIScript(realtime=script))) as vendors,
        httpx.AsyncClient(trust_env=False) as http,
        realtime_to(vendors) as (one, _),
        realtime_to(vendors) as (other, _),
    ):
        for talk, text in ((one, "a"), (other, "b")):
            await talk.send("response.create")
            done = (await talk.until("response.done"))["response"]
            assert done["output"][0]["content"][0]["transcript"] == text
        meters = (await http.get(vendors.openai_url.removesuffix("/v1") + METERS_PATH + "/realtime")).json()
        assert (meters["sessions_open"], meters["responses_created"], meters["refusals_by_code"]) == (2, 2, {})
