"""What one check found, in words for a person. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """`SKIP` is a check that could not be made because one that it builds on did not pass."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """`saw` is what was observed; `cause` what most likely lies behind it; `remedy` exactly what to do next. A fail
    has all three."""

    state: State
    saw: str
    cause: str = ""
    remedy: str = ""


def passed(saw: str) -> Finding:
    return Finding(State.PASS, saw)


def warned(saw: str, remedy: str, cause: str = "") -> Finding:
    return Finding(State.WARN, saw, cause, remedy)


def failed(saw: str, cause: str, remedy: str) -> Finding:
    return Finding(State.FAIL, saw, cause, remedy)


def skipped(saw: str) -> Finding:
    return Finding(State.SKIP, saw)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding under the name of its check."""

    name: str
    title: str
    finding: Finding
    took_ms: int

    @property
    def state(self) -> State:
        return self.finding.state
