"""The streaming tasks as Application Auto Scaling runs them. Pure: it is told the time."""

import math
from collections import deque
from dataclasses import dataclass, field

_ROUNDING = 1e-9


def enough(tasks: float) -> int:
    """The whole tasks that are no fewer than `tasks`; what only comes of binary fractions (35.00000000000001) takes no
    further one."""
    return math.ceil(tasks * (1 - _ROUNDING))


@dataclass(frozen=True, slots=True)
class Size:
    """The parameters of template.yaml, by their names."""

    calls_per_task: int = 50
    scale_at_percent: float = 40.0
    min_tasks: int = 2
    max_tasks: int = 10


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast AWS follows. Read, not measured: a policy of target tracking makes an alarm on three datapoints of a
    minute; a step takes one. `told_s`: how old a minute's figure is when an alarm sees it. `start_s`: from the decision
    to a task that takes calls (a network interface, a pull of 150 MB, the start, two health checks)."""

    minute_s: float = 60.0
    told_s: float = 15.0
    track_minutes: int = 3
    step_minutes: int = 1
    cooldown_s: float = 60.0
    start_s: float = 60.0
    shrink_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Step:
    """A policy for bursts: where `at_percent` of the room is taken, `grow_percent` more tasks start at once."""

    at_percent: float = 70.0
    grow_percent: float = 100.0


@dataclass(slots=True)
class Task:
    ready_s: float
    calls: int = 0
    leaving: bool = False


@dataclass(slots=True)
class Fleet:
    """`step` None: target tracking alone. It begins with `begins_with` tasks, or the least that there may be."""

    size: Size
    pace: Pace = field(default_factory=Pace)
    step: Step | None = None
    begins_with: int = 0
    tasks: list[Task] = field(default_factory=list)
    _minutes: deque[float] = field(default_factory=lambda: deque(maxlen=15))
    _grown_s: float = -math.inf

    def __post_init__(self) -> None:
        self.tasks = [Task(-math.inf) for _ in range(max(self.size.min_tasks, self.begins_with))]

    def take(self, at_s: float) -> Task | None:
        """The task that a call comes to, or None where all are full: the load balancer asks the least busy one."""
        ready = [task for task in self.tasks if task.ready_s <= at_s and not task.leaving]
        task = min(ready, key=lambda one: one.calls, default=None)
        if task is None or task.calls >= self.size.calls_per_task:
            return None
        task.calls += 1
        return task

    def leave(self, task: Task) -> None:
        """A call of the task has ended."""
        task.calls -= 1
        if task.leaving and task.calls == 0:
            self.tasks.remove(task)

    def room_taken(self, at_s: float) -> float:
        """Percent of the room of the tasks that take calls: the metric RoomTaken."""
        ready = [task for task in self.tasks if task.ready_s <= at_s and not task.leaving]
        return 100.0 * sum(task.calls for task in ready) / (len(ready) * self.size.calls_per_task) if ready else 100.0

    def minute(self, taken: float, at_s: float) -> None:
        """The policies look at one more minute's figure."""
        self._minutes.append(taken)
        wanted = max(self._tracked(), self._stepped())
        staying = [task for task in self.tasks if not task.leaving]
        if wanted > len(staying):
            if at_s - self._grown_s >= self.pace.cooldown_s:
                self._grow(min(wanted, self.size.max_tasks) - len(staying), at_s)
        elif self._idle():
            self._shrink(staying, at_s)

    def _tracked(self) -> int:
        """Tasks that would bring the room taken to the target, where it was above it for long enough."""
        last = list(self._minutes)[-self.pace.track_minutes :]
        if len(last) < self.pace.track_minutes or min(last) <= self.size.scale_at_percent:
            return 0
        return enough(self._counted() * last[-1] / self.size.scale_at_percent)

    def _stepped(self) -> int:
        last = list(self._minutes)[-self.pace.step_minutes :]
        if self.step is None or len(last) < self.pace.step_minutes or min(last) < self.step.at_percent:
            return 0
        return enough(self._counted() * (1 + self.step.grow_percent / 100))

    def _counted(self) -> int:
        return sum(not task.leaving for task in self.tasks)

    def _grow(self, more: int, at_s: float) -> None:
        if more > 0:
            self.tasks += [Task(at_s + self.pace.start_s) for _ in range(more)]
            self._grown_s = at_s

    def _idle(self) -> bool:
        """Target tracking shrinks below nine tenths of the target, after a quarter of an hour."""
        low = 0.9 * self.size.scale_at_percent
        return len(self._minutes) >= self.pace.shrink_minutes and max(self._minutes) < low

    def _shrink(self, staying: list[Task], at_s: float) -> None:
        """One task leaves, the one with the fewest calls; they end in it, and what is longer is moved."""
        if len(staying) > self.size.min_tasks and at_s - self._grown_s >= self.pace.shrink_minutes * self.pace.minute_s:
            leaving = min(staying, key=lambda task: task.calls)
            leaving.leaving = True
            if leaving.calls == 0:
                self.tasks.remove(leaving)
