"""What the scripted desk noted in a call, as fields with their evidence: the request, its slots, and whether the caller
agreed to the read-back. Pure."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from calls import desk
from calls.agent import Agent
from calls.conversation import Conversation
from calls.desk_slots import WHOLE_NUMBER_DIGITS, WITHHELD, settled
from calls.desk_speech import SAYS
from calls.desk_table import Desk, desk_of
from calls.desk_tasks import State
from calls.outcome import Field, Support, Value

NAMES = ("request", "noted", "service", "day", "time", "phone")
"""The desk's fields: "book", "cancel" or "message"; true once read back and agreed to; the slots as "cleaning",
"2026-11-24", "15:00" and "4155550123"."""

_DONE: Mapping[str, str] = {SAYS[f"done {task}"].partition("{")[0]: task for task in ("cancel", "message", "book")}
"""How the sentence begins that notes a task; what a longer beginning says comes first."""


@dataclass(slots=True)
class _Told:
    values: dict[str, tuple[Value, tuple[str, ...]]] = field(default_factory=dict)

    def take(self, name: str, value: Value, turns: tuple[str, ...]) -> None:
        """A value that stays keeps its first evidence."""
        if value and (name not in self.values or self.values[name][0] != value):
            self.values[name] = (value, turns)

    def is_another(self, task: str) -> bool:
        """Whether this task is another one than what was told so far, or comes after that was noted."""
        return "noted" in self.values or "request" not in self.values or self.values["request"][0] != task


def fields(agent: Agent, conversation: Conversation, today: datetime.date) -> tuple[Field, ...]:
    """Every one of NAMES, in order. The last request counts; a later one begins anew, but for the number."""
    told, known = _Told(), desk_of(agent.desk)
    for turns, state in desk.states(agent, conversation, today):
        if (done := _done(state)) and "request" in told.values:
            told.take("request", done, turns)
            told.take("noted", True, turns)
        elif state.task and told.is_another(state.task):
            number = told.values.get("phone")
            told = _Told({"phone": number} if number else {})
            told.take("request", state.task, turns)
        for name, value in _slots(known, state).items():
            told.take(name, value, turns)
    return tuple(_field(name, told) for name in NAMES)


def _done(state: State) -> str:
    return next((task for begins, task in _DONE.items() if state.said.startswith(begins)), "")


def _slots(known: Desk, state: State) -> dict[str, Value]:
    opening = known.hours[state.day.weekday()] if state.day and known.hours else None
    minute = settled(state.clock, opening) if state.clock else None
    return {
        "service": state.service,
        "day": state.day.isoformat() if state.day else "",
        "time": "" if minute is None else f"{minute // 60:02}:{minute % 60:02}",
        "phone": state.digits if len(state.digits) >= WHOLE_NUMBER_DIGITS and state.digits != WITHHELD else "",
    }


def _field(name: str, told: _Told) -> Field:
    if name not in told.values:
        return Field(name)
    value, turns = told.values[name]
    # The desk fills its slots from the words themselves, so they are there by construction.
    return Field(name, value, turns, Support.NOT_CHECKABLE if name in ("request", "noted") else Support.FOUND)
