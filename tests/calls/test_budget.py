from decimal import Decimal

import pytest

from calls.agent import parse, read
from calls.budget import NOTHING, Budget, Decision, Spent, Step, decide, failure_of
from calls.errors import Blame
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


HEAD = 'name = "desk"\nprompt = "Be kind."\ngreeting = "Hello."\n'


def test_the_budget_of_an_agent_file() -> None:
    text = "[budget]\ncall_usd = 0.5\nday_usd = 20\n[budget.usd_per_minute]\npipeline = 0.05\n"
    agent = parse(HEAD + text, "desk.toml")
    assert agent.budget == Budget(Decimal("0.5"), Decimal("20"), {Mode.PIPELINE: Decimal("0.05")})
    assert agent.budget.is_set
    assert not parse(HEAD, "desk.toml").budget.is_set


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[budget]\ncall_usd = 0", "budget.call_usd must be a number from 0.0001 to 100000, not 0"),
        ('[budget]\nday_usd = "20"', "budget.day_usd must be a number"),
        ("[budget.usd_per_minute]\nfast = 1", "budget.usd_per_minute.fast is not a field"),
    ],
)
def test_what_is_wrong_with_a_budget_is_named(table: str, problem: str) -> None:
    _, problems = read(HEAD + table, "desk.toml")
    assert [told for told in problems if told.startswith(problem)]


def test_a_step_that_was_taken_stands_in_the_record_as_the_configurations_doing() -> None:
    near = failure_of(Decision(Step.WARN, "80% is spent."))
    spent = failure_of(Decision(Step.END, "It is spent."))
    assert [(f.code, f.blame) for f in (near, spent)] == [
        ("budget-near", Blame.CONFIGURATION),
        ("budget-spent", Blame.CONFIGURATION),
    ]
