"""The scripted desk's own table in an agent file: who is behind the desk, when it is open, what it knows and asks.

[desk]
business = "Maple Street Dental"
services = ["cleaning"]             # named by the caller, repeated in the read-back
slots = ["day", "time", "phone"]    # what an appointment needs, in the order it is asked
appointment_min = 30                # the last one begins this long before closing
[desk.hours]                        # a weekday that is not named is closed; without the table nothing is known
monday = "09:00-17:00"
sunday = "closed"
[desk.phrases]                      # more ways to say what the desk understands anyway (desk_words.PHRASES)
hours = ["when can I come"]
[[desk.facts]]
phrases = ["where are you", "parking"]
answer = "We are at 12 Maple Street."
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calls.desk_words import INTENTS
from calls.fields import Fields

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SLOTS = ("day", "time", "phone")
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Opening:
    """When the desk opens and closes on one day, in minutes since midnight."""

    opens_min: int
    closes_min: int


@dataclass(frozen=True, slots=True)
class Fact:
    phrases: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`hours` has seven entries, Monday first, None where closed; it is empty where the hours are not known."""

    business: str
    hours: tuple[Opening | None, ...]
    appointment_min: int
    services: tuple[str, ...]
    slots: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]
    facts: tuple[Fact, ...]


def check(table: Mapping[str, Any], file: str) -> list[str]:
    """Everything that is wrong with a desk table, one sentence each that begins with the file and names the field."""
    fields = Fields(table, "desk", [])
    read(fields)
    return [f"{file}: {problem}" for problem in fields.problems]


def desk_of(table: Mapping[str, Any]) -> Desk:
    """The desk of a table that `check` has passed; an empty table is a desk that knows nothing yet."""
    return read(Fields(table, "desk", []))


def read(fields: Fields) -> Desk:
    """The desk; problems are noted in `fields`."""
    desk = Desk(
        business=fields.text("business", "", longest=100, may_be_empty=True),
        hours=_hours(fields.table("hours")),
        appointment_min=fields.whole("appointment_min", 30, 5, 480),
        services=_phrases(fields, "services", default=()),
        slots=_slots(fields),
        phrases=_more_phrases(fields.table("phrases")),
        facts=tuple(_fact(table) for table in fields.tables("facts")),
    )
    fields.finish()
    return desk


def _slots(fields: Fields) -> tuple[str, ...]:
    def valid(names: list[str]) -> bool:
        return bool(names) and set(names) <= set(SLOTS) and len(set(names)) == len(names)

    return tuple(fields.texts("slots", SLOTS, f"a list of {', '.join(SLOTS)}, at least one, none twice", valid))


def _hours(fields: Fields) -> tuple[Opening | None, ...]:
    def valid(text: str) -> bool:
        return text == "closed" or _opening(text) is not None

    want = '"closed" or opening and closing time such as "09:00-17:30"'
    texts = [fields.shaped(day, "closed", want, valid) for day in WEEKDAYS]
    fields.finish()
    return tuple(_opening(text) for text in texts) if fields.plain() else ()


def _opening(text: str) -> Opening | None:
    match = HOURS.fullmatch(text)
    if not match:
        return None
    opens_h, opens_m, closes_h, closes_m = (int(part) for part in match.groups())
    opening = Opening(opens_h * 60 + opens_m, closes_h * 60 + closes_m)
    return opening if opening.opens_min < opening.closes_min <= 24 * 60 else None


def _more_phrases(fields: Fields) -> Mapping[str, tuple[str, ...]]:
    phrases = {intent: _phrases(fields, intent, default=()) for intent in INTENTS}
    fields.finish()
    return phrases


def _fact(fields: Fields) -> Fact:
    fact = Fact(_phrases(fields, "phrases", default=None), fields.text("answer"))
    fields.finish()
    return fact


def _phrases(fields: Fields, name: str, default: tuple[str, ...] | None) -> tuple[str, ...]:
    """Texts with at least one letter or digit each; at least one of them where there is no default."""

    def valid(texts: list[str]) -> bool:
        return (bool(texts) or default is not None) and all(re.search(r"\w", text) for text in texts)

    if default is None and name not in fields.plain():
        fields.note(name, "is missing; it must be a list of texts")
    return tuple(fields.texts(name, default or (), "a list of texts, none of them empty", valid))
