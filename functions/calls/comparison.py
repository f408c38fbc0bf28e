"""Many calls compared: what became of them, how soon they were answered, what they cost, what went wrong. No I/O.

Calls are added one at a time and only figures are kept of each. A call belongs to the mode it began in, wherever it
fell to: what a fall costs belongs to the mode it fell from. A turn's times, though, belong to the mode it was spoken
in, and percentiles are always of the turns themselves.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from calls.conversation import Conversation, Turn
from calls.cost import ZERO, Cost
from calls.errors import Blame, Failure
from calls.faults import faults_of
from calls.ledger import CostedCall, Total, agent_of, best_mode_of, joined, started_on, total
from calls.percentiles import Percentiles, percentiles
from calls.record import CallRecord, EndReason, Mode
from calls.responsiveness import greeting, interruptions
from calls.usage import Kind, Usage

COMPLETED = frozenset({EndReason.CALLER_GOODBYE, EndReason.AGENT_GOODBYE, EndReason.TRANSFERRED})
NO_MODEL = "no model billed"
LADDER = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)
_MODELS = frozenset({Kind.MODEL, Kind.REALTIME, Kind.LIVE})


class By(StrEnum):
    """What calls are compared by."""

    MODE = "mode"
    AGENT = "agent"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class ReadCall:
    """One call with all that is kept of it. `model` is `model_of` its usage."""

    record: CallRecord
    conversation: Conversation
    cost: Cost
    model: str = NO_MODEL


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure (of `faults_of`) in `calls` calls. `call_id` is the one of them that was added first."""

    code: str
    blame: Blame
    calls: int
    sentence: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """`calls` have ended; `open_calls`, which have not, count nowhere but in `faults`. `completed` are those of the
    connected ones that ended with a goodbye or a transfer. Percentiles are None where nothing was measured. `faults`
    are the most common first."""

    name: str
    calls: int
    open_calls: int
    connected: int
    completed: int
    fell: int
    latency: Percentiles | None
    greeting: Percentiles | None
    barge_in: Percentiles | None
    total: Total
    ends: Mapping[str, int]
    faults: tuple[Fault, ...]

    @property
    def connected_share(self) -> float | None:
        """Of the calls that ended, 0 to 1."""
        return self.connected / self.calls if self.calls else None

    @property
    def completed_share(self) -> float | None:
        """Of the connected ones."""
        return self.completed / self.connected if self.connected else None

    @property
    def fell_share(self) -> float | None:
        """Of the connected ones, those that stood on a lower rung than before at any time."""
        return self.fell / self.connected if self.connected else None


@dataclass(slots=True)
class _Group:
    calls: int = 0
    open_calls: int = 0
    connected: int = 0
    completed: int = 0
    fell: int = 0
    latency_ms: list[int] = field(default_factory=list)
    greeting_ms: list[int] = field(default_factory=list)
    barge_in_ms: list[int] = field(default_factory=list)
    total: Total = Total(0, 0, ZERO, 0, 0, ())
    ends: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, Blame], Fault] = field(default_factory=dict)

    def fail(self, failure: Failure, call_id: str) -> None:
        key = failure.code, failure.blame
        seen = self.faults.get(key) or Fault(*key, 0, failure.sentence, call_id)
        self.faults[key] = replace(seen, calls=seen.calls + 1)

    def end(self, call: ReadCall) -> None:
        """Count a call that is over."""
        record = call.record
        self.calls += 1
        self.ends[record.end_reason.value if record.end_reason else "unknown"] += 1
        self.total = joined(self.total, total([CostedCall(record, call.cost)]))
        if record.answered_at_ms is not None:
            self.connected += 1
            self.completed += record.end_reason in COMPLETED
            self.fell += has_fallen(record)

    def row(self, name: str) -> Row:
        return Row(
            name,
            self.calls,
            self.open_calls,
            self.connected,
            self.completed,
            self.fell,
            percentiles(self.latency_ms),
            percentiles(self.greeting_ms),
            percentiles(self.barge_in_ms),
            self.total,
            dict(self.ends.most_common()),
            tuple(sorted(self.faults.values(), key=lambda fault: (-fault.calls, fault.code))),
        )


class Comparison:
    """Give every call to `add`, then take `rows`, and `whole`, the row of all of them together."""

    def __init__(self, by: By = By.MODE) -> None:
        self.by = by
        self._groups: dict[str, _Group] = {}
        self._whole = _Group()

    def add(self, call: ReadCall) -> None:
        name = self._name_of(call)
        for group in (self._groups.setdefault(name, _Group()), self._whole):
            for failure in faults_of(call.record):
                group.fail(failure, call.record.call_id)
            if call.record.is_final:
                group.end(call)
            else:
                group.open_calls += 1
        if call.record.is_final:
            self._time(call, name)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Modes from the best down; everything else by name."""
        order = {mode.value: place for place, mode in enumerate(LADDER)}
        names = sorted(self._groups, key=lambda name: (order.get(name, len(order)), name))
        return tuple(self._groups[name].row(name) for name in names)

    @property
    def whole(self) -> Row:
        return self._whole.row("all")

    def _name_of(self, call: ReadCall) -> str:
        match self.by:
            case By.MODE:
                return best_mode_of(call.record)
            case By.AGENT:
                return agent_of(call.record)
            case By.MODEL:
                return call.model
            case By.DAY:
                return started_on(call.record)

    def _time(self, call: ReadCall, name: str) -> None:
        """The times of the call's turns, each with its own group."""
        for turn in call.conversation.turns:
            if turn.latency.total is not None:
                for group in self._groups_of(turn, name):
                    group.latency_ms.append(turn.latency.total)
        if (first := greeting(call.record, call.conversation)) is not None:
            for group in self._groups_of(first[0], name):
                group.greeting_ms.append(first[1])
        for answer, _, took_ms in interruptions(call.conversation):
            for group in self._groups_of(answer, name):
                group.barge_in_ms.append(took_ms)

    def _groups_of(self, turn: Turn, name: str) -> tuple[_Group, _Group]:
        own = turn.mode if self.by is By.MODE else name
        return self._groups.setdefault(own, _Group()), self._whole


def has_fallen(record: CallRecord) -> bool:
    """Whether the call went on at any time in a lower mode than it was in."""
    return any(LADDER.index(after.mode) > LADDER.index(before.mode) for before, after in pairwise(record.modes))


def model_of(used: tuple[Usage, ...]) -> str:
    """The model that gave most of the call's replies, as its usage names it; NO_MODEL where none was billed."""
    counted = Counter(usage.model for usage in used if usage.kind in _MODELS)
    return min(counted, key=lambda name: (-counted[name], name), default=NO_MODEL)
