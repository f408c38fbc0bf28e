"""Checks a value that is said to come from some turns against the words of those turns. Pure.

type              looked for                                          not there
email, phone      its characters; its digits, less a country code     unknown: nobody said it
integer, number   its digits, or as number words                      unknown: nobody said it
date, time        a day or a time that means it ("tomorrow at 3")     not checkable
other text        every one of its words                              not found: kept, and marked
enum, boolean     nothing                                             not checkable
"""

import datetime
import re
from collections.abc import Mapping, Sequence

from calls.agent_after import FieldSchema
from calls.conversation import Turn
from calls.desk_slots import clock_in, day_in, numerals
from calls.outcome import Field, Support, Value
from calls.redaction import digits_of
from calls.utterance import keys, plain

_LONGEST_COUNTRY_CODE = 3
_SHORTEST_NATIONAL = 7
_ONLY_SAID = frozenset({"email", "phone"})
_HALF_DAY_MIN = 12 * 60


def checked(
    schema: FieldSchema, value: Value | None, evidence: Sequence[str], turns: Mapping[str, Turn], today: datetime.date
) -> Field:
    """The field with those of `evidence` that are turns of the call, and what they are worth. Without one of them, or
    with a number or an address that none of them says, there is no value. `today` is the date of the call."""
    known = tuple(dict.fromkeys(turn_id for turn_id in evidence if turn_id in turns))
    if value is None or value == "" or not known:
        return Field(schema.name)
    support = _support(schema, value, " . ".join(turns[turn_id].heard for turn_id in known), today)
    if support is Support.NOT_FOUND and (schema.format in _ONLY_SAID or schema.type in ("integer", "number")):
        return Field(schema.name)
    return Field(schema.name, value, known, support)


def _support(schema: FieldSchema, value: Value, heard: str, today: datetime.date) -> Support:
    if schema.enum or schema.type == "boolean":
        return Support.NOT_CHECKABLE
    if schema.format in ("date", "time"):
        means = _means_day if schema.format == "date" else _means_time
        return Support.FOUND if means(str(value), heard, today) else Support.NOT_CHECKABLE
    if schema.format == "phone":
        found = _says_number(str(value), heard)
    elif schema.format == "email":
        found = _address(str(value)) in _address(heard)
    elif schema.type == "string":
        words = set(numerals(plain(heard)).split()) | set(plain(heard).split())
        found = set(plain(str(value)).split()) <= words
    else:
        found = f"{value:g}" in numerals(plain(heard)).split() or f"{value:g}" == keys(heard).strip("#*")
    return Support.FOUND if found else Support.NOT_FOUND


def _says_number(value: str, heard: str) -> bool:
    digits = "".join(re.findall(r"\d", value))
    said = digits_of(heard) + "|" + keys(heard)
    shortest = max(1, min(len(digits), max(_SHORTEST_NATIONAL, len(digits) - _LONGEST_COUNTRY_CODE)))
    is_international = value.strip().startswith("+")
    lengths = range(shortest, len(digits) + 1) if is_international else (len(digits),)
    return bool(digits) and any(digits[-length:] in said for length in lengths)


def _address(text: str) -> str:
    """An e-mail address as spoken or written, without what differs between the two."""
    spoken = re.sub(r"\bat\b", "@", re.sub(r"\bdot\b", ".", text.lower()))
    return re.sub(r"\s+", "", spoken)


def _means_day(value: str, heard: str, today: datetime.date) -> bool:
    day, _ = day_in(numerals(plain(heard)), today)
    return day is not None and day.isoformat() == value


def _means_time(value: str, heard: str, _today: datetime.date) -> bool:
    clock, _ = clock_in(numerals(plain(heard)), bare=True)
    if clock is None:
        return False
    wanted = datetime.time.fromisoformat(value)
    minute = wanted.hour * 60 + wanted.minute
    return minute == clock.minute or (not clock.certain and (minute - clock.minute) % _HALF_DAY_MIN == 0)
