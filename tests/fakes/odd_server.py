"""A server that answers each request with the bytes it is told, and closes: for answers that no honest vendor gives."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def odd_server(answer: Callable[[dict[str, Any]], bytes]) -> AsyncIterator[str]:
    """The server's http base. `answer` gets the JSON body of each request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        writer.write(answer(json.loads(await reader.readexactly(length))))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


def refusal_of(param: str) -> bytes:
    """OpenAI's 400 for a part of a request that the model does not take."""
    body = json.dumps({"error": {"message": "no", "param": param, "code": "unsupported_value"}}).encode()
    return b"HTTP/1.1 400 Bad Request\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body
