import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from offhook.box.ports import CallIdentity
from offhook.box.stream_connection import NotConnected, StreamOptions, dial

IDENTITY = CallIdentity("AC1", "CA1", "token-1")
OPTIONS = StreamOptions(connect_timeout_s=4.0)


@asynccontextmanager
async def answering(answer: bytes, linger_s: float = 0.0) -> AsyncIterator[int]:
    """A server that reads a little of one connection, answers, and closes; the port."""
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        await asyncio.sleep(linger_s)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        closed.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]
        async with asyncio.timeout(1):
            await closed.wait()


async def failure(url: str, options: StreamOptions = OPTIONS) -> NotConnected:
    with pytest.raises(NotConnected) as caught:
        await dial(url, IDENTITY, options)
    return caught.value


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/stream",
        "stream",
        "https://host/stream",
        "ws://192.0.2.1/stream",
        "ws://example.com/s",
        "wss://h:x/s",
        "wss://",
    ],
)
async def test_what_is_not_wss_is_31922_and_never_dialled(url: str) -> None:
    assert (await failure(url)).code == 31922


async def test_a_query_string_is_31920_and_never_dialled() -> None:
    refused = await failure("wss://example.com/stream?token=t")
    assert refused.code == 31920
    assert "query string" in refused.sentence
    assert "token=t" not in refused.sentence


ANSWERS: dict[str, tuple[bytes, str]] = {
    "forbidden": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "403"),
    "ok": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200"),
    "a redirect is not followed": (
        b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "302",
    ),
    "101 without the rest": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "handshake"),
    "no HTTP": (b"220 mail.example.com ESMTP\r\n", "handshake"),
    "nothing": (b"", "handshake"),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_any_answer_but_a_handshake_is_31920(name: str) -> None:
    answer, part = ANSWERS[name]
    async with answering(answer) as port:
        refused = await failure(f"ws://127.0.0.1:{port}/stream")
    assert refused.code == 31920
    assert part in refused.sentence


async def test_no_answer_in_time_is_31901() -> None:
    async with answering(b"", linger_s=0.3) as port:
        late = await failure(f"ws://127.0.0.1:{port}/stream", StreamOptions(connect_timeout_s=0.1))
    assert late.code == 31901
    assert "0.1 s" in late.sentence


async def test_nobody_listening_is_31902(unused_tcp_port_factory: Callable[[], int]) -> None:
    port = unused_tcp_port_factory()
    assert (await failure(f"ws://127.0.0.1:{port}/stream")).code == 31902
    assert (await failure(f"ws://localhost:{port}/stream")).code == 31902


async def test_plain_text_where_tls_is_needed_is_31910() -> None:
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        refused = await failure(f"wss://127.0.0.1:{port}/stream")
    assert refused.code == 31910


async def test_no_way_there_is_31904() -> None:
    assert (await failure("wss://255.255.255.255:9/stream")).code == 31904
