"""Streams that end otherwise than well: which of Twilio's codes tells of it, and what harms nothing."""

import asyncio
import json

import pytest
from websockets.asyncio.server import ServerConnection

from offhook.box.media_stream import StreamOptions
from tests.box.stream_server import CLEAR, SID, TONE, Call, begin, media, server


@pytest.mark.parametrize(
    ("close_code", "event"),
    [(1000, "stream-stopped"), (1001, "stream-stopped"), (1011, "stream-error"), (4401, "stream-error")],
)
async def test_the_servers_close_is_31921_whatever_its_code(close_code: int, event: str) -> None:
    call = Call()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        await connection.close(close_code)

    async with server(handler) as url:
        await call.stream(url)
    assert call.told == [("stream-started", 0), (event, 31921)]
    assert call.alerts == [(31921, "error")]
    assert str(close_code) in call.sentences[0]


BREACHES: dict[str, tuple[str | bytes, int]] = {
    "binary": (b"\xff" * 160, 31950),
    "not JSON": ("hello", 31950),
    "wrong streamSid": (CLEAR.replace(SID, "MZ2"), 31951),
    "no mark name": (json.dumps({"event": "mark", "streamSid": SID, "mark": {}}), 31951),
    "WAV header": (media(b"RIFF\x24\x08\x00\x00WAVEfmt "), 31951),
    "too large": (media(bytes(900_000)), 31951),
}


@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_ends_the_stream_with_its_code_and_nothing_else(name: str) -> None:
    message, code = BREACHES[name]
    call = Call()
    after: list[str] = []

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        await connection.send(media(TONE * 5))
        await connection.send(message)
        async for text in connection:
            after.append(json.loads(text)["event"])

    async with server(handler) as url:
        await call.stream(url)
        await asyncio.sleep(0.01)
    assert call.told == [("stream-started", 0), ("stream-error", code)]
    assert call.alerts == [(code, "warning")]
    assert not call.line.hung_up
    assert after == ([] if name == "too large" else ["stop"])


async def test_too_much_audio_ahead_is_invalid() -> None:
    call = Call()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        for _ in range(25):
            await connection.send(media(bytes(600_000)))
        await connection.wait_closed()

    async with server(handler) as url:
        await call.stream(url)
    assert call.told[-1] == ("stream-error", 31951)
    assert "30 minutes" in call.sentences[0]


async def test_a_broken_websocket_frame_is_31924() -> None:
    call = Call()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        connection.transport.write(b"\xf1\x00")
        await connection.wait_closed()

    async with server(handler) as url:
        await call.stream(url)
    assert call.told == [("stream-started", 0), ("stream-error", 31924)]
    assert call.alerts == [(31924, "error")]


async def test_a_lost_connection_is_31903() -> None:
    call = Call()

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        connection.transport.abort()

    async with server(handler) as url:
        await call.stream(url)
    assert call.told == [("stream-started", 0), ("stream-error", 31903)]
    assert call.alerts == [(31903, "error")]


async def test_a_cut_by_the_network_is_31903_too() -> None:
    call = Call()
    close_codes: list[int | None] = []

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        for _ in range(4):
            call.line.tick()
        await connection.wait_closed()
        close_codes.append(connection.close_code)

    async with server(handler) as url:
        await call.stream(url, StreamOptions(new_stream_sid=lambda: SID, cut_after_ms=40))
    assert close_codes == [1006]
    assert call.told == [("stream-started", 0), ("stream-error", 31903)]


async def test_a_server_that_does_not_read_loses_the_callers_audio_not_the_call() -> None:
    call = Call()
    options = StreamOptions(
        new_stream_sid=lambda: SID, close_timeout_s=0.1, max_backlog_bytes=4096, send_buffer_bytes=4096
    )

    async def handler(connection: ServerConnection) -> None:
        await begin(connection)
        connection.transport.pause_reading()
        for _ in range(40_000):
            call.line.tick()
            if call.alerts:
                break
        for _ in range(50):
            call.line.tick()
        call.line.hang_up()
        await asyncio.sleep(0.3)

    async with server(handler) as url:
        await call.stream(url, options)
    assert call.alerts == [(31930, "warning"), (31930, "warning")]
    assert "1020 ms" in call.sentences[1]
    assert call.told == [("stream-started", 0), ("stream-stopped", 0)]
