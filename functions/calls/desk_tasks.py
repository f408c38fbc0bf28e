"""What the scripted desk is busy with: an appointment, a cancellation or a message, and the next thing to ask for it.

Every task has slots to fill; when all are filled the desk reads back, and a yes has it noted.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace

from calls.desk_meaning import Meaning
from calls.desk_slots import WHOLE_NUMBER_DIGITS, Clock, settled
from calls.desk_speech import opening_spoken, says, spoken_day, spoken_digits, spoken_time, spoken_weekday
from calls.desk_table import Desk, Opening

# The slots of a task; those of "book" are the agent's own choice (desk.slots).
TASKS: Mapping[str, tuple[str, ...]] = {"cancel": ("phone",), "message": ("phone",)}


@dataclass(frozen=True, slots=True)
class State:
    """Where the conversation stands. `asked` names the desk's last question, `task` what it is busy with ("" for
    nothing), `said` its last words, `misses` how often in a row it did not understand. `digits` shorter than a whole
    number are its beginning."""

    said: str
    asked: str = "anything"
    task: str = ""
    day: datetime.date | None = None
    clock: Clock | None = None
    digits: str = ""
    service: str = ""
    misses: int = 0


def busy_with(state: State, task: str) -> State:
    """The state with that task begun, or gone on with. A new one begins with no day and time; a number is kept."""
    if state.task == task:
        return state
    return replace(state, task=task, day=None, clock=None, service="")


def idle(state: State) -> State:
    return busy_with(state, "")


def slots_of(desk: Desk, state: State) -> tuple[str, ...]:
    return TASKS.get(state.task, desk.slots)


def told(state: State, meaning: Meaning) -> State:
    """The state with the slots that the caller filled."""
    return replace(
        state,
        day=meaning.day or state.day,
        clock=meaning.clock or state.clock,
        digits=_joined(state.digits, meaning.digits),
        service=meaning.service or state.service,
    )


def _joined(known: str, more: str) -> str:
    """A number said in two halves is put together; a whole one replaces whatever was there."""
    if not more:
        return known
    half = 0 < len(known) < WHOLE_NUMBER_DIGITS and len(more) < WHOLE_NUMBER_DIGITS
    return known + more if half else more


def without(state: State, slots: tuple[str, ...]) -> State:
    return replace(
        state,
        day=None if "day" in slots else state.day,
        clock=None if "time" in slots else state.clock,
        digits="" if "phone" in slots else state.digits,
    )


def ask(desk: Desk, state: State, asked: str, before: str = "") -> tuple[State, str]:
    """The state in which `asked` has been asked, and the words: `before`, then the question."""
    state = replace(state, asked=asked)
    return state, f"{before} {question(desk, state)}".strip()


def ask_next(desk: Desk, state: State, before: str = "") -> tuple[State, str]:
    """Go on with the task: decline what cannot be, ask for what is missing, or read back. With no task, ask for one."""
    if not state.task:
        return ask(desk, state, "more", before)
    declined = _declined(desk, state)
    if declined:
        slot, why = declined
        return replace(without(state, (slot,)), asked=slot), f"{before} {why}".strip()
    filled = {"day": state.day, "time": state.clock, "phone": len(state.digits) >= WHOLE_NUMBER_DIGITS}
    missing = [slot for slot in slots_of(desk, state) if not filled[slot]]
    return ask(desk, state, missing[0] if missing else "confirm", before)


def question(desk: Desk, state: State) -> str:
    """The words of the question that is open."""
    match state.asked:
        case "confirm":
            return says(f"read back {state.task}", **_details(desk, state))
        case "day" if state.clock is None and "time" in slots_of(desk, state):
            return says("ask day and time")
        case "time" if state.day:
            return says("ask time of day", day=spoken_day(state.day))
        case "phone" if state.digits:
            return says("ask rest", digits=spoken_digits(state.digits))
        case "phone" if state.task == "cancel":
            return says("ask phone cancel")
        case asked:
            return says(f"ask {asked}")


def done(desk: Desk, state: State) -> tuple[State, str]:
    """The task is noted; the number stays known."""
    return ask(desk, idle(state), "more", says(f"done {state.task}", **_details(desk, state)))


def _declined(desk: Desk, state: State) -> tuple[str, str] | None:
    """The slot that cannot be as the caller wants it, with the reason and the question for another one."""
    if state.task != "book" or state.day is None or not desk.hours:
        return None
    weekday = spoken_weekday(state.day)
    opening = desk.hours[state.day.weekday()]
    if opening is None:
        return "day", f"{says('closed', weekday=weekday)} {says('ask other day')}"
    last_min = opening.closes_min - desk.appointment_min
    if state.clock is None or opening.opens_min <= settled(state.clock, opening) <= last_min:
        return None
    time = spoken_time(settled(state.clock, opening))
    why = says("outside hours", time=time, weekday=weekday, last=spoken_time(last_min), **opening_spoken(opening))
    return "time", f"{why} {says('ask other time')}"


def _details(desk: Desk, state: State) -> dict[str, str]:
    """The values that read-backs speak."""
    when = f" on {spoken_day(state.day)}" if state.day else ""
    if state.clock:
        when += f" at {spoken_time(settled(state.clock, _opening(desk, state.day)))}"
    digits = spoken_digits(state.digits)
    return {
        "what": f"your {state.service or 'appointment'}",
        "when": when,
        "phone": f", and your number is {digits}" if "phone" in slots_of(desk, state) else "",
        "digits": digits,
    }


def _opening(desk: Desk, day: datetime.date | None) -> Opening | None:
    return desk.hours[day.weekday()] if day and desk.hours else None
