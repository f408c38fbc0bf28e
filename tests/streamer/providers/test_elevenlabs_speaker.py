"""ElevenLabs over real sockets and HTTP to a simulated ElevenLabs: speech, interruptions, failures."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import pytest

from calls.errors import ProviderFailed
from streamer.engines.ports import Spoken
from streamer.providers.elevenlabs_failures import ELEVENLABS
from streamer.providers.elevenlabs_http import SpeechRequests, http_client
from streamer.providers.elevenlabs_messages import socket_url
from streamer.providers.elevenlabs_socket import SpeechSocket
from streamer.providers.elevenlabs_speaker import ElevenLabsSpeaker
from streamer.providers.vendor_socket import VendorSockets
from tests.vendors.meters import Meters
from tests.vendors.script import ElevenLabsScript, Fault, Kind, Script, Speaking
from tests.vendors.vendors import Vendors

MODEL = "eleven_flash_v2_5"
QUICK = Speaking(first_byte_ms=20, times_realtime=50)
TEXT = "Hello there, this is Acme. How can I help?"


@dataclass(frozen=True, slots=True)
class Line:
    speaker: ElevenLabsSpeaker
    vendors: Vendors

    @property
    def meters(self) -> Meters:
        return self.vendors.meters.elevenlabs


@asynccontextmanager
async def line(
    *sockets: Speaking, requests: Speaking = QUICK, key: str = "elevenlabs-key", refused: bool = False
) -> AsyncIterator[Line]:
    """A speaker that runs, on a socket that is open (where it opens at all). In every test what it tells of its use is
    what the vendor counted."""
    script = Script(elevenlabs=ElevenLabsScript((requests,), sockets or (QUICK,), refused=refused))
    async with Vendors(script) as vendors, contextlib.aclosing(http_client(key, connect_s=0.5)) as client:
        opener = VendorSockets(ELEVENLABS, {"xi-api-key": key}, open_timeout_s=0.2, close_timeout_s=0.1)
        url = socket_url(vendors.elevenlabs_url, "heart", MODEL)
        socket = SpeechSocket(partial(opener.open, url), first_s=0.3, between_s=0.3)
        told: list[int] = []
        http = SpeechRequests(client, vendors.elevenlabs_url, "heart", MODEL, 0.3, 0.3, metered=told.append)
        speaker = ElevenLabsSpeaker(socket, http, opening_s=0.4, metered=told.append)
        running = asyncio.create_task(speaker.run())
        try:
            yield Line(speaker, vendors)
        finally:
            running.cancel()
            await asyncio.wait([running])
            await opener.aclose()
        assert sum(told) == vendors.meters.elevenlabs.characters


async def all_of(pieces: AsyncGenerator[Spoken, None]) -> list[Spoken]:
    async with asyncio.timeout(3):
        return [piece async for piece in pieces]


def text_of(pieces: list[Spoken]) -> str:
    return "".join(piece.text for piece in pieces)


def duration_ms(pieces: list[Spoken]) -> int:
    return sum(len(piece.mulaw) for piece in pieces) // 8


async def test_a_text_is_spoken_piece_by_piece_with_its_words() -> None:
    async with line(replace(QUICK, lead_silence_ms=200)) as there:
        pieces = await all_of(there.speaker.speak(TEXT))

    assert text_of(pieces) == TEXT
    assert pieces[0] == Spoken(pieces[0].mulaw, "")
    assert pieces[1].text == "Hello "
    assert duration_ms(pieces) == 60 * (len(TEXT) + 1)
    assert (there.meters.requests, there.meters.sockets_opened) == (1, 1)
    assert (list(there.meters.refusals), list(there.meters.remarks)) == ([], [])


async def test_the_texts_of_a_reply_are_spoken_in_one_context_as_they_come() -> None:
    async def clauses() -> AsyncIterator[str]:
        yield "Sure, "
        await asyncio.sleep(0.1)
        yield "I can book that. "
        yield "Anything else?"

    async with line() as there:
        pieces = await all_of(there.speaker.speak_all(clauses()))

    assert text_of(pieces) == "Sure, I can book that. Anything else?"
    assert [moment.what for moment in there.meters.moments].count("first audio") == 1


async def test_many_replies_on_one_socket() -> None:
    async with line() as there:
        for _ in range(8):
            assert text_of(await all_of(there.speaker.speak("Yes, certainly."))) == "Yes, certainly."

    assert (there.meters.sockets_opened, there.meters.requests) == (1, 1)


async def test_an_interrupted_reply_is_not_heard_of_again() -> None:
    async with line(replace(QUICK, times_realtime=5)) as there:
        async with contextlib.aclosing(there.speaker.speak("This is a long story that nobody wants.")) as pieces:
            await anext(pieces)
        after = await all_of(there.speaker.speak("Sorry."))

    assert text_of(after) == "Sorry."
    assert duration_ms(after) == 60 * 7
    assert there.meters.sockets_opened == 1


async def test_an_interrupted_reply_in_the_making_stops_the_vendor() -> None:
    async def story() -> AsyncIterator[str]:
        yield "This is a long story that goes on and on. "
        await asyncio.Event().wait()

    async with line(replace(QUICK, times_realtime=5)) as there:
        async with contextlib.aclosing(there.speaker.speak_all(story())) as pieces:
            await anext(pieces)
        await asyncio.sleep(0.1)
        sent_s = there.meters.audio_s_sent
        await asyncio.sleep(0.1)

        assert there.meters.audio_s_sent == sent_s < 1.5


async def test_replies_given_up_in_a_row_do_not_fill_the_socket() -> None:
    async with line(replace(QUICK, times_realtime=5)) as there:
        for _ in range(8):
            async with contextlib.aclosing(there.speaker.speak("A short text.")) as pieces:
                await anext(pieces)

    assert list(there.meters.refusals) == []


async def test_without_a_socket_it_goes_over_http() -> None:
    async with line(replace(QUICK, fault=Fault("stall"))) as there:
        pieces = await all_of(there.speaker.speak(TEXT))

    assert text_of(pieces) == TEXT
    assert there.meters.sockets_opened == 0


async def test_a_speaker_that_does_not_run_goes_over_http() -> None:
    async with Vendors() as vendors, contextlib.aclosing(http_client("elevenlabs-key")) as client:
        http = SpeechRequests(client, vendors.elevenlabs_url, "heart", MODEL)
        sockets = VendorSockets(ELEVENLABS, {})
        speaker = ElevenLabsSpeaker(SpeechSocket(partial(sockets.open, "ws://127.0.0.1:9")), http)

        assert text_of(await all_of(speaker.speak("Yes."))) == "Yes."


async def test_a_socket_that_dies_before_the_first_audio_costs_no_words() -> None:
    async with line(replace(QUICK, first_byte_ms=100, fault=Fault("drop", after_ms=60)), QUICK) as there:
        pieces = await all_of(there.speaker.speak(TEXT))
        assert there.meters.moments[-1].what == "first audio"

        await asyncio.sleep(0.3)
        again = await all_of(there.speaker.speak("Yes."))

    assert (text_of(pieces), text_of(again)) == (TEXT, "Yes.")
    assert there.meters.sockets_opened == 2


async def test_a_socket_that_dies_between_two_texts_goes_on_over_http() -> None:
    released = asyncio.Event()

    async def texts() -> AsyncIterator[str]:
        yield "First. "
        await released.wait()
        yield "Second."

    pieces: list[Spoken] = []
    async with line(replace(QUICK, fault=Fault("drop", after_messages=2))) as there, asyncio.timeout(3):
        async for piece in there.speaker.speak_all(texts()):
            pieces.append(piece)
            if len(pieces) == 2:
                await asyncio.sleep(0.1)
                released.set()

    assert text_of(pieces) == "First. Second."


@pytest.mark.parametrize("kind", ["drop", "error", "stall"])
async def test_a_socket_that_dies_in_a_word_says_that_word_again_over_http(kind: Kind) -> None:
    async with line(replace(QUICK, fault=Fault(kind, after_messages=3))) as there:
        pieces = await all_of(there.speaker.speak(TEXT))

    heard_before = "Hello there, "  # three pieces of four characters: the last ends with the comma
    assert text_of(pieces) == TEXT
    assert duration_ms(pieces) == pytest.approx(60 * len(TEXT), abs=80)
    assert there.meters.characters == len(TEXT) + 1 + len(TEXT) - len(heard_before)


async def test_a_socket_that_says_nothing_is_left_for_http_at_the_deadline() -> None:
    async with line(replace(QUICK, first_byte_ms=60_000)) as there:
        began_s = time.monotonic()
        pieces = await all_of(there.speaker.speak(TEXT))
        took_s = time.monotonic() - began_s

    assert text_of(pieces) == TEXT
    assert 0.3 <= took_s < 10


async def test_silence_is_a_failure() -> None:
    async with line(replace(QUICK, fault=Fault("silence"))) as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak("Hello there."))

    assert caught.value.failure.code == "elevenlabs-silent"


async def test_silence_over_http_is_a_failure() -> None:
    broken = replace(QUICK, fault=Fault("stall"))
    async with line(broken, requests=replace(QUICK, fault=Fault("silence"))) as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak("Hello there."))

    assert caught.value.failure.code == "elevenlabs-silent"


async def test_the_wrong_key_is_said_at_once() -> None:
    async with line(key="wrong") as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak("Hello."))

    assert caught.value.failure.sentence == (
        "ElevenLabs does not accept the key (invalid_api_key). Check ELEVENLABS_API_KEY."
    )
    assert there.meters.characters == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("status", status=401), "elevenlabs-unauthorised"),
        (Fault("status", status=402), "elevenlabs-quota"),
        (Fault("status", status=429), "elevenlabs-limit"),
        (Fault("status", status=503), "elevenlabs-busy"),
        (Fault("status", status=500), "elevenlabs-unreachable"),
        (Fault("reset"), "elevenlabs-lost"),
        (Fault("stall"), "elevenlabs-stalled"),
        (Fault("stall", after_messages=2), "elevenlabs-stalled"),
        (Fault("drop", after_messages=2), "elevenlabs-lost"),
        (Fault("close", after_messages=2), "elevenlabs-lost"),
        (Fault("close"), "elevenlabs-silent"),
        (Fault("error", after_messages=2), "elevenlabs-unreachable"),
    ],
)
async def test_how_a_failure_of_http_is_named(fault: Fault, code: str) -> None:
    broken = replace(QUICK, fault=Fault("status", status=500))
    async with line(broken, requests=replace(QUICK, fault=fault)) as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak(TEXT))

    assert caught.value.failure.code == code


async def test_nobody_listens() -> None:
    async with line(refused=True) as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak("Hello."))

    assert caught.value.failure.code == "elevenlabs-unreachable"


async def test_what_the_texts_raise_is_raised() -> None:
    async def texts() -> AsyncIterator[str]:
        yield "Well, "
        raise ProviderFailed("The model is gone.", code="openai-lost")

    async with line() as there:
        with pytest.raises(ProviderFailed) as caught:
            await all_of(there.speaker.speak_all(texts()))

    assert caught.value.failure.code == "openai-lost"
