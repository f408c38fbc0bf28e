"""Ten calls in a row on a vendor that is dead: the later ones do not wait for what the first ones have learnt."""

import asyncio
from datetime import date
from pathlib import Path

from calls.agent import Agent
from calls.errors import Failure
from calls.record import Mode, on_rung
from streamer.breaker import MOST_FAILURES
from streamer.engines.room import EngineRoom
from streamer.providers.vendor_socket import VendorSockets
from streamer.server import StreamServer
from tests.fakes.memory_store import MemoryCallStore
from tests.streamer.faults.caller import Caller, Utterance
from tests.streamer.faults.row import default_of
from tests.streamer.faults.scene import (
    FLUX_AGENT,
    Call,
    called,
    listening,
    record_of,
    script,
    settings_for,
)
from tests.vendors.script import Fault
from tests.vendors.vendors import Vendors

OPEN_S = default_of(VendorSockets, "open_timeout_s")
CALLS = 10
"""Those that learn, and some that need not."""
NEVER_ANSWERED = script(deepgram=listening(Fault("stall")))


async def _calls(
    folder: Path, agent: Agent, vendors: Vendors
) -> tuple[list[Caller], list[tuple[Failure, ...]], list[int]]:
    """The callers, the failures in their records, and Deepgram's handshakes after each call."""
    store, handshakes, callers = MemoryCallStore(), [], []
    settings = settings_for(vendors, folder)
    room = EngineRoom([agent], lambda: date(2026, 11, 20), settings.vendors)
    server = StreamServer(settings, {agent.name: agent}, room, store)
    await server.warm()
    keeping = asyncio.create_task(room.run(), name="engines")
    try:
        async with server.serve() as listening_server:
            port = next(iter(listening_server.sockets)).getsockname()[1]
            for number in range(CALLS):
                call_id, sid = f"01TEN{number}", f"CATEN{number}"
                store.create(on_rung(record_of(call_id, sid), Mode.PIPELINE, 0))
                call = Call(vendors.script, agent, (Utterance((), quiet_s=OPEN_S + 1.5),), stays_s=OPEN_S + 2.0)
                caller, _ = await called(port, server, call, call_id, sid)
                callers.append(caller)
                handshakes.append(vendors.meters.deepgram.requests)
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
    records = [store.by_call_id(f"01TEN{number}") for number in range(CALLS)]
    return callers, [record.failures for record in records if record], handshakes


async def test_the_later_calls_leave_a_dead_vendor_alone(tmp_path: Path) -> None:
    """None of them can be had in this task; the later ones are handed over, to be greeted over TwiML, at once."""
    async with Vendors(NEVER_ANSWERED) as vendors:
        callers, failures, handshakes = await _calls(tmp_path, FLUX_AGENT, vendors)
    lasted_s = [caller.ended_s - caller.began_s for caller in callers]
    assert all(one > OPEN_S - 0.5 for one in lasted_s[:MOST_FAILURES])
    assert all(one < 1.0 for one in lasted_s[MOST_FAILURES:]), lasted_s
    assert handshakes[MOST_FAILURES - 1] == handshakes[-1], "nobody asked"
    codes = [failure.code for of_one in failures for failure in of_one]
    assert codes == ["deepgram-unreachable"] * MOST_FAILURES + ["deepgram-resting"] * (CALLS - MOST_FAILURES)
