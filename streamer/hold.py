"""A stream that carries nothing, for whoever wants to know how long the way to here stays open (`offhook doctor
--patient`): no frame and no ping leaves, so that a proxy that ends idle connections shows itself. It is admitted like
any other stream, by signature and token, and asked for with the `<Parameter>` that HOLD names."""

import asyncio

from websockets.asyncio.server import ServerConnection

HOLD = "hold"
HELD_AT_MOST_S = 120.0


async def hold(socket: ServerConnection) -> None:
    """Until the other side closes (which raises ConnectionClosed), or for HELD_AT_MOST_S."""
    if socket.keepalive_task is not None:
        socket.keepalive_task.cancel()
    try:
        async with asyncio.timeout(HELD_AT_MOST_S):
            while True:
                await socket.recv()
    except TimeoutError:
        await socket.close(1000, "held long enough")
