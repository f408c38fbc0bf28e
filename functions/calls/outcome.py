"""What came of a call: its summary and the fields that the agent's file asks for, each with its evidence. Pure values.

JSON, as it is stored, sent and shown:

{"kind": "model", "model": "gpt-6-luna", "summary": "...", "why": "", "madeAtMs": 1795355662042, "turns": ["t1", ...],
 "fields": {"caller_name": {"value": "Ann Lee", "evidence": ["t3"], "support": "found"},
            "day": {"value": null, "evidence": [], "support": "unknown"}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Value = str | int | float | bool

NOBODY_SPOKE = "Nobody spoke."


class Kind(StrEnum):
    MODEL = "model"
    """A model wrote it, from the words heard."""
    EXTRACTIVE = "extractive"
    """Quotations, and what the desk filled in; no model was asked."""
    NOBODY_SPOKE = "nobody-spoke"
    """The caller said nothing, so there is nothing to sum up."""


class Support(StrEnum):
    """How far a value was found again in the turns that are named as its evidence."""

    FOUND = "found"
    """Its words or digits are there."""
    NOT_CHECKABLE = "not-checkable"
    """The turns are there; whether they mean the value cannot be told by its words."""
    NOT_FOUND = "not-found"
    """The turns are there and the value's words are not: to be doubted."""
    UNKNOWN = "unknown"
    """There is no value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `value` is None where the call does not say; `evidence` are ids of turns."""

    name: str
    value: Value | None = None
    evidence: tuple[str, ...] = ()
    support: Support = Support.UNKNOWN


@dataclass(frozen=True, slots=True)
class Outcome:
    """`turns` are the ids of the turns that it was made from, all of what was heard. `why` says, where something else
    was wanted, why the kind is what it is."""

    kind: Kind
    summary: str
    fields: tuple[Field, ...] = ()
    turns: tuple[str, ...] = ()
    model: str = ""
    why: str = ""
    made_at_ms: int = 0


def to_plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": outcome.kind.value,
        "model": outcome.model,
        "summary": outcome.summary,
        "fields": {
            field.name: {"value": field.value, "evidence": list(field.evidence), "support": field.support.value}
            for field in outcome.fields
        },
        "turns": list(outcome.turns),
        "why": outcome.why,
        "madeAtMs": outcome.made_at_ms,
    }


def from_plain(plain: Mapping[str, Any]) -> Outcome:
    """The inverse of `to_plain`."""
    return Outcome(
        kind=Kind(plain["kind"]),
        summary=plain["summary"],
        fields=tuple(
            Field(name, field["value"], tuple(field["evidence"]), Support(field["support"]))
            for name, field in plain["fields"].items()
        ),
        turns=tuple(plain["turns"]),
        model=plain["model"],
        why=plain["why"],
        made_at_ms=int(plain["madeAtMs"]),
    )
