"""DynamoDB's notation, beside boto3's own."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from calls.dynamo_notation import from_wire, to_wire

VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.integers(-(10**37), 10**37),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def test_every_kind() -> None:
    plain = {"a": "x", "b": 7, "c": True, "d": None, "e": [1, "y", ()], "f": {"g": False}, "h": Decimal("1.5")}
    wire = {
        "a": {"S": "x"},
        "b": {"N": "7"},
        "c": {"BOOL": True},
        "d": {"NULL": True},
        "e": {"L": [{"N": "1"}, {"S": "y"}, {"L": []}]},
        "f": {"M": {"g": {"BOOL": False}}},
        "h": {"N": "1.5"},
    }
    assert to_wire(plain) == wire
    assert from_wire(wire) == {**plain, "e": [1, "y", []]}


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6))
def test_it_is_boto3s(plain: dict[str, Any]) -> None:
    wire = {name: TypeSerializer().serialize(value) for name, value in plain.items()}
    assert to_wire(plain) == wire
    assert from_wire(wire) == {name: TypeDeserializer().deserialize(noted) for name, noted in wire.items()} == plain


@pytest.mark.parametrize("value", [1.5, b"x", {"s"}, object()])
def test_what_the_table_does_not_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="The table holds no "):
        to_wire({"a": [value]})


def test_a_notation_that_is_not_known_is_refused() -> None:
    with pytest.raises(TypeError, match="The table holds no NS"):
        from_wire({"a": {"NS": ["1"]}})
