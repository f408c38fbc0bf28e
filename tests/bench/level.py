"""So many calls at once on one host: run, and turned into figures."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.dialogue import Dialogue
from tests.bench.figures import matched, within
from tests.bench.host import Host
from tests.bench.machine import MEASURING_CORE, VENDOR_CORE, Meters, machine_cpu_s
from tests.bench.samples import record
from tests.bench.stream_caller import Called, StreamCaller
from tests.bench.vendor_process import START_MS

CALLS_A_SECOND = 25
"""How fast calls arrive, on average."""
SETTLED_S = 3.0
"""After the last call has begun, before the processor's time is counted."""
LATE_S = 0.02
PROFILED_S = 10
CLEAR_WITHIN_S = 1.0
MISSED_SHARE = 0.03
_numbers = itertools.count(1)


@dataclass(slots=True)
class Level:
    """The figures of one run; ms, MB, processor seconds."""

    calls: int
    called: list[Called]
    began_s: float
    cpu_s_per_call_minute: float = float("nan")
    host_core: float = float("nan")
    """Share of its core that the host used while all calls were there; `measuring_core`: callers and vendors,
    or the busier of the two where each has a core."""
    measuring_core: float = float("nan")
    others: float = float("nan")
    """Cores that processes took which are no part of this."""
    idle_mb: float = 0.0
    busy_mb: float = 0.0
    clear_ms: list[float] = field(default_factory=list)
    clears_missed: int = 0
    ready_ms: list[float] = field(default_factory=list)
    """From `start` to a vendor's connection that is ready for the call, where the script has such a moment."""
    stages: list[dict[str, float]] = field(default_factory=list)
    """Of each turn, for a single call only; see `stages`."""

    @property
    def v2v_ms(self) -> list[float]:
        """Last voice to first sound, each answered turn."""
        return self.plain_v2v_ms + self.barged_v2v_ms

    @property
    def plain_v2v_ms(self) -> list[float]:
        """The same of turns into which nothing was being said."""
        return self._answered_ms(barged=False)

    @property
    def barged_v2v_ms(self) -> list[float]:
        """The same of turns that were spoken into an answer."""
        return self._answered_ms(barged=True)

    def _answered_ms(self, *, barged: bool) -> list[float]:
        turns = [turn for call in self.called for turn in call.turns if turn.is_interruption is barged]
        return [(turn.answered_s - turn.ended_s) * 1000 for turn in turns if turn.answered_s is not None]

    @property
    def missed(self) -> int:
        return sum(turn.answered_s is None for call in self.called for turn in call.turns)

    @property
    def cut(self) -> int:
        """Calls that the host ended."""
        return sum(call.was_cut for call in self.called)

    @property
    def is_full(self) -> bool:
        """The host did not carry the calls: it ended some, answers did not come, or they broke up. Of those that came
        nothing can be said then: the caller may have heard the answer to another turn."""
        turns = sum(len(call.turns) for call in self.called)
        lost = self.missed + self.cut > MISSED_SHARE * turns
        return lost or self.late_frames > len(self.gap_ms) / 100

    @property
    def greeting_ms(self) -> list[float]:
        return [(call.greeted_s - call.started_s) * 1000 for call in self.called if call.greeted_s is not None]

    @property
    def gap_ms(self) -> list[float]:
        return [gap_s * 1000 for call in self.called for gap_s in call.gaps_s]

    @property
    def own_late_ms(self) -> list[float]:
        return [late_s * 1000 for call in self.called for late_s in call.late_s]

    @property
    def late_frames(self) -> int:
        return sum(gap_s >= LATE_S for call in self.called for gap_s in call.gaps_s)

    @property
    def mb_per_call(self) -> float:
        return (self.busy_mb - self.idle_mb) / self.calls


def caller(host: Host, turns: int, chance: random.Random) -> StreamCaller:
    number = next(_numbers)
    stream_sid, start = host.start(number)
    return StreamCaller(host.url, number, stream_sid, start, Dialogue(turns, 0.4 + 0.6 * chance.random()))


