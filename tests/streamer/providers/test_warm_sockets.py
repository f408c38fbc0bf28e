"""Warm sockets to a simulated Deepgram: kept after a call, given away, aged out, replaced."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from calls.errors import ProviderFailed
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.deepgram_flux import flux_url
from streamer.providers.vendor_socket import VendorSocket, VendorSockets
from streamer.providers.warm_sockets import WarmSockets
from tests.vendors.script import DeepgramScript, Fault, Listening, Script
from tests.vendors.vendors import Vendors


@asynccontextmanager
async def warm(vendors: Vendors, idle_s: float = 5.0) -> AsyncIterator[WarmSockets[VendorSocket]]:
    """Warm sockets that run."""
    sockets = VendorSockets(DEEPGRAM, {"Authorization": "Token deepgram-key"}, close_timeout_s=0.2)
    kept = WarmSockets(partial(sockets.open, flux_url(vendors.deepgram_url, "flux-general-en")), idle_s)
    running = asyncio.create_task(kept.run())
    try:
        yield kept
    finally:
        running.cancel()
        await asyncio.wait([running])
        await sockets.aclose()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not is_so():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0.005)


async def test_nothing_is_opened_before_a_call_was_answered() -> None:
    async with Vendors() as vendors, warm(vendors) as kept:
        await asyncio.sleep(0.05)

        assert (kept.idle_count, vendors.meters.deepgram.sockets_opened) == (0, 0)


async def test_after_a_call_one_is_kept_and_the_next_call_takes_it() -> None:
    async with Vendors() as vendors, warm(vendors) as kept:
        first = await kept.take()
        await until(lambda: kept.idle_count == 1)
        opened = vendors.meters.deepgram.sockets_opened
        second = await kept.take()

        assert opened == 2
        assert second.is_open
        assert second is not first
        await until(lambda: kept.idle_count == 1)
        first.close()
        second.close()


async def test_a_socket_that_was_closed_meanwhile_is_not_given_away() -> None:
    script = Script(deepgram=DeepgramScript((Listening(), Listening(fault=Fault("drop", after_ms=30)), Listening())))
    async with Vendors(script) as vendors, warm(vendors) as kept:
        first = await kept.take()
        await until(lambda: kept.idle_count == 1)
        await until(lambda: vendors.meters.deepgram.sockets_open == 1)
        await asyncio.sleep(0.02)
        second = await kept.take()

        assert second.is_open
        first.close()
        second.close()


async def test_a_socket_is_replaced_before_the_vendor_would_close_it() -> None:
    async with Vendors() as vendors, warm(vendors, idle_s=0.1) as kept:
        (await kept.take()).close()
        await until(lambda: vendors.meters.deepgram.sockets_opened == 3 and kept.idle_count == 1)


async def test_a_vendor_that_is_not_there_is_told_to_who_takes() -> None:
    async with Vendors(Script(deepgram=DeepgramScript(refused=True))) as vendors, warm(vendors) as kept:
        with pytest.raises(ProviderFailed):
            await kept.take()


async def test_at_the_end_nothing_is_left_open() -> None:
    async with Vendors() as vendors:
        async with warm(vendors) as kept:
            (await kept.take()).close()
            await until(lambda: kept.idle_count == 1)
        await until(lambda: vendors.meters.deepgram.sockets_open == 0)


async def test_what_is_kept_goes_when_the_key_is_replaced_and_what_a_call_has_stays() -> None:
    async with Vendors() as vendors, warm(vendors) as kept:
        held = await kept.take()
        await until(lambda: kept.idle_count == 1)
        opened = vendors.meters.deepgram.sockets_opened
        kept.renew()
        assert (kept.idle_count, held.is_open) == (0, True)
        await until(lambda: kept.idle_count == 1 and vendors.meters.deepgram.sockets_opened > opened)
        assert held.is_open
        held.close()


async def test_a_socket_that_was_being_opened_with_the_key_before_is_not_kept() -> None:
    made: list[Kept] = []
    may_open = asyncio.Event()

    async def connect() -> Kept:
        await may_open.wait()
        made.append(Kept())
        return made[-1]

    kept: WarmSockets[Kept] = WarmSockets(connect, 60.0)
    may_open.set()
    await kept.take()
    may_open.clear()
    running = asyncio.create_task(kept.run())
    await asyncio.sleep(0)
    kept.renew()
    may_open.set()
    await until(lambda: kept.idle_count == 1)
    assert [one.is_open for one in made] == [True, False, True]
    running.cancel()
    await asyncio.wait([running])


class Kept:
    """Something that is kept, and says whether it was let go."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
