"""DynamoDB's notation of values, and back: {"S": "text"}, {"N": "1"}, {"M": {...}} and so on.

boto3 has the same in `boto3.dynamodb.types`, and cannot be had without all of boto3 (`aws_clients` says why not). The
table holds texts, whole numbers, truths, nothing, lists and maps; so no sets, no binaries, and no floats, which
DynamoDB's decimals cannot keep. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Notation = Mapping[str, Any]


def to_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item in DynamoDB's notation. TypeError for a value that the table does not hold."""
    return {name: _noted(value) for name, value in item.items()}


def from_wire(item: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `to_wire`; numbers come back as Decimals. TypeError for a notation that is not known here."""
    return {name: _read(noted) for name, noted in item.items()}


def _noted(value: object) -> Notation:
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": to_wire(value)}
    if isinstance(value, list | tuple):
        return {"L": [_noted(part) for part in value]}
    raise TypeError(f"The table holds no {type(value).__name__}.")


def _read(noted: Notation) -> Any:
    ((kind, value),) = noted.items()
    if kind not in _READERS:
        raise TypeError(f"The table holds no {kind}.")
    return _READERS[kind](value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "NULL": lambda _: None,
    "BOOL": bool,
    "N": Decimal,
    "M": from_wire,
    "L": lambda parts: [_read(part) for part in parts],
}
