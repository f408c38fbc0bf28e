"""The line to Deepgram, whatever the turns are made of: what is dropped, what is replayed, when it gives up."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from calls.errors import ProviderFailed
from streamer.events import Draft, Heard
from streamer.metering import unmetered
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.deepgram_flux import flux_url
from streamer.providers.deepgram_recogniser import DeepgramRecogniser, Patience
from streamer.providers.sent_audio import MediaClock
from streamer.providers.vendor_socket import VendorSocket, VendorSockets
from tests.streamer.providers.deepgram_calls import SILENCE, VOICE, Listener, frames
from tests.vendors.script import DeepgramScript, Fault, Listening, Script
from tests.vendors.vendors import Vendors


class Echo:
    """Turns that tell the type of every message, and keep what they were told of connections."""

    def __init__(self, *, is_speaking: bool = False, is_confused: bool = False) -> None:
        self.is_speaking, self._is_confused = is_speaking, is_confused
        self.confirmed_ms = 0
        self.due_at_s: float | None = None
        self.replayed_ms: list[float] = []

    def take(self, message: dict[str, Any], clock: MediaClock, now_s: float) -> tuple[Heard, ...]:
        if self._is_confused:
            raise KeyError("type")
        return (Draft(message["type"]),)

    def due(self, now_s: float) -> tuple[Heard, ...]:
        return ()

    def reopened(self, replayed_ms: float, now_s: float) -> None:
        self.replayed_ms.append(replayed_ms)


def recogniser(
    vendors: Vendors, turns: Echo, metered: Callable[[int], None] = unmetered, **patience: Any
) -> DeepgramRecogniser:
    sockets = VendorSockets(DEEPGRAM, {"Authorization": "Token deepgram-key"}, 0.3, 0.1)
    url = flux_url(vendors.deepgram_url, "flux-general-en")
    return DeepgramRecogniser(partial(sockets.open, url), turns, Patience(3.0, **patience), None, metered)


async def test_audio_from_before_the_socket_is_bounded_and_what_is_dropped_is_counted() -> None:
    turns = Echo(is_speaking=True)
    async with Vendors() as vendors, Listener(recogniser(vendors, turns, kept_ms=400)) as line:
        line.hear(frames((SILENCE, 1_000)))
        await line.until(bool)
        assert isinstance(line.recogniser, DeepgramRecogniser)

        assert turns.replayed_ms == [400]
        assert 600 <= line.recogniser.dropped_ms <= 800  # silence goes on while the socket opens


async def test_while_nobody_speaks_little_is_sent_again() -> None:
    dropping = Listening(fault=Fault("drop", after_messages=5))
    script = Script(deepgram=DeepgramScript((dropping, Listening())))
    turns = Echo(is_speaking=False)
    async with Vendors(script) as vendors, Listener(recogniser(vendors, turns, quiet_ms=300)) as line:
        line.hear(frames((SILENCE, 2_000)))
        await line.until(lambda told: len(turns.replayed_ms) == 2)

    assert 300 <= turns.replayed_ms[1] <= 800


async def test_what_is_sent_is_told_over_every_connection_each_minute_and_at_the_end() -> None:
    dropping = Listening(fault=Fault("drop", after_messages=5))
    script = Script(deepgram=DeepgramScript((dropping, Listening())))
    told: list[int] = []
    turns = Echo(is_speaking=True)
    async with Vendors(script) as vendors, Listener(recogniser(vendors, turns, told.append, quiet_ms=300)) as line:
        line.hear(frames((SILENCE, 2_000)))
        await line.until(lambda _told: len(turns.replayed_ms) == 2)
        assert len(told) == 1  # the first connection's
        line.hear(frames((VOICE, 61_000)))
        await line.until(lambda _told: len(told) == 2)
        await line.until(lambda _told: vendors.meters.deepgram.audio_s_received * 1_000 >= sum(told))
        assert told[1] >= 60_000

    assert len(told) == 3
    received_ms = vendors.meters.deepgram.audio_s_received * 1_000
    assert received_ms - 100 <= sum(told) <= received_ms + 1_500  # what was on its way into the connection that dropped


async def test_what_is_told_of_a_call_is_what_the_vendor_received() -> None:
    told: list[int] = []
    async with Vendors() as vendors, Listener(recogniser(vendors, Echo(), told.append)) as line:
        line.hear(frames((SILENCE, 2_000), (VOICE, 3_000)))
        await line.until(lambda _told: vendors.meters.deepgram.audio_s_received > 5)

    assert len(told) == 1
    assert told[0] == pytest.approx(vendors.meters.deepgram.audio_s_received * 1_000, abs=60)


async def test_messages_that_never_make_sense_are_a_lost_connection() -> None:
    async with Vendors() as vendors, Listener(recogniser(vendors, Echo(is_confused=True), reconnects=0)) as line:
        line.hear(frames((VOICE, 4_000)))
        with pytest.raises(ProviderFailed) as caught:
            await line.until(lambda told: False)

    assert caught.value.failure.code == "deepgram-lost"


async def test_how_often_it_is_tried_again_is_a_setting() -> None:
    script = Script(deepgram=DeepgramScript((Listening(fault=Fault("drop", after_messages=1)),)))
    async with Vendors(script) as vendors, Listener(recogniser(vendors, Echo(), reconnects=3)) as line:
        with pytest.raises(ProviderFailed):
            await line.until(lambda told: False)

    assert vendors.meters.deepgram.sockets_opened == 4


async def test_a_connection_that_held_well_may_be_lost_again() -> None:
    script = Script(deepgram=DeepgramScript((Listening(fault=Fault("drop", after_ms=200)),)))
    turns = Echo()
    async with Vendors(script) as vendors, Listener(recogniser(vendors, turns, well_s=0.1)) as line:
        await line.until(lambda told: len(turns.replayed_ms) == 4)


async def test_in_the_middle_of_a_turn_a_silent_vendor_is_left_sooner() -> None:
    script = Script(deepgram=DeepgramScript((Listening(fault=Fault("stall", after_messages=1)), Listening())))
    turns = Echo(is_speaking=True)
    async with Vendors(script) as vendors, Listener(recogniser(vendors, turns, speaking_stalled_s=0.3)) as line:
        line.hear(frames((VOICE, 200)))
        await line.until(lambda told: len(turns.replayed_ms) == 2, within_s=1.5)


async def test_a_call_that_ends_while_the_socket_opens_leaves_nothing_behind() -> None:
    async def never() -> VendorSocket:
        await asyncio.Event().wait()
        raise AssertionError

    running = asyncio.create_task(DeepgramRecogniser(never, Echo(), Patience(3.0), None).run(lambda event: None))
    await asyncio.sleep(0)
    running.cancel()
    async with asyncio.timeout(1):
        await asyncio.wait([running])

    assert running.cancelled()
