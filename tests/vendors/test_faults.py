"""Every scripted fault, as a client of each vendor sees it."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from tests.vendors.script import (
    DeepgramScript,
    ElevenLabsScript,
    Fault,
    Listening,
    OpenAIScript,
    Reply,
    Script,
    Speaking,
)
from tests.vendors.sounds import silence, voice
from tests.vendors.speech_tone import SILENCE
from tests.vendors.vendors import Vendors

LISTEN = "/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
SPEAK = "/v1/text-to-speech/amy/multi-stream-input?output_format=ulaw_8000&auto_mode=true"
STREAM = "/v1/text-to-speech/amy/stream?output_format=ulaw_8000"
TEXT = "one two three four five six seven eight"


def script(*faults: Fault | None) -> Script:
    """One connection a fault, the same for every vendor; None is none."""
    return Script(
        DeepgramScript(tuple(Listening(fault=fault) for fault in faults)),
        OpenAIScript(tuple(Reply(TEXT, first_token_ms=5, token_ms=1, fault=fault) for fault in faults)),
        ElevenLabsScript(
            tuple(Speaking(first_byte_ms=5, times_realtime=50, fault=fault) for fault in faults),
            tuple(Speaking(first_byte_ms=5, times_realtime=50, fault=fault) for fault in faults),
        ),
    )


def socket_of(vendors: Vendors, vendor: str) -> connect:
    base = (vendors.deepgram_url + LISTEN) if vendor == "deepgram" else (vendors.elevenlabs_url + SPEAK)
    headers = {"Authorization": "Token deepgram-key", "xi-api-key": "elevenlabs-key"}
    options: dict[str, Any] = {"proxy": None, "compression": None, "open_timeout": 0.3, "close_timeout": 0.1}
    return connect(base.replace("http", "ws"), additional_headers=headers, **options)


async def ask(vendors: Vendors, vendor: str, patience_s: float = 1.0) -> httpx.Response:
    """One HTTP request, waiting at most `patience_s` for its next bytes."""
    async with httpx.AsyncClient(trust_env=False, timeout=patience_s) as client:
        if vendor == "openai":
            body: dict[str, Any] = {"model": "gpt-5.4-mini", "messages": [{"role": "user", "content": "Hi"}]}
            headers = {"authorization": "Bearer openai-key"}
            url = f"{vendors.openai_url}/chat/completions"
            return await client.post(url, json=body | {"stream": True}, headers=headers)
        url, headers = vendors.elevenlabs_url + STREAM, {"xi-api-key": "elevenlabs-key"}
        return await client.post(url, json={"text": TEXT}, headers=headers)


async def listen_or_speak(socket: ClientConnection, vendor: str) -> list[bytes]:
    """What a socket says to a second of voice, or to a text, until it has been silent for a while or ends."""
    speech = ['{"text":" "}', orjson.dumps({"text": TEXT + " ", "flush": True}).decode(), '{"close_socket":true}']
    messages: list[bytes] = []
    try:
        for message in [voice(600) + silence(600)] if vendor == "deepgram" else speech:
            await socket.send(message)
        while True:
            async with asyncio.timeout(0.15):
                messages.append(await socket.recv(decode=False))
    except (ConnectionClosed, TimeoutError):
        return messages


@pytest.mark.parametrize("vendor", ["openai", "elevenlabs"])
async def test_http_statuses(vendor: str) -> None:
    faults = [Fault("status", status=status) for status in (401, 429, 500, 503)]
    async with Vendors(script(*faults, Fault("status", status=429, retry_after_s=2), None)) as vendors:
        answers = [await ask(vendors, vendor) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401, 429, 500, 503, 429, 200]
    assert [answer.headers.get("retry-after") for answer in answers] == [None, None, None, None, "2", None]
    assert all(answer.json().keys() == ({"error"} if vendor == "openai" else {"detail"}) for answer in answers[:5])


@pytest.mark.parametrize("vendor", ["deepgram", "elevenlabs"])
async def test_handshake_statuses(vendor: str) -> None:
    async with Vendors(script(Fault("status", status=429, retry_after_s=0.5), Fault("status", status=500))) as vendors:
        for status, after in ((429, "0.5"), (500, None)):
            with pytest.raises(InvalidStatus) as refused:
                async with socket_of(vendors, vendor):
                    pass
            assert refused.value.response.status_code == status
            assert refused.value.response.headers.get("retry-after") == after


@pytest.mark.parametrize("vendor", ["openai", "elevenlabs"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault("reset"), httpx.ReadError),
        (Fault("stall"), httpx.ReadTimeout),
        (Fault("drop"), httpx.RemoteProtocolError),
        (Fault("garbage"), httpx.RemoteProtocolError),
        (Fault("drop", after_messages=3), httpx.RemoteProtocolError),
        (Fault("reset", after_messages=3), httpx.ReadError),
        (Fault("stall", after_messages=3), httpx.ReadTimeout),
        (Fault("stall", after_ms=8), httpx.ReadTimeout),
    ],
    ids=lambda value: f"{value.kind}-{value.after_messages}-{value.after_ms:g}" if isinstance(value, Fault) else "",
)
async def test_http_connections_that_fail(vendor: str, fault: Fault, raised: type[Exception]) -> None:
    async with Vendors(script(fault)) as vendors:
        with pytest.raises(raised):
            await ask(vendors, vendor, 0.12 if fault.kind == "stall" else 1.0)


@pytest.mark.parametrize("vendor", ["openai", "elevenlabs"])
async def test_http_answers_that_are_wrong(vendor: str) -> None:
    kinds = [Fault("garbage", after_messages=2), Fault("close", after_messages=2), Fault("error", after_messages=2)]
    async with Vendors(script(*kinds, None)) as vendors:
        garbage, short, error, whole = [await ask(vendors, vendor) for _ in range(4)]
    assert all(answer.status_code == 200 for answer in (garbage, short, error, whole))
    assert len(garbage.content) > len(whole.content)
    assert len(short.content) < len(whole.content)
    assert b"{not json" in garbage.content or b"Bad Gateway" in garbage.content
    assert b"server_error" in error.content


async def test_silent_audio() -> None:
    async with Vendors(script(Fault("silence"), None)) as vendors:
        silent, audible = [await ask(vendors, "elevenlabs") for _ in range(2)]
        assert silent.content == SILENCE * len(audible.content)
        assert audible.content != silent.content


async def test_an_answer_of_no_bytes() -> None:
    async with Vendors(script(Fault("close"))) as vendors:
        answer = await ask(vendors, "elevenlabs")
        assert (answer.status_code, answer.content) == (200, b"")


async def test_a_recogniser_that_hears_no_words() -> None:
    async with Vendors(script(Fault("silence"))) as vendors, socket_of(vendors, "deepgram") as socket:
        messages = await listen_or_speak(socket, "deepgram")
        events = {orjson.loads(message).get("event") for message in messages}
        assert events == {None, "Update"}


@pytest.mark.parametrize("vendor", ["deepgram", "elevenlabs"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault("stall"), TimeoutError),
        (Fault("reset"), (ConnectionError, InvalidHandshake)),
        (Fault("drop"), InvalidMessage),
        (Fault("garbage"), InvalidMessage),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
async def test_handshakes_that_fail(vendor: str, fault: Fault, raised: Any) -> None:
    async with Vendors(script(fault)) as vendors:
        with pytest.raises(raised):
            async with socket_of(vendors, vendor):
                pass


@pytest.mark.parametrize("vendor", ["deepgram", "elevenlabs"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("drop", after_messages=2), 1006),
        (Fault("reset", after_messages=2), 1006),
        (Fault("close", after_messages=2), 1011),
        (Fault("close", after_messages=2, code=1012, reason="restart"), 1012),
        (Fault("close"), 1011),
        (Fault("error", after_messages=2), 1011),
        (Fault("drop", after_ms=20), 1006),
    ],
    ids=lambda value: f"{value.kind}-{value.after_messages}-{value.after_ms:g}" if isinstance(value, Fault) else "",
)
async def test_sockets_that_end_in_mid_stream(vendor: str, fault: Fault, code: int) -> None:
    async with Vendors(script(fault)) as vendors, socket_of(vendors, vendor) as socket:
        await listen_or_speak(socket, vendor)
        async with asyncio.timeout(1):
            await socket.wait_closed()
        assert socket.close_code == code
        assert (socket.close_reason or "") == fault.reason
    assert vendors.meters.deepgram.sockets_open == vendors.meters.elevenlabs.sockets_open == 0


@pytest.mark.parametrize("vendor", ["deepgram", "elevenlabs"])
async def test_a_socket_that_falls_silent_answers_nothing(vendor: str) -> None:
    async with Vendors(script(Fault("stall", after_messages=2))) as vendors:
        async with socket_of(vendors, vendor) as socket:
            assert len(await listen_or_speak(socket, vendor)) == 2
            pong = await socket.ping()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await pong
        assert socket.close_code == 1006
        await asyncio.sleep(0.01)
        assert vendors.meters.deepgram.connections_open == vendors.meters.elevenlabs.connections_open == 0


@pytest.mark.parametrize("vendor", ["deepgram", "elevenlabs"])
async def test_garbage_on_a_socket_that_goes_on(vendor: str) -> None:
    async with Vendors(script(Fault("garbage", after_messages=2))) as vendors, socket_of(vendors, vendor) as socket:
        messages = await listen_or_speak(socket, vendor)
        assert messages[2].startswith(b"<html>")
        assert len(messages) > 4


async def test_refused_and_listening_again() -> None:
    async with Vendors(Script(openai=OpenAIScript((Reply(first_token_ms=1),), refused=True))) as vendors:
        with pytest.raises(httpx.ConnectError):
            await ask(vendors, "openai")
        await vendors.listeners["openai"].listen()
        assert (await ask(vendors, "openai")).status_code == 200
        vendors.listeners["elevenlabs"].refuse()
        with pytest.raises(httpx.ConnectError):
            await ask(vendors, "elevenlabs")


async def test_a_late_handshake() -> None:
    late = Script(DeepgramScript((Listening(accept_ms=80),)))
    async with Vendors(late) as vendors:
        began_s = asyncio.get_running_loop().time()
        async with socket_of(vendors, "deepgram"):
            assert asyncio.get_running_loop().time() - began_s > 0.08


async def test_what_is_no_handshake_and_no_http() -> None:
    head = (
        f"GET {LISTEN} HTTP/1.1\r\nHost: x\r\nAuthorization: Token deepgram-key\r\nUpgrade: websocket\r\n\r\n".encode()
    )
    async with Vendors() as vendors:
        answers = []
        for request in (head, head + b"\x81\x80", b"\x16\x03\x01\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", vendors.listeners["deepgram"].port)
            try:
                writer.write(request)
                async with asyncio.timeout(2):
                    answers.append((await reader.read())[:13])
            finally:
                writer.close()
                await writer.wait_closed()
        assert answers == [b"HTTP/1.1 426 ", b"", b""]
        assert len(vendors.meters.deepgram.refusals) == 3
        assert vendors.meters.deepgram.sockets_opened == 0
