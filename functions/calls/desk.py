"""The scripted reply engine: an appointment desk that understands phrases, fills slots, reads back and never guesses.

It keeps nothing: where the conversation stands is worked out each time by playing the whole conversation through
`_step`, so any process can continue any call, and the same conversation always gets the same answer. A step goes
through RULES in order; the first rule that has an answer gives it.
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from calls.agent import Agent
from calls.conversation import BROKEN_OFF, Conversation, Role, Turn
from calls.desk_meaning import Meaning, meaning_of
from calls.desk_speech import hours_of, hours_of_week, says, spoken_list
from calls.desk_table import Desk, check, desk_of
from calls.desk_tasks import State, ask, ask_next, busy_with, done, idle, question, slots_of, told, without
from calls.record import EndReason
from calls.reply import Action, EndCall, Reply, Transfer

__all__ = ["answer", "check", "states"]

MISSES_BEFORE_HELP = 2


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a rule may look at."""

    agent: Agent
    desk: Desk
    state: State
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class _Step:
    """What a rule answers, and where the conversation stands after it."""

    state: State
    text: str
    action: Action | None = None


def answer(agent: Agent, conversation: Conversation, today: datetime.date) -> Reply:
    """The reply to the caller's unanswered words; where there are none, the question that is open, asked again.

    `today` is the date where the business is, the same throughout a call; days such as "tomorrow" count from it.
    """
    desk = desk_of(agent.desk)
    step = _Step(State(said=agent.greeting), "")
    said: list[str] = []
    for turn in conversation.turns:
        if turn.role is Role.CALLER:
            said.append(turn.said)
        elif turn.heard and said and turn.id != BROKEN_OFF:
            step, said = _step(agent, desk, step.state, ". ".join(said), today), []
    if not said:
        return Reply(question(desk, step.state), keys=_keys(step.state))
    step = _step(agent, desk, step.state, ". ".join(said), today)
    return Reply(step.text, step.action, 0 if step.action else _keys(step.state))


def states(agent: Agent, conversation: Conversation, today: datetime.date) -> Iterator[tuple[tuple[str, ...], State]]:
    """Where the desk stood each time it had heard the caller out, with the ids of the turns that led there."""
    desk, state = desk_of(agent.desk), State(said=agent.greeting)
    heard: list[Turn] = []
    for turn in (*conversation.turns, None):
        if turn is not None and turn.role is Role.CALLER:
            heard.append(turn)
        elif heard and (turn is None or (turn.heard and turn.id != BROKEN_OFF)):
            state = _step(agent, desk, state, ". ".join(caller.said for caller in heard), today).state
            yield tuple(caller.id for caller in heard), state
            heard = []


def _keys(state: State) -> int:
    """A question that is answered with yes or no is answered with one key."""
    return 1 if (state.asked, True) in ANSWERS else 0


def _step(agent: Agent, desk: Desk, state: State, text: str, today: datetime.date) -> _Step:
    scene = _Scene(agent, desk, state, meaning_of(desk, text, today, state.asked))
    step = next((step for rule in RULES if (step := rule(scene))), None) or _not_understood(scene)
    misses = state.misses + 1 if step.state.misses > state.misses else 0
    return replace(step, state=replace(step.state, said=step.text, misses=misses))


# --- rules -----------------------------------------------------------------------------------------------------------


def _goodbye(scene: _Scene) -> _Step | None:
    if not scene.meaning.goodbye:
        return None
    return _Step(scene.state, scene.agent.closing, EndCall(EndReason.CALLER_GOODBYE))


def _say_again(scene: _Scene) -> _Step | None:
    return _Step(scene.state, scene.state.said) if "repeat" in scene.meaning.intents else None


def _person(scene: _Scene) -> _Step | None:
    return _transfer(scene) if "person" in scene.meaning.intents else None


def _cancel(scene: _Scene) -> _Step | None:
    """Cancelling gives up what the desk is busy with, or else cancels an appointment that was made before."""
    if "cancel" not in scene.meaning.intents or scene.state.task == "cancel":
        return None
    if scene.state.task:
        return _Step(*ask_next(scene.desk, idle(scene.state), says("dropped")))
    return _Step(*ask_next(scene.desk, told(busy_with(scene.state, "cancel"), scene.meaning)))


def _slots_told(scene: _Scene) -> _Step | None:
    """A day, a time or a service alone is the wish for an appointment; a number alone is no wish."""
    meaning, state = scene.meaning, scene.state
    wish = meaning.day or meaning.clock or meaning.service or "book" in meaning.intents
    if "book" in meaning.intents or (wish and not state.task):
        state = busy_with(state, "book")
    state = told(state, meaning)
    if not state.task or state == scene.state:
        return None
    return _Step(*ask_next(scene.desk, state, _known(scene)))


_NAMED_SLOTS = {
    "the day": ("day",),
    "the time": ("time",),
    "the number": ("phone",),
    "restart": ("day", "time", "phone"),
}


