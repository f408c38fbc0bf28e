"""One simulated burst and one month's bill: as values, for whoever shows them. Pure, but for chance and prices."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from calls.record import Mode
from offhook.capacity.arrivals import Burst, Load, busiest_per_s
from offhook.capacity.aws_bill import Line, month, tasks_for
from offhook.capacity.fleet import Fleet, Pace, Size, Step
from offhook.capacity.simulate import Outcome, Rung, simulate
from offhook.capacity.vendor_bill import TURNS, per_minute

SIMULATED_S = 3600.0


@dataclass(frozen=True, slots=True)
class Question:
    """`mean_s`: how long a call lasts. `runs`: how often the burst is simulated, each with other chance."""

    calls_per_day: float
    mean_s: float = 180.0
    burst: Burst = field(default_factory=Burst)
    size: Size = field(default_factory=Size)
    pace: Pace = field(default_factory=Pace)
    step: Step | None = field(default_factory=Step)
    climbs: bool = False
    runs: int = 5
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Month:
    """US dollars: AWS line by line, and for each mode what Twilio and the vendors take."""

    aws: tuple[Line, ...]
    minutes: float
    vendors: dict[Mode, float]

    @property
    def aws_usd(self) -> float:
        return sum(line.usd for line in self.aws)


@dataclass(frozen=True, slots=True)
class Answer:
    """`in_burst`: how many calls of the burst began on each rung, over all runs. `tasks`: in the busiest hour without a
    burst. `climbed_p50_s`: after how long a call that climbed streamed, None where none did."""

    question: Question
    tasks: int
    in_burst: dict[Rung, int]
    others: dict[Rung, int]
    most_tasks: int
    climbed_p50_s: float | None
    picture: Outcome
    month: Month


def answered(question: Question, today: date) -> Answer:
    """The fleet begins with the tasks that the busiest hour needs."""
    tasks = tasks_for(busiest_per_s(question.calls_per_day) * 3600, question.mean_s, question.size)
    load = Load(busiest_per_s(question.calls_per_day), question.mean_s, question.burst)
    outcomes = [_simulated(question, load, tasks, question.seed + run) for run in range(question.runs)]
    climbed = [after_s for outcome in outcomes for after_s in outcome.climbed_after_s]
    return Answer(
        question,
        tasks,
        {rung: sum(one.in_burst[rung] for one in outcomes) for rung in Rung},
        {rung: sum(one.calls[rung] - one.in_burst[rung] for one in outcomes) for rung in Rung},
        max(look.tasks for one in outcomes for look in one.looks),
        statistics.median(climbed) if climbed else None,
        outcomes[0],
        a_month(question, today),
    )


def _simulated(question: Question, load: Load, tasks: int, seed: int) -> Outcome:
    fleet = Fleet(question.size, question.pace, question.step, begins_with=tasks)
    chance = random.Random(seed)  # noqa: S311 - a simulation that can be repeated, no secret
    return simulate(load, fleet, SIMULATED_S, chance, climbs=question.climbs)


def a_month(question: Question, today: date) -> Month:
    minutes = question.calls_per_day * 30.4 * question.mean_s / 60
    turns = TURNS * question.mean_s / 60
    vendors = {mode: float(sum(per_minute(mode, today).values())) * minutes for mode in Mode}
    return Month(tuple(month(question.calls_per_day, question.mean_s, turns, question.size)), minutes, vendors)


def share(counts: dict[Rung, int], rungs: Sequence[Rung]) -> float:
    """Percent of the calls that began on one of `rungs`; 0 of none."""
    total = sum(counts.values())
    return 100 * sum(counts[rung] for rung in rungs) / total if total else 0.0
