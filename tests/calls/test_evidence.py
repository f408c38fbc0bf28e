from datetime import date

import pytest

from calls.agent_after import FieldSchema
from calls.conversation import Role, Turn
from calls.evidence import checked
from calls.outcome import Field, Support, Value

MONDAY = date(2026, 11, 23)


def turns(*heard: str) -> dict[str, Turn]:
    return {f"t{n}": Turn(f"t{n}", Role.CALLER, words, words, False, n, n, "x") for n, words in enumerate(heard, 1)}


def schema(kind: str = "string", **more: str) -> FieldSchema:
    return FieldSchema("field", kind, format=more.get("format", ""))


@pytest.mark.parametrize(
    ("asked", "value", "heard", "support"),
    [
        (schema(), "Ann Lee", "Hi, this is Ann Lee speaking.", Support.FOUND),
        (schema(), "Ann Lee", "Hi, this is Ann.", Support.NOT_FOUND),
        (schema(), "21 Pier Road", "twenty-one Pier Road", Support.FOUND),
        (schema(format="phone"), "5550134", "Five five five, oh one three four", Support.FOUND),
        (schema(format="phone"), "5550134", "[keys 5550134#]", Support.FOUND),
        (schema(format="phone"), "+14155550123", "415 555 0123", Support.FOUND),
        (schema(format="email"), "ann@example.com", "It's ann at example dot com", Support.FOUND),
        (schema("integer"), 3, "For three people.", Support.FOUND),
        (schema("number"), 2.5, "About 2 and a half", Support.UNKNOWN),
        (schema(format="date"), "2026-11-24", "Tomorrow is fine.", Support.FOUND),
        (schema(format="date"), "2026-12-01", "A week from tomorrow.", Support.NOT_CHECKABLE),
        (schema(format="time"), "15:00", "At three o'clock", Support.FOUND),
        (schema(format="time"), "15:00", "at 3 am", Support.NOT_CHECKABLE),
        (schema("boolean"), True, "Yes please.", Support.NOT_CHECKABLE),
        (FieldSchema("field", "string", enum=("booked", "lost")), "booked", "Noted.", Support.NOT_CHECKABLE),
    ],
)
def test_how_far_a_value_is_borne_out(asked: FieldSchema, value: Value, heard: str, support: Support) -> None:
    found = checked(asked, value, ["t1"], turns(heard), MONDAY)
    assert found.support is support
    assert found.value == (None if support is Support.UNKNOWN else value)


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (schema(format="phone"), "4155550134"),  # the area code was never said
        (schema(format="phone"), "5550199"),
        (schema(format="phone"), "none"),
        (schema(format="email"), "ann@example.org"),
        (schema("integer"), 9),
    ],
)
def test_a_number_or_an_address_that_nobody_said_is_unknown(asked: FieldSchema, value: Value) -> None:
    known = turns("Three of us. five five five oh one three four, ann at example dot com")
    assert checked(asked, value, ["t1"], known, MONDAY) == Field("field")


@pytest.mark.parametrize("evidence", [[], ["t9"], ["t1 "]])
def test_a_value_without_a_turn_of_the_call_is_unknown(evidence: list[str]) -> None:
    assert checked(schema(), "Ann", evidence, turns("I am Ann."), MONDAY) == Field("field")


def test_turns_that_are_not_the_calls_are_left_out_and_a_number_may_be_said_in_two() -> None:
    known = turns("It's five five five", "oh one three four")
    found = checked(schema(format="phone"), "5550134", ["t1", "t9", "t2", "t1"], known, MONDAY)
    assert (found.evidence, found.support) == (("t1", "t2"), Support.FOUND)
