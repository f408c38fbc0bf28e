"""What a call, and a day of an agent's calls, may cost, and what happens on the way there. Pure; US dollars.

    spent of the budget     at a turn boundary
    below 80 %              nothing
    from 80 %               a warning, once
    from 100 %              the call goes on in a cheaper mode, where the agent's ladder has one
    from 100 %, no cheaper  a polite end
    from 125 %              a polite end, whatever the mode

The tighter of the two budgets counts. What has no price is not in `spent`, so a decision made with `is_whole` False may
come late, never early; it is told with the decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum

from calls.errors import Blame, Failure
from calls.fields import Fields
from calls.record import Mode

WARN_AT = Decimal("0.8")
CHEAPER_AT = Decimal(1)
END_AT = Decimal("1.25")
LEAST_USD, MOST_USD = 0.0001, 100_000


@dataclass(frozen=True, slots=True)
class Budget:
    """None: no bound. `day_usd` bounds the agent's calls of one UTC day together. `usd_per_minute` is what a minute in
    a mode is known to cost, for the modes that a call may be brought down to."""

    call_usd: Decimal | None = None
    day_usd: Decimal | None = None
    usd_per_minute: Mapping[Mode, Decimal] = field(default_factory=dict)

    @property
    def is_set(self) -> bool:
        return self.call_usd is not None or self.day_usd is not None


def budget(fields: Fields) -> Budget:
    """The table `[budget]` of an agent file; what is wrong with it is noted in `fields`."""
    call_usd, day_usd = _usd(fields, "call_usd"), _usd(fields, "day_usd")
    table = fields.table("usd_per_minute")
    known = {mode: usd for mode in Mode if (usd := _usd(table, mode.value)) is not None}
    table.finish()
    fields.finish()
    return Budget(call_usd, day_usd, known)


def _usd(fields: Fields, name: str) -> Decimal | None:
    usd = fields.number(name, 0, LEAST_USD, MOST_USD)
    return Decimal(str(usd)) if usd else None


@dataclass(frozen=True, slots=True)
class Spent:
    """So far. `is_whole` is False where something that was used has no price."""

    call_usd: Decimal
    day_usd: Decimal = Decimal(0)
    is_whole: bool = True


class Step(IntEnum):
    """In the order in which they are taken; a call never takes one twice, nor goes back."""

    NONE = 0
    WARN = 1
    CHEAPER = 2
    END = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """`mode` is where to go on, with CHEAPER only. `sentence` is for the record; empty with NONE."""

    step: Step
    sentence: str = ""
    mode: Mode | None = None


NOTHING = Decision(Step.NONE)
_CODES = {Step.WARN: "budget-near", Step.CHEAPER: "budget-spent", Step.END: "budget-spent"}


def failure_of(decision: Decision) -> Failure:
    """How a step that was taken stands in the record."""
    return Failure(_CODES[decision.step], Blame.CONFIGURATION, decision.sentence)


def decide(
    budget: Budget,
    spent: Spent,
    taken: Step,
    mode: Mode,
    ladder: tuple[Mode, ...],
    usd_per_minute: Mapping[Mode, Decimal],
) -> Decision:
    """What to do at this turn boundary. `taken` is the furthest step so far; CHEAPER may be taken again on a lower
    rung. `usd_per_minute` is what each mode has cost so far, as measured: only a mode that is known to be cheaper than
    `mode` is one, and a mode without a figure is no saving to bet on."""
    share, bound = _share(budget, spent)
    note = "" if spent.is_whole else " Something in it has no price, so it may be more."
    if share >= CHEAPER_AT:
        cheaper = _cheaper(mode, ladder, usd_per_minute)
        if share < END_AT and cheaper is not None:
            return Decision(Step.CHEAPER, f"{bound} is spent; the call goes on in {cheaper.value} mode.{note}", cheaper)
        return Decision(Step.END, f"{bound} is spent; the call is ended.{note}")
    if share >= WARN_AT and taken < Step.WARN:
        return Decision(Step.WARN, f"{share:.0%} of {bound[0].lower()}{bound[1:]} is spent.{note}")
    return NOTHING


def _share(budget: Budget, spent: Spent) -> tuple[Decimal, str]:
    """How much of the tighter budget is spent, and its name."""
    shares = [
        (used / bound, f"The budget of ${bound} a {what}")
        for used, bound, what in (
            (spent.call_usd, budget.call_usd, "call"),
            (spent.day_usd, budget.day_usd, "day"),
        )
        if bound is not None
    ]
    return max(shares, default=(Decimal(0), ""))


def _cheaper(mode: Mode, ladder: tuple[Mode, ...], usd_per_minute: Mapping[Mode, Decimal]) -> Mode | None:
    """The first lower rung that is known to cost less."""
    if mode not in ladder or mode not in usd_per_minute:
        return None
    lower = ladder[ladder.index(mode) + 1 :]
    return next(
        (rung for rung in lower if rung in usd_per_minute and usd_per_minute[rung] < usd_per_minute[mode]), None
    )
