"""What a call costs: its usage, and what Twilio bills for it, priced by the card of the day. Pure; money is Decimal.

    usage (of the vendors) ─┐
    telephony (of the record) ─┴─► line a usage, priced or not ─► call ─► agent, day, mode

What has no price says so and is left out of the sum, which then is marked: a cost is never too low in silence.
Nothing is rounded here; that is for whoever prints it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from calls.rate_card import Rate, RateCard
from calls.usage import Kind, Unit, Usage

ZERO = Decimal(0)
MICRO = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One usage and its price. `usd` is None where it has none; `unpriced` then says why, in a few words."""

    usage: Usage
    usd: Decimal | None
    rate: Rate | None = None
    unpriced: str = ""
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """What the vendor itself says it takes for what `ours_usd` reckons; `difference_usd` is theirs less ours, None
    where ours has no price."""

    vendor: str
    theirs_usd: Decimal
    ours_usd: Decimal | None

    @property
    def difference_usd(self) -> Decimal | None:
        return None if self.ours_usd is None else self.theirs_usd - self.ours_usd


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a call, or of any other heap of lines."""

    lines: tuple[Line, ...] = ()
    bills: tuple[Bill, ...] = ()

    @property
    def usd(self) -> Decimal:
        """The sum of what is priced."""
        return sum((line.usd for line in self.lines if line.usd is not None), ZERO)

    @property
    def is_whole(self) -> bool:
        """Everything that was used has a price."""
        return all(line.usd is not None for line in self.lines)

    @property
    def is_estimated(self) -> bool:
        return any(line.usage.is_estimated for line in self.lines)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for everything that makes the sum doubtful, none twice."""
        return tuple(dict.fromkeys(sentence for line in self.lines if (sentence := _warning(line))))

    def by(self, key: Callable[[Line], str]) -> dict[str, "Cost"]:
        """The lines in heaps, in the order in which their keys come first."""
        heaps: dict[str, list[Line]] = {}
        for line in self.lines:
            heaps.setdefault(key(line), []).append(line)
        return {name: Cost(tuple(lines)) for name, lines in heaps.items()}

    def by_kind(self) -> dict[str, "Cost"]:
        return self.by(lambda line: line.usage.kind.value)

    def by_turn(self) -> dict[str, "Cost"]:
        """By the turn's id; "" holds what belongs to the call as a whole."""
        return self.by(lambda line: line.usage.turn)

    def amounts(self) -> Mapping[Unit, int]:
        """How much of each unit was used altogether."""
        sums: dict[Unit, int] = {}
        for line in self.lines:
            for unit, amount in line.usage.amounts.items():
                sums[unit] = sums.get(unit, 0) + amount
        return sums

    @property
    def cached_share(self) -> float | None:
        """Which part of the tokens that went into models came from their cache, 0 to 1; None where none went in."""
        sums = self.amounts()
        cached = sums.get(Unit.TEXT_IN_CACHED, 0) + sums.get(Unit.AUDIO_IN_CACHED, 0)
        fresh = sum(sums.get(unit, 0) for unit in (Unit.TEXT_IN, Unit.TEXT_IN_CACHE_WRITE, Unit.AUDIO_IN))
        return cached / (cached + fresh) if cached + fresh else None


def cost_of(used: Iterable[Usage], card: RateCard, at_ms: int) -> Cost:
    """Price every usage by the rates of its own day (UTC); one without a time counts as used at `at_ms`."""
    measured = tuple(used)
    lines = tuple(priced(u, card, day_of(u.at_ms or at_ms)) for u in measured if not _is_bill(u))
    return Cost(lines, tuple(_bill(u, lines) for u in measured if _is_bill(u)))


def priced(usage: Usage, card: RateCard, on: date) -> Line:
    """A line whose every unit has a price, or one that says what has none."""
    rate = card.find(usage.vendor, usage.kind, usage.model, on)
    if rate is None:
        return Line(usage, None, unpriced=f"no rate for {usage.vendor} {usage.model} ({usage.kind.value})")
    costs = {unit: rate.cost(unit, amount) for unit, amount in usage.amounts.items() if amount}
    missing = [unit.value for unit, cost in costs.items() if cost is None]
    if missing:
        return Line(usage, None, rate, f"no price for {', '.join(missing)} of {usage.vendor} {usage.model}")
    return Line(usage, sum((c for c in costs.values() if c is not None), ZERO), rate, "", rate.is_stale(on))


def day_of(epoch_ms: int) -> date:
    """The day in UTC."""
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).date()


def twilio_bill(price: str | None, price_unit: str | None, at_ms: int) -> Usage | None:
    """Twilio's own price of the call (`price` of the Call resource, "-0.00850", there some minutes after its end) as
    something to keep with its usage; None where there is none yet or it is in another currency than "USD"."""
    if not price or (price_unit or "USD").upper() != "USD":
        return None
    micro = int(abs(Decimal(price)) * MICRO)
    return Usage("twilio-price", "twilio", "call", Kind.TELEPHONY, {Unit.BILLED_MICRO_USD: micro}, "", at_ms)


def _is_bill(usage: Usage) -> bool:
    return Unit.BILLED_MICRO_USD in usage.amounts


def _bill(usage: Usage, lines: tuple[Line, ...]) -> Bill:
    """Compared with the lines of the same vendor and kind."""
    ours = [line.usd for line in lines if (line.usage.vendor, line.usage.kind) == (usage.vendor, usage.kind)]
    known = [usd for usd in ours if usd is not None]
    ours_usd = sum(known, ZERO) if ours and len(known) == len(ours) else None
    return Bill(usage.vendor, usage.amount(Unit.BILLED_MICRO_USD) / MICRO, ours_usd)


def _warning(line: Line) -> str:
    if line.unpriced:
        return f"Unpriced: {line.unpriced}."
    if line.is_stale and line.rate:
        return f"Stale: the price of {line.usage.vendor} {line.usage.model} was last checked on {line.rate.checked_on}."
    return ""
