from decimal import Decimal

import pytest

from calls.budget import NOTHING, Budget, Decision, Spent, Step, decide
from calls.record import Mode

LADDER = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)
COSTS = {Mode.REALTIME: Decimal("0.25"), Mode.PIPELINE: Decimal("0.04"), Mode.TRADITIONAL: Decimal("0.15")}
DOLLAR = Budget(call_usd=Decimal(1))


def decided(
    spent: str,
    *,
    budget: Budget = DOLLAR,
    taken: Step = Step.NONE,
    mode: Mode = Mode.REALTIME,
    costs: dict[Mode, Decimal] = COSTS,
) -> Decision:
    return decide(budget, Spent(Decimal(spent)), taken, mode, LADDER, costs)


@pytest.mark.parametrize(
    ("spent", "step"),
    [("0", 0), ("0.7999", 0), ("0.80", 1), ("0.9999", 1), ("1", 2), ("1.2499", 2), ("1.25", 3), ("9", 3)],
)
def test_the_steps_on_the_way(spent: str, step: int) -> None:
    assert decided(spent).step == step


def test_a_warning_is_given_once() -> None:
    assert decided("0.9", taken=Step.WARN) == NOTHING


def test_the_cheaper_mode_is_the_next_rung_that_is_known_to_cost_less() -> None:
    assert decided("1.1").mode is Mode.PIPELINE
    assert (
        decided("1.1", costs={Mode.REALTIME: Decimal("0.25"), Mode.TRADITIONAL: Decimal("0.15")}).mode
        is Mode.TRADITIONAL
    )


@pytest.mark.parametrize(
    ("mode", "costs"),
    [
        (Mode.PIPELINE, COSTS),  # the lower rung costs more
        (Mode.TRADITIONAL, COSTS),
        (Mode.REALTIME, {}),
        (Mode.REALTIME, {Mode.REALTIME: Decimal("0.25")}),
    ],
)
def test_without_a_cheaper_mode_the_call_ends(mode: Mode, costs: dict[Mode, Decimal]) -> None:
    decision = decided("1", mode=mode, costs=costs)
    assert (decision.step, decision.mode) == (Step.END, None)


def test_the_tighter_budget_counts_and_is_named() -> None:
    budget = Budget(call_usd=Decimal(1), day_usd=Decimal(20))
    spent = Spent(Decimal("0.5"), Decimal("17"))
    assert decide(budget, spent, Step.NONE, Mode.PIPELINE, LADDER, COSTS) == Decision(
        Step.WARN, "85% of the budget of $20 a day is spent."
    )


def test_without_a_budget_nothing_is_too_much() -> None:
    assert decided("1000", budget=Budget()) == NOTHING


def test_the_record_is_told_in_a_sentence_that_says_what_is_not_priced() -> None:
    assert decided("1").sentence == "The budget of $1 a call is spent; the call goes on in pipeline mode."
    unsure = decide(DOLLAR, Spent(Decimal(2), is_whole=False), Step.NONE, Mode.PIPELINE, LADDER, COSTS)
    assert unsure.sentence == (
        "The budget of $1 a call is spent; the call is ended. Something in it has no price, so it may be more."
    )
