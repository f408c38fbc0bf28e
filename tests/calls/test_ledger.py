from dataclasses import replace
from decimal import Decimal

from calls.cost import Cost, Line
from calls.ledger import CostedCall, Total, agent_of, best_mode_of, joined, started_on, total, totals
from calls.record import CallRecord, Direction, Mode, ModeUse
from calls.usage import Kind, Unit, Usage

AT_MS = 1_795_305_600_000  # 2026-11-22T00:00:00Z
CALL = CallRecord(
    "01A",
    Direction.INBOUND,
    "desk",
    "+14155550100",
    "+12025550123",
    AT_MS,
    modes=(ModeUse(Mode.PIPELINE, AT_MS, AT_MS + 5, "lost"), ModeUse(Mode.TRADITIONAL, AT_MS + 5)),
    answered_at_ms=AT_MS,
    ended_at_ms=AT_MS + 90_000,
)
USAGE = Usage("u", "openai", "small", Kind.MODEL, {Unit.TEXT_IN: 5}, "", AT_MS)


def call(usd: str | None, *, is_estimated: bool = False, **changes: object) -> CostedCall:
    price = None if usd is None else Decimal(usd)
    line = Line(replace(USAGE, is_estimated=is_estimated), price, unpriced="" if usd else "no rate for it")
    return CostedCall(replace(CALL, **changes), Cost((line,)))  # type: ignore[arg-type]  # any field, by name


def test_a_total_counts_what_it_leaves_out() -> None:
    together = total([call("0.03"), call(None), call("0.06", is_estimated=True)])
    assert together == Total(3, 270_000, Decimal("0.09"), 1, 1, ("Unpriced: no rate for it.",))
    assert together.usd_per_minute == Decimal("0.02")


def test_calls_are_grouped_by_what_they_are() -> None:
    calls = [call("1"), call("2", agent="shop"), call("4", created_at_ms=AT_MS - 1), call("8", modes=())]
    assert {name: group.usd for name, group in totals(calls, agent_of).items()} == {"desk": 13, "shop": 2}
    assert {name: group.usd for name, group in totals(calls, started_on).items()} == {"2026-11-21": 4, "2026-11-22": 11}
    assert {name: group.calls for name, group in totals(calls, best_mode_of).items()} == {"none": 1, "pipeline": 3}


def test_a_call_that_nobody_answered_has_no_minute_to_divide_by() -> None:
    assert total([call("0.5", answered_at_ms=None)]).usd_per_minute is None
    assert total([]) == Total(0, 0, Decimal(0), 0, 0, ())


def test_totals_joined_are_the_total_of_all() -> None:
    calls = [call("0.03"), call(None), call("0.06", is_estimated=True)]
    parts = [total([one]) for one in calls]
    assert joined(joined(parts[0], parts[1]), parts[2]) == total(calls)
