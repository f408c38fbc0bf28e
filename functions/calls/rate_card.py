"""What vendors charge, as dated data: `rates/*.toml`, one file a vendor, with where and when each price was read.

A rate holds from `valid_from` until a newer one of the same vendor, kind and model does; the price of a day is the one
that held then. A model that is not listed, or a unit that its rate does not name, has no price: never 0.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from calls.errors import ConfigurationInvalid
from calls.usage import Kind, Unit

RATES = Path(__file__).parent / "rates"
MILLION = Decimal(1_000_000)
STALE_AFTER_DAYS = 180
"""Vendors changed half of these prices within a year; a price that nobody looked at for so long is doubtful."""

_SNAPSHOT = re.compile(r"-20\d\d-\d\d-\d\d$")


@dataclass(frozen=True, slots=True)
class Rate:
    """`usd` is the price of one of each unit. `rounded_up_to`: an amount is billed in whole multiples of this, 0 as it
    is. `evidence` says whose word the price is."""

    vendor: str
    kind: Kind
    model: str
    usd: Mapping[Unit, Decimal]
    rounded_up_to: int
    valid_from: date
    checked_on: date
    source: str
    evidence: str

    def is_stale(self, on: date) -> bool:
        return (on - self.checked_on).days > STALE_AFTER_DAYS

    def cost(self, unit: Unit, amount: int) -> Decimal | None:
        """US dollars for so much of a unit; None where the rate does not name it."""
        if unit not in self.usd:
            return None
        if self.rounded_up_to:
            amount = -(-amount // self.rounded_up_to) * self.rounded_up_to
        return self.usd[unit] * amount


@dataclass(frozen=True, slots=True)
class RateCard:
    rates: tuple[Rate, ...]

    def find(self, vendor: str, kind: Kind, model: str, on: date) -> Rate | None:
        """The rate that held on that day; a dated snapshot of a model costs what the model does."""
        names = {model, _SNAPSHOT.sub("", model)}
        held = [r for r in self.rates if (r.vendor, r.kind) == (vendor, kind) and r.model in names]
        return max((r for r in held if r.valid_from <= on), key=lambda r: r.valid_from, default=None)


@cache
def standard() -> RateCard:
    """The card that Offhook comes with."""
    return RateCard(
        tuple(rate for path in sorted(RATES.glob("*.toml")) for rate in parse(path.read_text("utf-8"), path.name))
    )


def parse(text: str, file: str) -> Iterable[Rate]:
    """The rates of one file. ConfigurationInvalid names the file and the entry that is wrong."""
    try:
        table = tomllib.loads(text, parse_float=Decimal)
        entries = [(table["vendor"], entry) for entry in table["rate"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ConfigurationInvalid(f"{file} is no rate card: {error!r}") from error
    found: list[Rate] = []
    for number, (vendor, entry) in enumerate(entries, 1):
        try:
            found += _rates(vendor, entry)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            raise ConfigurationInvalid(f"{file}, rate {number}: {error!r}") from error
    return found


def _rates(vendor: str, entry: Mapping[str, Any]) -> list[Rate]:
    """One for each model of the entry."""
    models = entry["model"] if isinstance(entry["model"], list) else [entry["model"]]
    usd = _prices(entry)
    if not usd or any(price <= 0 for price in usd.values()):
        raise ValueError("a price must be above 0")
    return [
        Rate(
            vendor=vendor,
            kind=Kind(entry["kind"]),
            model=model,
            usd=usd,
            rounded_up_to=int(entry.get("rounded_up_to", 0)),
            valid_from=_day(entry["valid_from"]),
            checked_on=_day(entry["checked_on"]),
            source=str(entry["source"]),
            evidence=str(entry["evidence"]),
        )
        for model in models
    ]


def _prices(entry: Mapping[str, Any]) -> dict[Unit, Decimal]:
    if "million" in entry:
        return {Unit(unit): Decimal(price) / MILLION for unit, price in entry["million"].items()}
    per = entry["per"]
    return {Unit(per["unit"]): Decimal(per["usd"]) / Decimal(per["amount"])}


def _day(value: Any) -> date:
    if type(value) is not date:
        raise TypeError(f"{value!r} is no date")
    return value