def _slots_to_change(scene: _Scene) -> _Step | None:
    """At the read-back, the caller names what is wrong."""
    if scene.state.asked not in ("confirm", "change") or scene.meaning.answer is True:
        return None
    wrong = tuple(slot for name in _NAMED_SLOTS if name in scene.meaning.intents for slot in _NAMED_SLOTS[name])
    return _Step(*ask_next(scene.desk, without(scene.state, wrong))) if wrong else None


def _yes_or_no(scene: _Scene) -> _Step | None:
    meaning, asked = scene.meaning, scene.state.asked
    known = _known(scene)
    if meaning.answer is None or (known and asked != "confirm") or (asked, meaning.answer) not in ANSWERS:
        return None
    step = ANSWERS[asked, meaning.answer](scene)
    return replace(step, text=f"{known} {step.text}".strip())


def _needs_nothing(scene: _Scene) -> _Step | None:
    """The agent takes leave when the caller wants nothing else."""
    if scene.state.asked != "more" or not scene.meaning.needs_nothing:
        return None
    return _Step(scene.state, scene.agent.closing, EndCall(EndReason.AGENT_GOODBYE))


def _facts_asked(scene: _Scene) -> _Step | None:
    """Answer what was asked, then put the open question again, or offer an appointment with the hours."""
    known, state = _known(scene), scene.state
    if not known:
        return None
    if state.task or state.asked in ("person", "message"):
        return _Step(*ask(scene.desk, state, state.asked, known))
    offers = "hours" in scene.meaning.intents and {"day", "time"} <= set(scene.desk.slots)
    return _Step(*ask(scene.desk, state, "visit" if offers else "more", known))


def _small_talk(scene: _Scene) -> _Step | None:
    """A greeting or thanks, or something said before: no miss, and the open question again."""
    state, intents = scene.state, scene.meaning.intents
    if "thanks" in intents:
        asked = state.asked if state.task else "more"
        return _Step(*ask(scene.desk, state, asked, says("thanks")))
    if "hello" in intents:
        return _Step(*ask(scene.desk, state, state.asked, says("hello")))
    said_before = told(state, scene.meaning) == state and (scene.meaning.day or scene.meaning.clock)
    if state.task and (said_before or "book" in intents or "cancel" in intents):
        return _Step(*ask_next(scene.desk, state))
    return None


RULES: tuple[Callable[[_Scene], _Step | None], ...] = (
    _goodbye,
    _needs_nothing,
    _say_again,
    _person,
    _cancel,
    _slots_told,
    _slots_to_change,
    _yes_or_no,
    _facts_asked,
    _small_talk,
)


def _not_understood(scene: _Scene) -> _Step:
    """Ask again; from the second time on, offer a person or a call back."""
    state = replace(scene.state, misses=scene.state.misses + 1)
    asked = state.asked
    if state.misses >= MISSES_BEFORE_HELP and state.task != "message":
        asked = "person" if scene.agent.transfer_number else "message"
    return _Step(*ask(scene.desk, state, asked, says("miss")))


# --- answers to the desk's own yes-or-no questions -------------------------------------------------------------------


def _change(scene: _Scene) -> _Step:
    slots = slots_of(scene.desk, scene.state)
    if len(slots) == 1:
        return _Step(*ask_next(scene.desk, without(scene.state, slots), says("all right")))
    return _Step(*ask(scene.desk, scene.state, "change", says("all right")))


def _go_on(scene: _Scene) -> _Step:
    return _Step(*ask_next(scene.desk, scene.state, says("all right")))


def _transfer(scene: _Scene) -> _Step:
    """Connect to a person; without a number for that, be honest and take a message."""
    if scene.agent.transfer_number:
        return _Step(scene.state, says("transfer"), Transfer(scene.agent.transfer_number))
    return _Step(*ask_next(scene.desk, busy_with(scene.state, "message"), says("no transfer")))


ANSWERS: dict[tuple[str, bool], Callable[[_Scene], _Step]] = {
    ("confirm", True): lambda scene: _Step(*done(scene.desk, scene.state)),
    ("confirm", False): _change,
    ("visit", True): lambda scene: _Step(*ask_next(scene.desk, busy_with(scene.state, "book"))),
    ("visit", False): _go_on,
    ("more", True): lambda scene: _Step(*ask(scene.desk, scene.state, "anything")),
    ("person", True): _transfer,
    ("person", False): _go_on,
    ("message", True): lambda scene: _Step(*ask_next(scene.desk, busy_with(scene.state, "message"))),
    ("message", False): _go_on,
}


def _known(scene: _Scene) -> str:
    """What the desk knows of what was asked, in words; "" when nothing was asked."""
    desk, meaning = scene.desk, scene.meaning
    parts = []
    if "robot" in meaning.intents:
        parts.append(says("robot"))
    if "hours" in meaning.intents:
        parts.append(hours_of(desk, meaning.hours_day) if meaning.hours_day else hours_of_week(desk))
    if "services" in meaning.intents:
        names = spoken_list([f"{name}s" if name[-1:] != "s" else name for name in desk.services])
        parts.append(says("services", services=names) if names else says("services unknown"))
    return " ".join((*parts, *meaning.facts))