async def run_level(host: Host, calls: int, turns: int, chance: random.Random, profile: Path | None = None) -> Level:
    """Calls arrive at random, hold `turns` turns each, and hang up. `profile`: where to put samples of the host."""
    idle_mb, began_s = host.meters.rss_mb(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        running = []
        for _ in range(calls):
            running.append(tasks.create_task(caller(host, turns, chance).run()))
            await asyncio.sleep(2 * chance.random() / CALLS_A_SECOND)  # not in step with the others' 20 ms
        measuring = tasks.create_task(_measured(host, running))
        if profile is not None:
            await asyncio.sleep(SETTLED_S)
            tasks.create_task(record(host.meters.pid, PROFILED_S, profile))
    level = Level(calls, [task.result() for task in running], began_s, idle_mb=idle_mb)
    used = measuring.result()
    level.cpu_s_per_call_minute, level.host_core, level.measuring_core, level.others, level.busy_mb = used
    await asyncio.to_thread(relate, host, level)
    if calls == 1:
        level.stages = await asyncio.to_thread(_stages, host, level)
    return level


async def _measured(host: Host, running: Sequence["asyncio.Task[Called]"]) -> tuple[float, float, float, float, float]:
    """From when all calls are there to when the first has gone."""
    await asyncio.sleep(SETTLED_S)
    ours = Meters(os.getpid())
    meters = (host.meters, ours, host.vendors.meters)
    before, all_before_s, since_s = [meter.cpu_s() for meter in meters], machine_cpu_s(), time.monotonic()
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    used = [meter.cpu_s() - was for meter, was in zip(meters, before, strict=True)]
    took_s = time.monotonic() - since_s
    others_s = machine_cpu_s() - all_before_s - sum(used)
    per_call_minute = used[0] / took_s * 60 / len(running)
    measuring_s = used[1] + used[2] if VENDOR_CORE == MEASURING_CORE else max(used[1:])
    shares = (used[0] / took_s, measuring_s / took_s, max(0.0, others_s) / took_s)
    return per_call_minute, *shares, host.meters.rss_mb()


def relate(host: Host, level: Level) -> None:
    """Finds out which of the vendor's connections heard which call, for the figures between the two: from its first
    sign of a voice over the agent to our `clear`, and from `start` to a session that is ready."""
    signs: dict[int, list[float]] = {}
    for row in host.vendors.delays.voice_signs:
        signs = signs or host.vendors.moments(row, level.began_s)
    if not host.vendors.delays.voice_signs:
        return
    calls = {call.number: [turn.began_s for turn in call.turns] for call in level.called if call.turns}
    sockets = matched(signs, calls, START_MS / 1000 * 4)
    _ready(host, level, sockets)
    for call in level.called:
        for turn in call.turns:
            if not turn.is_interruption:
                continue
            sign_s = within(signs[sockets[call.number]], turn.began_s, turn.began_s + CLEAR_WITHIN_S)
            if sign_s is None or turn.cleared_s is None:
                level.clears_missed += 1
            else:
                level.clear_ms.append((turn.cleared_s - sign_s) * 1000)


def _ready(host: Host, level: Level, sockets: Mapping[int, int]) -> None:
    row = host.vendors.delays.ready_sign
    if row is None:
        return
    ready = host.vendors.moments(row, level.began_s)
    for call in level.called:
        at_s = within(ready.get(sockets.get(call.number, -1), []), call.started_s, call.ended_s)
        if at_s is not None:
            level.ready_ms.append((at_s - call.started_s) * 1000)


def _stages(host: Host, level: Level) -> list[dict[str, float]]:
    script, told = host.vendors.delays, host.vendors.told
    rows = [
        [at_s for at_s, _, what in told(meters)["moments"] if what in whats and at_s >= level.began_s]
        for meters, whats in script.stage_signs
    ]
    (call,) = level.called
    return [
        found
        for turn in call.turns
        if turn.answered_s is not None and (found := script.staged(turn.ended_s, turn.answered_s, rows))
    ]
