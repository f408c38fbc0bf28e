"""Nova: Deepgram's own client and a bare socket on the simulator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from deepgram.core.api_error import ApiError
from deepgram.listen.v1.types import (
    ListenV1ConfigureFailure,
    ListenV1ConfigureSuccess,
    ListenV1Error,
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.vendors.script import DeepgramScript, Listening, Script, Utterance
from tests.vendors.sdk_models import parsed_any
from tests.vendors.sounds import frames, silence, voice
from tests.vendors.test_deepgram_v2 import client_of, listening
from tests.vendors.vendors import Vendors

AUDIO = "encoding=mulaw&sample_rate=8000"
FULL = f"model=nova-3&{AUDIO}&interim_results=true&vad_events=true&utterance_end_ms=1000&smart_format=true"
KINDS = {
    "Results": ListenV1Results,
    "Metadata": ListenV1Metadata,
    "SpeechStarted": ListenV1SpeechStarted,
    "UtteranceEnd": ListenV1UtteranceEnd,
    "Error": ListenV1Error,
    "ConfigureSuccess": ListenV1ConfigureSuccess,
    "ConfigureFailure": ListenV1ConfigureFailure,
}


@asynccontextmanager
async def socket_of(vendors: Vendors, query: str = FULL, key: str = "deepgram-key") -> AsyncIterator[ClientConnection]:
    url = f"{vendors.deepgram_url.replace('http', 'ws')}/v1/listen?{query}"
    headers = {"Authorization": f"Token {key}"}
    async with connect(url, additional_headers=headers, proxy=None, compression=None, close_timeout=1) as socket:
        yield socket


async def next_of(socket: ClientConnection) -> Any:
    """The next message, strictly as its model."""
    async with asyncio.timeout(5):
        message = await socket.recv(decode=False)
    return parsed_any(KINDS[orjson.loads(message)["type"]], message)


async def finals(socket: ClientConnection, until: str) -> list[Any]:
    """All but interim results, up to a message of type `until`."""
    found: list[Any] = []
    while not found or found[-1].type != until:
        message = await next_of(socket)
        if message.type != "Results" or message.is_final:
            found.append(message)
    return found


def words(message: ListenV1Results) -> str:
    return message.channel.alternatives[0].transcript


async def test_a_stretch_of_voice() -> None:
    async with (
        Vendors(listening("Hello, there.", "And then?")) as vendors,
        socket_of(vendors, FULL + "&endpointing=300") as socket,
    ):
        await socket.send(silence(200) + voice(600) + silence(1200))
        started, final, end = await finals(socket, "UtteranceEnd")
        assert started.timestamp == 0.2
        assert (words(final), final.speech_final, final.start + final.duration) == ("Hello, there.", True, 1.1)
        spoken = final.channel.alternatives[0].words
        assert [(word.word, word.punctuated_word) for word in spoken] == [("hello", "Hello,"), ("there", "there.")]
        assert (spoken[0].start, spoken[-1].end) == (0.2, 0.8)
        assert end.last_word_end == 0.8


async def test_interim_results_grow() -> None:
    async with Vendors(listening("one two three", word_ms=200)) as vendors, socket_of(vendors) as socket:
        for frame in frames(voice(700)):
            await socket.send(frame)
        assert (await next_of(socket)).type == "SpeechStarted"
        heard = [words(await next_of(socket)) for _ in range(3)]
        assert heard == ["one", "one two", "one two three"]


async def test_a_longer_endpointing_wins_over_the_script() -> None:
    async with (
        Vendors(listening("yes")) as vendors,
        socket_of(vendors, f"model=nova-3&{AUDIO}&endpointing=500") as socket,
    ):
        await socket.send(voice(300) + silence(600))
        final = await next_of(socket)
        assert (words(final), final.duration) == ("yes", 0.8)


async def test_without_endpointing_only_the_gap_ends_speech() -> None:
    async with Vendors(listening("yes")) as vendors, socket_of(vendors, FULL + "&endpointing=false") as socket:
        await socket.send(voice(300) + silence(1100))
        _, final, end = await finals(socket, "UtteranceEnd")
        assert (words(final), final.speech_final, end.last_word_end) == ("yes", False, 0.3)


async def test_a_line_that_never_ends_speech() -> None:
    utterance = Utterance("yes", speech_final=False, utterance_end=False)
    async with (
        Vendors(Script(deepgram=DeepgramScript((Listening((utterance,)),)))) as vendors,
        socket_of(vendors) as socket,
    ):
        await socket.send(voice(300) + silence(3600))
        final, empty = (await finals(socket, "Results"))[-1], (await finals(socket, "Results"))[-1]
        assert (words(final), final.speech_final, words(empty)) == ("yes", False, "")


async def test_final_segments_in_mid_speech() -> None:
    utterance = Utterance("one two three four", segment_words=2)
    async with (
        Vendors(Script(deepgram=DeepgramScript((Listening((utterance,), word_ms=100),)))) as vendors,
        socket_of(vendors) as socket,
    ):
        for frame in frames(voice(900) + silence(320)):
            await socket.send(frame)
        segments = [await finals(socket, "Results") for _ in range(3)]
        assert [(words(one[-1]), one[-1].speech_final) for one in segments] == [
            ("one two", False),
            ("three four", False),
            ("", True),
        ]


async def test_finalize_takes_what_is_heard() -> None:
    async with (
        Vendors(listening("one two three four", word_ms=200)) as vendors,
        socket_of(vendors, f"model=nova-3&{AUDIO}") as socket,
    ):
        await socket.send(voice(400))
        await socket.send('{"type":"Finalize"}')
        first = await next_of(socket)
        assert (words(first), first.is_final, first.from_finalize) == ("one two", True, True)
        await socket.send(voice(500) + silence(400))
        rest = await next_of(socket)
        assert (words(rest), rest.speech_final, rest.from_finalize) == ("three four", True, False)


async def test_close_stream_flushes_and_sums_up() -> None:
    async with Vendors(listening("one two three")) as vendors, socket_of(vendors, f"model=nova-3&{AUDIO}") as socket:
        await socket.send(voice(400))
        await socket.send('{"type":"CloseStream"}')
        final, summary = await finals(socket, "Metadata")
        assert words(final) == "one two"
        assert summary.duration == 0.4
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


async def test_voice_without_words() -> None:
    async with Vendors(listening("", "yes")) as vendors, socket_of(vendors) as socket:
        await socket.send(voice(300) + silence(400) + voice(300) + silence(400))
        heard = [*await finals(socket, "Results"), *await finals(socket, "Results")]
        assert [words(one) for one in heard if one.type == "Results"] == ["", "yes"]


async def test_keep_alive_and_the_time_out_without_it() -> None:
    async with Vendors(Script(deepgram=DeepgramScript(idle_timeout_ms=150))) as vendors, socket_of(vendors) as socket:
        for _ in range(3):
            await asyncio.sleep(0.1)
            await socket.send('{"type":"KeepAlive"}')
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011
        assert "net0001" in closed.value.rcvd.reason


async def test_configure() -> None:
    async with Vendors() as vendors, socket_of(vendors) as socket:
        await socket.send('{"type":"Configure","keyterms":["Acme"]}')
        assert (await next_of(socket)).keyterms == ["Acme"]
        await socket.send(orjson.dumps({"type": "Configure", "keyterms": ["word"] * 501}).decode())
        assert (await next_of(socket)).code == "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"


async def test_a_message_it_cannot_parse() -> None:
    async with Vendors() as vendors, socket_of(vendors) as socket:
        await socket.send('{"type":"ForceEndTurn"}')
        error = await next_of(socket)
        assert (error.variant, error.message) == ("SchemaError", '{"type":"ForceEndTurn"}')
        with pytest.raises(ConnectionClosed):
            await socket.recv()


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [
        (FULL, "wrong", 401),
        (FULL + "&eot_threshold=0.7", "deepgram-key", 400),
        (f"model=nova-3&{AUDIO}&utterance_end_ms=1000", "deepgram-key", 400),
        (f"model=nova-2&{AUDIO}&keyterm=Acme", "deepgram-key", 400),
        ("model=nova-3&encoding=mulaw", "deepgram-key", 400),
        (f"model=nova-3&{AUDIO}&vad_events=yes", "deepgram-key", 400),
    ],
)
async def test_refused_handshakes(query: str, key: str, status: int) -> None:
    async with Vendors() as vendors:
        with pytest.raises(InvalidStatus) as refused:
            async with socket_of(vendors, query, key):
                pass
        response = refused.value.response
        assert response.status_code == status
        assert orjson.loads(response.body or b"").keys() == {"err_code", "err_msg", "request_id"}
        assert "dg-request-id" in response.headers


@pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
async def test_deepgrams_own_client() -> None:
    async with Vendors(listening("hello there")) as vendors:
        async with client_of(vendors).listen.v1.connect(
            model="nova-3",
            encoding="mulaw",
            sample_rate=8000,
            channels=1,
            interim_results=True,
            endpointing=300,
            utterance_end_ms=1000,
            vad_events=True,
            smart_format=True,
            keyterm=["Acme", "Offhook"],
            mip_opt_out=True,
        ) as nova:
            await nova.send_media(voice(400) + silence(1100))
            await nova.send_keep_alive()
            await nova.send_finalize()
            await nova.send_close_stream()
            kinds = [getattr(message, "type", None) async for message in nova]
        assert kinds[0] == "SpeechStarted"
        assert kinds[-1] == "Metadata"
        assert "UtteranceEnd" in kinds
        assert None not in kinds
        assert not vendors.meters.deepgram.refusals


@pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
async def test_deepgrams_own_client_with_a_wrong_key() -> None:
    async with Vendors() as vendors:
        with pytest.raises(ApiError) as refused:
            async with client_of(vendors, "wrong").listen.v1.connect(
                model="nova-3", encoding="mulaw", sample_rate=8000
            ):
                pass
        assert refused.value.status_code == 401
