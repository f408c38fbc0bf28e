"""Calls over time against a fleet that grows: which rung each begins on, and which streams in the end. Pure."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from offhook.capacity.arrivals import Load
from offhook.capacity.fleet import Fleet, Task

LOOKS_EVERY_S = 10.0
"""How often the picture looks, and a call in traditional mode that may climb asks for room: about once a turn."""


class Rung(StrEnum):
    """Where a call was held. `TRADITIONAL_AT_FIRST` climbed to a stream when there was room. `FAILED`: nobody could
    hold it, as more calls came at once than the account's functions may run."""

    STREAMING = "streaming"
    TRADITIONAL_AT_FIRST = "traditional at first"
    TRADITIONAL = "traditional"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Functions:
    """The webhooks' part. A call in traditional mode has one request under way for `busy_share` of its time; a call
    that begins, streams or ends takes `webhooks` requests of `webhook_s` each. `concurrency` is the account's limit of
    functions at once, from which a new account begins."""

    concurrency: int = 1000
    busy_share: float = 0.2
    webhooks: int = 6
    webhook_s: float = 0.1


@dataclass(slots=True)
class Look:
    """One moment of the picture."""

    at_s: float
    streaming: int
    traditional: int
    room: int
    tasks: int


@dataclass(slots=True)
class Outcome:
    calls: Counter[Rung] = field(default_factory=Counter)
    in_burst: Counter[Rung] = field(default_factory=Counter)
    looks: list[Look] = field(default_factory=list)
    climbed_after_s: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _Call:
    began_s: float
    ends_s: float
    in_burst: bool
    task: Task | None
    rung: Rung


def simulate(
    load: Load,
    fleet: Fleet,
    until_s: float,
    chance: random.Random,
    *,
    climbs: bool = False,
    functions: Functions = Functions(),
) -> Outcome:
    """Runs `load` for `until_s` seconds. `climbs` is OFFHOOK_CLIMB=1."""
    run = _Run(load, fleet, chance, climbs, functions)
    for at_s, what in _moments(load, until_s, chance, fleet.pace.minute_s):
        run.end_until(at_s)
        run.step(at_s, what)
    run.end_until(float("inf"))
    return run.outcome


def _moments(load: Load, until_s: float, chance: random.Random, minute_s: float) -> Iterator[tuple[float, str]]:
    calls = ((at_s, "call") for at_s in load.arrivals(until_s, chance))
    looks = ((n * LOOKS_EVERY_S, "look") for n in range(int(until_s / LOOKS_EVERY_S)))
    minutes = ((n * minute_s, "minute") for n in range(1, int(until_s / minute_s)))
    return heapq.merge(calls, looks, minutes)


class _Run:
    def __init__(self, load: Load, fleet: Fleet, chance: random.Random, climbs: bool, functions: Functions) -> None:
        self.outcome = Outcome()
        self._load, self._fleet, self._chance, self._climbs, self._functions = load, fleet, chance, climbs, functions
        self._ends: list[tuple[float, int, _Call]] = []
        self._numbers = itertools.count()
        self._traditional: list[_Call] = []
        self._told: list[tuple[float, float]] = []
        self._webhook_ends: list[float] = []

    def step(self, at_s: float, what: str) -> None:
        while self._told and self._told[0][0] <= at_s:
            self._fleet.minute(self._told.pop(0)[1], at_s)
        if what == "call":
            self._begin(at_s)
        elif what == "minute":
            self._told.append((at_s + self._fleet.pace.told_s, self._fleet.room_taken(at_s)))
        else:
            self._climb(at_s)
            self._look(at_s)

    def end_until(self, at_s: float) -> None:
        while self._ends and self._ends[0][0] <= at_s:
            call = heapq.heappop(self._ends)[2]
            if call.task is None:
                self._traditional.remove(call)
            else:
                self._fleet.leave(call.task)
            self._count(call)

    def _begin(self, at_s: float) -> None:
        in_burst = self._load.burst.at(at_s) > 1.0
        ends_s = at_s + self._load.lasts_s(self._chance)
        if self._functions_busy(at_s) >= self._functions.concurrency:
            self._count(_Call(at_s, at_s, in_burst, None, Rung.FAILED))
            return
        heapq.heappush(self._webhook_ends, at_s + self._functions.webhooks * self._functions.webhook_s)
        task = self._fleet.take(at_s)
        call = _Call(at_s, ends_s, in_burst, task, Rung.STREAMING if task else Rung.TRADITIONAL)
        if task is None:
            self._traditional.append(call)
        heapq.heappush(self._ends, (ends_s, next(self._numbers), call))

    def _functions_busy(self, at_s: float) -> float:
        while self._webhook_ends and self._webhook_ends[0] <= at_s:
            heapq.heappop(self._webhook_ends)
        return len(self._webhook_ends) + len(self._traditional) * self._functions.busy_share

    def _climb(self, at_s: float) -> None:
        for call in list(self._traditional) if self._climbs else ():
            task = self._fleet.take(at_s)
            if task is None:
                return
            call.task, call.rung = task, Rung.TRADITIONAL_AT_FIRST
            self._traditional.remove(call)
            self.outcome.climbed_after_s.append(at_s - call.began_s)

    def _look(self, at_s: float) -> None:
        ready = [task for task in self._fleet.tasks if task.ready_s <= at_s]
        streaming, room = sum(task.calls for task in ready), len(ready) * self._fleet.size.calls_per_task
        self.outcome.looks.append(Look(at_s, streaming, len(self._traditional), room, len(ready)))

    def _count(self, call: _Call) -> None:
        self.outcome.calls[call.rung] += 1
        if call.in_burst:
            self.outcome.in_burst[call.rung] += 1
