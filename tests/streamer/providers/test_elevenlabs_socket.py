"""One call's socket to a simulated ElevenLabs: kept alive, opened again, never more contexts than there may be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from calls.errors import ProviderFailed
from streamer.providers.elevenlabs_failures import ELEVENLABS
from streamer.providers.elevenlabs_messages import socket_url
from streamer.providers.elevenlabs_socket import MOST_CONTEXTS, SpeechContext, SpeechSocket
from streamer.providers.vendor_socket import VendorSockets
from tests.vendors.meters import Meters
from tests.vendors.script import ElevenLabsScript, Fault, Script, Speaking
from tests.vendors.vendors import Vendors

QUICK = Speaking(first_byte_ms=20, times_realtime=50)


@asynccontextmanager
async def line(*sockets: Speaking, keep_alive_s: float = 60.0) -> AsyncIterator[tuple[SpeechSocket, Meters]]:
    async with Vendors(Script(elevenlabs=ElevenLabsScript(sockets=sockets or (QUICK,)))) as vendors:
        opener = VendorSockets(ELEVENLABS, {"xi-api-key": "elevenlabs-key"}, 0.3, 0.1)
        url = socket_url(vendors.elevenlabs_url, "heart", "eleven_flash_v2_5")
        socket = SpeechSocket(partial(opener.open, url), 0.3, 0.3, keep_alive_s)
        running = asyncio.create_task(socket.run())
        try:
            yield socket, vendors.meters.elevenlabs
        finally:
            running.cancel()
            await asyncio.wait([running])
            await opener.aclose()


async def context_of(socket: SpeechSocket) -> SpeechContext:
    context = await socket.context(1.0)
    assert context is not None
    return context


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not is_so():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_texts_are_heard_in_turn_up_to_the_end() -> None:
    async with line() as (socket, _):
        context = await context_of(socket)
        context.speak("Yes. ")
        context.speak("No.")
        context.finish()
        pieces = []
        while (piece := await context.piece()) is not None:
            pieces.append(piece)

    assert sum(len(piece.mulaw) for piece in pieces) == 8 * 60 * len("Yes. No. ")


async def test_an_idle_socket_is_kept_alive() -> None:
    async with line(replace(QUICK, inactivity_ms=250), keep_alive_s=0.1) as (socket, meters):
        await context_of(socket)
        await asyncio.sleep(0.8)

        assert meters.sockets_opened == 1
        assert list(meters.refusals) == []


async def test_a_socket_that_dies_is_opened_again() -> None:
    async with line(replace(QUICK, fault=Fault("drop", after_ms=50)), QUICK) as (socket, meters):
        context = await context_of(socket)
        with pytest.raises(ProviderFailed) as caught:
            async with asyncio.timeout(1):
                await context.piece()
        await until(lambda: meters.sockets_opened == 2)
        again = await context_of(socket)
        again.speak("Yes.")
        assert await again.piece() is not None

    assert caught.value.failure.code == "elevenlabs-lost"


async def test_there_are_never_more_contexts_than_there_may_be() -> None:
    async with line() as (socket, meters):
        first = await context_of(socket)
        others = [await socket.context(1.0) for _ in range(MOST_CONTEXTS)]
        assert [context is not None for context in others] == [True] * (MOST_CONTEXTS - 1) + [False]

        socket.release(first)
        async with asyncio.timeout(1):
            while await socket.context(1.0) is None:  # noqa: ASYNC110  # what is waited for tells nobody
                await asyncio.sleep(0.01)

    assert list(meters.refusals) == []


async def test_text_that_brings_no_audio_is_noticed_also_when_it_came_late() -> None:
    async with line(replace(QUICK, first_byte_ms=60_000)) as (socket, _):
        context = await context_of(socket)
        waiting = asyncio.create_task(context.piece())
        await asyncio.sleep(0.4)
        assert not waiting.done()
        context.speak("Yes.")
        with pytest.raises(ProviderFailed) as caught:
            async with asyncio.timeout(1):
                await waiting

    assert caught.value.failure.code == "elevenlabs-stalled"


async def test_an_error_of_the_socket_is_told_to_who_waits() -> None:
    async with line(replace(QUICK, fault=Fault("error", after_ms=50, code=1008))) as (socket, _):
        context = await context_of(socket)
        with pytest.raises(ProviderFailed) as caught:
            async with asyncio.timeout(1):
                await context.piece()

    assert caught.value.failure.sentence == (
        "The connection to ElevenLabs was lost: ElevenLabs reported internal_server_error. "
        "Check its status page if that happens often."
    )


async def test_without_a_socket_there_is_no_context() -> None:
    async with line(replace(QUICK, fault=Fault("stall"))) as (socket, _):
        assert await socket.context(0.05) is None
