"""A stream that carries nothing, for whoever wants to know how long the way to here stays open (`offhook doctor
--patient`): no frame and no ping leaves, so that a proxy that ends idle connections shows itself. It is admitted like
any other stream, by signature and token, and asked for with the `<Parameter>` that HOLD names."""

import asyncio

from streamer.twilio_socket import TwilioSocket

HOLD = "hold"
HELD_AT_MOST_S = 120.0


async def hold(socket: TwilioSocket) -> None:
    """Until the other side closes (which raises SocketClosed), or for HELD_AT_MOST_S."""
    socket.is_silent = True
    try:
        async with asyncio.timeout(HELD_AT_MOST_S):
            while True:
                await socket.receive()
    except TimeoutError:
        await socket.close(1000, "held long enough")
