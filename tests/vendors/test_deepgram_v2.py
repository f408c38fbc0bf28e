"""Flux: Deepgram's own client and a bare socket on the simulator."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.listen.v2.types import (
    ListenV2Configure,
    ListenV2ConfigureFailure,
    ListenV2ConfigureSuccess,
    ListenV2Connected,
    ListenV2FatalError,
    ListenV2TurnInfo,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.vendors.script import DeepgramScript, Listening, Script, Utterance
from tests.vendors.sdk_models import parsed
from tests.vendors.sounds import frames, silence, voice
from tests.vendors.vendors import Vendors

QUERY = "model=flux-general-en&encoding=mulaw&sample_rate=8000"
EAGER = QUERY + "&eager_eot_threshold=0.4"


def listening(*texts: str, **options: Any) -> Script:
    return Script(deepgram=DeepgramScript((Listening(tuple(Utterance(text) for text in texts), **options),)))


@asynccontextmanager
async def socket_of(vendors: Vendors, query: str = EAGER, key: str = "deepgram-key") -> AsyncIterator[ClientConnection]:
    url = f"{vendors.deepgram_url.replace('http', 'ws')}/v2/listen?{query}"
    headers = {"Authorization": f"Token {key}"}
    async with connect(url, additional_headers=headers, proxy=None, compression=None, close_timeout=1) as socket:
        yield socket


async def told(socket: ClientConnection, until: str = "EndOfTurn") -> list[ListenV2TurnInfo]:
    """TurnInfos up to an event, Updates left out."""
    found: list[ListenV2TurnInfo] = []
    async with asyncio.timeout(5):
        while not found or found[-1].event != until:
            message = await socket.recv(decode=False)
            if orjson.loads(message)["type"] == "TurnInfo":
                turn = parsed(ListenV2TurnInfo, message)
                if turn.event != "Update":
                    found.append(turn)
    return found


@pytest.fixture
async def flux() -> AsyncIterator[ClientConnection]:
    async with (
        Vendors(listening("I want to book | for Tuesday", "Thank you.")) as vendors,
        socket_of(vendors) as socket,
    ):
        parsed(ListenV2Connected, await socket.recv())
        yield socket
        assert not vendors.meters.deepgram.refusals


async def test_two_callers_say_the_numbers_of_their_connections() -> None:
    async with (
        Vendors(listening("at {connection}")) as vendors,
        socket_of(vendors) as one,
        socket_of(vendors) as other,
    ):
        for socket, words in ((one, "at 0"), (other, "at 1")):
            await socket.send(voice(600) + silence(400))
            assert (await told(socket))[-1].transcript == words


async def test_a_turn_with_an_eager_end(flux: ClientConnection) -> None:
    await flux.send(silence(200) + voice(600) + silence(400))
    turns = await told(flux)
    assert [turn.event for turn in turns] == ["StartOfTurn", "EagerEndOfTurn", "EndOfTurn"]
    assert [turn.turn_index for turn in turns] == [0, 0, 0]
    assert turns[0].transcript == "I"
    assert turns[1].transcript == turns[2].transcript == "I want to book"
    assert turns[2].trigger == "model"
    assert turns[1].trigger is None
    assert turns[2].audio_window_start == 0.2
    assert turns[2].audio_window_end == 1.1
    assert turns[2].words[0].start == 0.2
    assert turns[2].words[-1].end == 0.8


async def test_a_pause_is_taken_back(flux: ClientConnection) -> None:
    for frame in frames(voice(500) + silence(200) + voice(500) + silence(400)):
        await flux.send(frame)
    turns = await told(flux)
    assert [(turn.event, turn.transcript) for turn in turns] == [
        ("StartOfTurn", "I"),
        ("EagerEndOfTurn", "I want to book"),
        ("TurnResumed", "I want to book for"),
        ("EagerEndOfTurn", "I want to book for Tuesday"),
        ("EndOfTurn", "I want to book for Tuesday"),
    ]
    assert turns[-1].audio_window_end == 1.5


async def test_turns_are_counted_and_their_words_taken_in_turn(flux: ClientConnection) -> None:
    audio = voice(500) + silence(400)
    await flux.send(audio * 3)
    ends = [(await told(flux))[-1] for _ in range(3)]
    assert [end.turn_index for end in ends] == [0, 1, 2]
    assert [end.transcript for end in ends] == ["I want to book", "Thank you.", "I want to book"]


async def test_a_click_is_no_turn(flux: ClientConnection) -> None:
    await flux.send(silence(100) + voice(20) + silence(1000) + voice(300) + silence(400))
    turns = await told(flux)
    assert turns[0].event == "StartOfTurn"
    assert turns[0].audio_window_start == 1.12


async def test_an_update_every_quarter_of_a_second(flux: ClientConnection) -> None:
    await flux.send(silence(1000))
    windows = [parsed(ListenV2TurnInfo, await flux.recv()).audio_window_end for _ in range(4)]
    assert windows == [0.25, 0.5, 0.75, 1.0]


async def test_force_end_turn(flux: ClientConnection) -> None:
    await flux.send(voice(400))
    await flux.send('{"type":"ForceEndTurn"}')
    end = (await told(flux))[-1]
    assert (end.trigger, end.transcript) == ("manual", "I want")


async def test_force_end_turn_without_a_turn_is_ignored(flux: ClientConnection) -> None:
    await flux.send('{"type":"ForceEndTurn"}')
    await flux.send(voice(300) + silence(400))
    assert [turn.trigger for turn in await told(flux)] == [None, None, "model"]


async def test_without_eager_threshold_nothing_is_eager() -> None:
    async with Vendors(listening("yes")) as vendors, socket_of(vendors, QUERY) as socket:
        await socket.send(voice(300) + silence(400))
        assert [turn.event for turn in await told(socket)] == ["StartOfTurn", "EndOfTurn"]


async def test_an_unsure_turn_ends_by_timeout() -> None:
    script = Script(deepgram=DeepgramScript((Listening((Utterance("well", confidence=0.6),)),)))
    async with Vendors(script) as vendors, socket_of(vendors, QUERY + "&eot_timeout_ms=500") as socket:
        await socket.send(voice(300) + silence(600))
        end = (await told(socket))[-1]
        assert (end.trigger, end.end_of_turn_confidence, end.audio_window_end) == ("timeout", 0.6, 0.8)


async def test_a_corrected_eager_transcript() -> None:
    script = Script(deepgram=DeepgramScript((Listening((Utterance("two at ten", eager_text="to attend"),)),)))
    async with Vendors(script) as vendors, socket_of(vendors) as socket:
        await socket.send(voice(300) + silence(400))
        assert [(turn.event, turn.transcript) for turn in (await told(socket))[1:]] == [
            ("EagerEndOfTurn", "to attend"),
            ("TurnResumed", "two at ten"),
            ("EagerEndOfTurn", "two at ten"),
            ("EndOfTurn", "two at ten"),
        ]


async def test_configure(flux: ClientConnection) -> None:
    await flux.send('{"type":"Configure","thresholds":{"eot_threshold":0.9},"keyterms":["Acme"]}')
    done = parsed(ListenV2ConfigureSuccess, await flux.recv())
    assert done.keyterms == ["Acme"]
    assert done.thresholds.eot_threshold == 0.9
    assert done.thresholds.eager_eot_threshold == 0.4


async def test_configure_out_of_range() -> None:
    async with Vendors() as vendors, socket_of(vendors) as socket:
        await socket.recv()
        await socket.send('{"type":"Configure","thresholds":{"eot_threshold":0.2}}')
        parsed(ListenV2ConfigureFailure, await socket.recv())


@pytest.mark.parametrize("message", ['{"type":"KeepAlive"}', "nonsense", '{"type":"CloseStream","more":1}', "[]"])
async def test_what_flux_does_not_know_is_fatal(message: str) -> None:
    async with Vendors() as vendors, socket_of(vendors) as socket:
        await socket.recv()
        await socket.send(message)
        error = parsed(ListenV2FatalError, await socket.recv())
        assert (error.code, error.sequence_id) == ("UNPARSABLE_CLIENT_MESSAGE", 1)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert len(vendors.meters.deepgram.refusals) == 1


async def test_no_audio_for_too_long() -> None:
    async with Vendors(Script(deepgram=DeepgramScript(idle_timeout_ms=60))) as vendors, socket_of(vendors) as socket:
        await socket.recv()
        assert parsed(ListenV2FatalError, await socket.recv()).code == "NET-0001"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [
        (EAGER, "wrong", 401),
        ("model=nova-3&encoding=mulaw&sample_rate=8000", "deepgram-key", 400),
        (QUERY + "&interim_results=true", "deepgram-key", 400),
        (QUERY + "&eager_eot_threshold=0.95", "deepgram-key", 400),
    ],
)
async def test_refused_handshakes(query: str, key: str, status: int) -> None:
    async with Vendors() as vendors:
        with pytest.raises(InvalidStatus) as refused:
            async with socket_of(vendors, query, key):
                pass
        response = refused.value.response
        assert response.status_code == status
        assert orjson.loads(response.body or b"").keys() == {"category", "message", "details", "request_id"}


async def test_in_real_time_the_end_comes_when_the_script_says() -> None:
    async with Vendors(listening("hello there", eager_ms=100, end_ms=180)) as vendors, socket_of(vendors) as socket:
        last_voice_s = 0.0
        for index, frame in enumerate(frames(voice(200) + silence(260))):
            await socket.send(frame)
            if index == 9:
                last_voice_s = time.monotonic()
            await asyncio.sleep(0.02)
        await told(socket)
        moments = {moment.what: moment.at_s - last_voice_s for moment in vendors.meters.deepgram.moments}
        assert 0.095 < moments["EagerEndOfTurn"] < moments["EndOfTurn"]
        assert 0.175 < moments["EndOfTurn"] < 2


@pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
async def test_deepgrams_own_client() -> None:
    async with Vendors(listening("hello there")) as vendors:
        client = client_of(vendors)
        async with client.listen.v2.connect(
            model="flux-general-en", encoding="mulaw", sample_rate=8000, eager_eot_threshold=0.4, eot_threshold=0.7
        ) as flux:
            await flux.send_media(voice(400) + silence(400))
            await flux.send_configure(ListenV2Configure(keyterms=["Acme"]))
            events = []
            async for message in flux:
                events.append(getattr(message, "event", getattr(message, "type", None)))
                if events[-1] == "ConfigureSuccess":
                    await flux.send_close_stream()
        expected = ["Connected", "StartOfTurn", "EagerEndOfTurn", "EndOfTurn", "ConfigureSuccess"]
        assert [event for event in events if event != "Update"] == expected
        assert vendors.meters.deepgram.audio_s_received == pytest.approx(0.8)
    assert vendors.meters.deepgram.sockets_open == 0


@pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
async def test_deepgrams_own_client_with_a_wrong_key() -> None:
    async with Vendors() as vendors:
        client = client_of(vendors, "wrong")
        with pytest.raises(ApiError) as refused:
            async with client.listen.v2.connect(model="flux-general-en", encoding="mulaw", sample_rate=8000):
                pass
        assert refused.value.status_code == 401


def client_of(vendors: Vendors, key: str = "deepgram-key") -> AsyncDeepgramClient:
    base, sockets = vendors.deepgram_url, vendors.deepgram_url.replace("http", "ws")
    where = DeepgramClientEnvironment(base=base, production=sockets, agent=sockets, agent_rest=base)
    return AsyncDeepgramClient(api_key=key, environment=where)
