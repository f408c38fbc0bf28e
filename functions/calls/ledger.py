"""The costs of many calls together: by agent, by day, by mode, by whatever a call is. Pure; money is Decimal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from calls.cost import ZERO, Cost, day_of
from calls.record import CallRecord


@dataclass(frozen=True, slots=True)
class CostedCall:
    record: CallRecord
    cost: Cost

    @property
    def talked_ms(self) -> int:
        """From the answer to the end; 0 where there was no answer, or is no end yet."""
        record = self.record
        if record.answered_at_ms is None or record.ended_at_ms is None:
            return 0
        return max(0, record.ended_at_ms - record.answered_at_ms)


@dataclass(frozen=True, slots=True)
class Total:
    """Of `calls` calls. `usd` leaves out what has no price in `unpriced_calls` of them; `estimated_calls` have figures
    that no vendor gave."""

    calls: int
    talked_ms: int
    usd: Decimal
    unpriced_calls: int
    estimated_calls: int
    warnings: tuple[str, ...]

    @property
    def usd_per_minute(self) -> Decimal | None:
        """Of time talked, not of minutes billed; None where nobody talked."""
        return self.usd * 60_000 / self.talked_ms if self.talked_ms else None


def total(calls: Iterable[CostedCall]) -> Total:
    """Everything together."""
    counted = tuple(calls)
    warnings = dict.fromkeys(sentence for call in counted for sentence in call.cost.warnings)
    return Total(
        len(counted),
        sum(call.talked_ms for call in counted),
        sum((call.cost.usd for call in counted), ZERO),
        sum(not call.cost.is_whole for call in counted),
        sum(call.cost.is_estimated for call in counted),
        tuple(warnings),
    )


def joined(one: Total, other: Total) -> Total:
    """The total of the calls of both, for calls that are not all held at once."""
    return Total(
        one.calls + other.calls,
        one.talked_ms + other.talked_ms,
        one.usd + other.usd,
        one.unpriced_calls + other.unpriced_calls,
        one.estimated_calls + other.estimated_calls,
        tuple(dict.fromkeys((*one.warnings, *other.warnings))),
    )


def totals(calls: Iterable[CostedCall], key: Callable[[CallRecord], str]) -> dict[str, Total]:
    """A total for each group, sorted by its name."""
    groups: dict[str, list[CostedCall]] = {}
    for call in calls:
        groups.setdefault(key(call.record), []).append(call)
    return {name: total(group) for name, group in sorted(groups.items())}


def agent_of(record: CallRecord) -> str:
    return record.agent


def started_on(record: CallRecord) -> str:
    """The UTC day on which the call was made, as "2026-11-22"."""
    return day_of(record.created_at_ms).isoformat()


def best_mode_of(record: CallRecord) -> str:
    """The rung on which the call began; "none" where it reached none. What a fall cost belongs to the mode it fell
    from."""
    return record.modes[0].mode.value if record.modes else "none"
