"""Fixed phrases over the simulated vendor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from calls.errors import ProviderFailed
from calls.usage import Kind, Unit, Usage
from streamer.metering import UsageMeter
from streamer.providers import openai_realtime
from streamer.providers.openai_phrases import RealtimeSpeaker
from streamer.providers.openai_realtime import OpenAIRealtime
from streamer.providers.openai_realtime_failures import OPENAI_REALTIME
from streamer.providers.openai_realtime_sessions import RealtimeSessions
from streamer.providers.vendor_socket import VendorSockets
from tests.fakes.agents import AGENT
from tests.vendors.script import Fault, OpenAIScript, Script
from tests.vendors.script_speech import RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.speech_tone import tone
from tests.vendors.vendors import Vendors

MODELS = ("gpt-realtime-2.1", "gpt-realtime-2")
FAST = SpokenReply(first_audio_ms=5, character_ms=20, times_realtime=50)
GOOD = RealtimeConnection(replies=(FAST,))


@asynccontextmanager
async def vendor(
    *connections: RealtimeConnection, key: str = "openai-key"
) -> AsyncIterator[tuple[Vendors, RealtimeSessions]]:
    async with Vendors(Script(openai=OpenAIScript(realtime=RealtimeScript(connections)))) as vendors:
        sockets = VendorSockets(OPENAI_REALTIME, {"Authorization": f"Bearer {key}"})
        try:
            yield vendors, RealtimeSessions(sockets, vendors.openai_url, MODELS)
        finally:
            await sockets.aclose()


async def spoken(sessions: RealtimeSessions, text: str) -> bytes:
    speaker = RealtimeSpeaker(sessions.open, MODELS[0], "marin")
    pieces = [piece async for piece in speaker.speak(text)]
    assert "".join(piece.text for piece in pieces) == text
    return b"".join(piece.mulaw for piece in pieces)


async def test_the_words_and_nothing_else_without_the_silence_before_them() -> None:
    async with vendor(replace(GOOD, replies=(replace(FAST, lead_silence_ms=400),))) as (vendors, sessions):
        mulaw = await spoken(sessions, "Hello there.")
        assert tone("H", 20) in mulaw
        assert 0 <= mulaw.index(tone("H", 20)) <= 8 * 60
    assert vendors.meters.realtime.sessions_open == 0
    assert list(vendors.meters.realtime.refusals) == []


async def test_other_words_are_asked_for_once_more() -> None:
    deaf = replace(
        GOOD, say="never matches", replies=(replace(FAST, text="Something else."), replace(FAST, text="Hi."))
    )
    async with vendor(deaf) as (vendors, sessions):
        assert await spoken(sessions, "Hi.")
    assert vendors.meters.realtime.responses_created == 2


async def test_every_response_is_metered_also_one_that_is_left() -> None:
    used: list[Usage] = []
    deaf = replace(
        GOOD, say="never matches", replies=(replace(FAST, text="Something else."), replace(FAST, text="Hi."))
    )
    slow = replace(GOOD, replies=(replace(FAST, character_ms=200, times_realtime=1),))
    async with vendor(deaf, slow) as (_, sessions):
        speaker = RealtimeSpeaker(sessions.open, MODELS[0], "marin", used.append)
        assert [piece.text async for piece in speaker.speak("Hi.")] == ["Hi."]
        assert [(one.kind, one.model, one.is_estimated) for one in used] == [(Kind.REALTIME, MODELS[0], False)] * 2
        assert all(one.amounts[Unit.AUDIO_OUT] > 0 for one in used)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(speaker.speak("A long goodbye."))
    assert [one.is_estimated for one in used] == [False, False, True]


async def test_phrases_that_could_not_be_had_at_the_start_are_spoken_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_realtime, "AGAIN_AFTER_S", 0.01)
    script = Script(
        openai=OpenAIScript(realtime=RealtimeScript((replace(GOOD, fault=Fault("status", status=500)), GOOD)))
    )
    async with Vendors(script) as vendors:
        realtime = OpenAIRealtime("openai-key", vendors.openai_url, tmp_path)
        await realtime.warm(AGENT, ("Hi.",), date(2026, 11, 22))
        speaker = realtime.speaker(AGENT, ("Hi.",), UsageMeter())
        assert not speaker.has("Hi.")
        running = asyncio.create_task(realtime.run())
        async with asyncio.timeout(3):
            while not speaker.has("Hi."):  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.wait([running])
        await realtime.aclose()
    assert vendors.meters.realtime.sessions_opened == 1


async def test_a_model_that_will_not_say_them_has_failed() -> None:
    deaf = replace(GOOD, say="never matches", replies=(replace(FAST, text="Something else."),))
    async with vendor(deaf) as (vendors, sessions):
        with pytest.raises(ProviderFailed) as caught:
            await spoken(sessions, "Hi.")
    assert caught.value.failure.code == "openai-realtime-silent"
    assert vendors.meters.realtime.sessions_open == 0


@pytest.mark.parametrize(
    ("connection", "code"),
    [
        (replace(GOOD, fault=Fault("status", status=429)), "openai-realtime-rate-limited"),
        (replace(GOOD, replies=(replace(FAST, outcome="failed"),)), "openai-realtime-rate-limited"),
        (replace(GOOD, fault=Fault("drop", after_messages=2)), "openai-realtime-lost"),
        (replace(GOOD, fault=Fault("close", after_messages=2)), "openai-realtime-lost"),
    ],
)
async def test_a_vendor_that_fails(connection: RealtimeConnection, code: str) -> None:
    async with vendor(connection) as (vendors, sessions):
        with pytest.raises(ProviderFailed) as caught:
            await spoken(sessions, "Hi.")
    assert caught.value.failure.code == code
    assert vendors.meters.realtime.sessions_open == 0


async def test_a_wrong_key() -> None:
    async with vendor(GOOD, key="wrong") as (_, sessions):
        with pytest.raises(ProviderFailed) as caught:
            await sessions.open()
    assert caught.value.failure.code == "openai-realtime-unauthorised"


async def test_a_model_that_is_not_to_be_had_is_passed_over() -> None:
    async with vendor(replace(GOOD, fault=Fault("status", status=404)), GOOD) as (_, sessions):
        session = await sessions.open()
        assert session.model == MODELS[1]
        assert session.is_open
        assert session.expires_at_s > session.now_s() + 3_000
        session.close()
        assert not session.is_open


async def test_a_session_near_its_end_is_not_given_away() -> None:
    async with vendor(replace(GOOD, expires_s=200)) as (_, sessions):
        session = await sessions.open()
        assert not session.is_open
        session.close()


async def test_a_session_that_is_never_created() -> None:
    async with vendor(replace(GOOD, fault=Fault("error"))) as (vendors, sessions):
        with pytest.raises(ProviderFailed):
            await sessions.open()
    assert vendors.meters.realtime.sessions_open == 0


async def test_a_call_after_another_finds_a_session_open() -> None:
    """None is opened before the first call was answered; then one is kept, and closed when the task ends."""
    async with vendor(GOOD) as (vendors, sessions):
        keeping = asyncio.create_task(sessions.run())
        await asyncio.sleep(0.05)
        assert vendors.meters.realtime.sessions_opened == 0
        (await sessions.take()).close()
        async with asyncio.timeout(3):
            while vendors.meters.realtime.sessions_opened < 2:  # noqa: ASYNC110 - the vendor tells nobody
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        kept = await sessions.take()
        assert vendors.meters.realtime.sessions_opened == 2
        assert kept.is_open
        kept.close()
        keeping.cancel()
        await asyncio.wait([keeping])
    assert vendors.meters.realtime.sessions_open == 0
