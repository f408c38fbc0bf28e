"""A report over a hundred calls with planted faults, and what of them is read at all."""

from dataclasses import replace
from decimal import Decimal

import pytest

from calls.comparison import By, Comparison, Row
from calls.conversation import Conversation
from calls.errors import StoreUnavailable
from calls.latency import Waterfall
from calls.rate_card import standard
from calls.record import TEST_CALLER, CallRecord, Direction, EndReason, Status
from offhook.comparison.period import Period
from offhook.comparison.reading import Reading, Wanted, read
from tests.offhook.comparison.hundred_calls import (
    FIRST_MS,
    MINUTE_MS,
    PLANTED,
    call_id,
    hundred,
    made,
    store_of,
    turns_of,
)

NOW_MS = FIRST_MS + 200 * MINUTE_MS


def compared(wanted: Wanted | None = None, by: By = By.MODE) -> tuple[Comparison, Reading]:
    comparison = Comparison(by)
    reading = read(store_of(hundred()), comparison, wanted or Wanted(), standard(), NOW_MS)
    return comparison, reading


def test_exactly_the_planted_faults_with_the_right_blame() -> None:
    comparison, reading = compared()
    assert reading == Reading(100, is_cut=False)
    assert {(fault.code, fault.blame): fault.calls for fault in comparison.whole.faults} == PLANTED
    worst = comparison.whole.faults[0]
    assert (worst.code, worst.call_id) == ("openai-quota", call_id(8)), "the newest one is shown"


def test_the_table_by_mode() -> None:
    comparison, _ = compared()
    pipeline, traditional, none = comparison.rows
    assert (pipeline.name, traditional.name, none.name) == ("pipeline", "traditional", "none")
    assert (pipeline.calls, pipeline.connected, pipeline.completed, pipeline.fell) == (89, 89, 84, 19)
    assert (traditional.calls, traditional.completed, traditional.fell) == (4, 4, 0)
    assert (none.calls, none.connected, none.ends) == (7, 0, {"not-connected": 5, "failed": 2})
    assert (none.connected_share, none.completed_share, none.fell_share) == (0.0, None, None)
    assert [fault.code for fault in none.faults] == ["twilio-13227"]
    assert (traditional.latency, traditional.greeting, traditional.barge_in) == (None, None, None)


def test_the_times_are_of_the_turns() -> None:
    pipeline = compared()[0].rows[0]
    numbers = [*range(19), *range(30, 100)]  # those that streamed
    totals = [500 + 10 * number for number in numbers]
    assert pipeline.latency is not None
    assert (pipeline.latency.n, pipeline.latency.max_ms) == (89, 1490)
    assert pipeline.latency.p50_ms == totals[44]
    assert pipeline.latency.p95_ms == totals[84]
    assert pipeline.greeting is not None
    assert (pipeline.greeting.n, pipeline.greeting.p50_ms, pipeline.greeting.max_ms) == (89, 400, 400)
    assert pipeline.barge_in is not None
    assert (pipeline.barge_in.n, pipeline.barge_in.p99_ms) == (89, 200)


def test_what_a_minute_costs() -> None:
    """An outbound minute in the USA and its stream at list price, and a thousand tokens in, a hundred out."""
    pipeline, _, none = compared()[0].rows
    tokens = Decimal("0.00015")
    assert pipeline.total.usd_per_minute == Decimal("0.0140") + Decimal("0.0044") + tokens
    assert pipeline.total.unpriced_calls == 0
    assert none.total.usd_per_minute is None


def test_an_unknown_model_is_unpriced_and_never_nothing() -> None:
    store = store_of([made(1)])
    used = store.usage(call_id(1))
    store.append_usage(call_id(1), replace(used[0], id="u2", model="gpt-unheard-of"))
    comparison = Comparison()
    read(store, comparison, Wanted(), standard(), NOW_MS)
    total = comparison.whole.total
    assert (total.unpriced_calls, total.warnings) == (1, ("Unpriced: no rate for openai gpt-unheard-of (model).",))


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (By.AGENT, ["default", "night"]),
        (By.MODEL, ["gpt-6-luna", "no model billed"]),
        (By.DAY, ["2026-11-18"]),
    ],
)
def test_other_groups(by: By, names: list[str]) -> None:
    rows = compared(by=by)[0].rows
    assert [row.name for row in rows] == names
    assert sum(row.calls for row in rows) == 100


def test_a_period_and_an_agent() -> None:
    def counted(wanted: Wanted) -> int:
        return compared(wanted)[1].calls

    since = FIRST_MS + 90 * MINUTE_MS
    assert counted(Wanted(Period(since_ms=since))) == 10
    assert counted(Wanted(Period(until_ms=since))) == 90
    assert counted(Wanted(Period(since, since))) == 0
    assert counted(Wanted(agent="night")) == 4


@pytest.mark.parametrize(("most", "is_cut"), [(99, True), (100, False), (1, True)])
def test_no_more_is_read_than_was_allowed(most: int, is_cut: bool) -> None:
    assert compared(Wanted(most=most))[1] == Reading(most, is_cut)


def test_a_call_that_the_doctor_made_up_is_none() -> None:
    test = replace(made(1), direction=Direction.INBOUND, from_number=TEST_CALLER)
    comparison = Comparison()
    reading = read(store_of([test, made(2)]), comparison, Wanted(), standard(), NOW_MS)
    assert (reading, comparison.whole.calls) == (Reading(1, is_cut=False), 1)


def test_pages_are_followed_to_the_end_and_no_further_than_the_period() -> None:
    store = store_of(made(number) for number in range(250))
    seen: list[int] = []

    def count(wanted: Wanted) -> int:
        seen.clear()
        return read(store, Comparison(), wanted, standard(), NOW_MS, lambda calls, _last: seen.append(calls)).calls

    assert count(Wanted()) == 250
    assert seen == [100, 200, 250]
    assert count(Wanted(Period(since_ms=FIRST_MS + 240 * MINUTE_MS))) == 10
    assert seen == [10], "a page that ends an hour before the period is the last one"


def test_a_call_that_is_not_over_counts_with_its_faults_alone() -> None:
    waiting = replace(hundred()[0], status=Status.IN_PROGRESS, ended_at_ms=None, end_reason=None)
    comparison = Comparison()
    read(store_of([waiting, made(1)]), comparison, Wanted(), standard(), NOW_MS)
    whole: Row = comparison.whole
    assert (whole.calls, whole.open_calls, whole.ends) == (1, 1, {EndReason.CALLER_GOODBYE.value: 1})
    assert [fault.code for fault in whole.faults] == ["openai-quota"]
    assert whole.latency is not None
    assert whole.latency.n == 1


def test_a_store_that_is_away_is_said_and_not_taken_for_no_calls() -> None:
    store = store_of([made(1)])
    store.down = True
    with pytest.raises(StoreUnavailable):
        read(store, Comparison(), Wanted(), standard(), NOW_MS)


def test_turns_as_the_line_carried_them_are_taken_for_the_times() -> None:
    comparison, record = Comparison(), made(1)
    truer = Conversation(tuple(replace(t, latency=Waterfall(total=77)) for t in turns_of(record, 1) if t.cut))
    store = store_of([made(0), record])

    def heard(asked: CallRecord) -> Conversation | None:
        return truer if asked == record else None

    read(store, comparison, Wanted(), standard(), NOW_MS, heard=heard)
    latency = comparison.whole.latency
    assert latency is not None
    assert (latency.p50_ms, latency.max_ms, latency.n) == (77, 500, 2)
