"""What the processor did while all calls of a level were there."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.host import Host
from tests.bench.machine import MEASURING_CORE, VENDOR_CORE, Meters, machine_time
from tests.bench.stream_caller import Called

SETTLED_S = 3.0
"""After the last call has begun, before the processor's time is counted."""
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds and MB of the host; the others are shares of one core."""

    cpu_s_per_call_minute: float = _NAN
    host_core: float = _NAN
    """Share of its core that the host used; `measuring_core`: callers and vendors, or the busier of the two where each
    has a core."""
    measuring_core: float = _NAN
    others: float = _NAN
    """Cores that processes took which are no part of this."""
    stolen: float = _NAN
    """Cores that the hypervisor kept while something here was ready to run."""
    busy_mb: float = 0.0


async def measured(host: Host, running: Sequence["asyncio.Task[Called]"]) -> Usage:
    """From when all calls are there to when the first has gone."""
    await asyncio.sleep(SETTLED_S)
    meters = (host.meters, Meters(os.getpid()), host.vendors.meters)
    before, machine_before, since_s = [meter.cpu_s() for meter in meters], machine_time(), time.monotonic()
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    used = [meter.cpu_s() - was for meter, was in zip(meters, before, strict=True)]
    machine, took_s = machine_time(), time.monotonic() - since_s
    others_s = machine.used_s - machine_before.used_s - sum(used)
    measuring_s = used[1] + used[2] if VENDOR_CORE == MEASURING_CORE else max(used[1:])
    return Usage(
        used[0] / took_s * 60 / len(running),
        used[0] / took_s,
        measuring_s / took_s,
        max(0.0, others_s) / took_s,
        (machine.stolen_s - machine_before.stolen_s) / took_s,
        host.meters.rss_mb(),
    )
