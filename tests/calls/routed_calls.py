"""Calls at every point of their way, for tests of what comes next."""

from dataclasses import replace

from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status
from calls.route import (
    Moment,
    Step,
    decide,
)
from tests.fakes.agents import AGENT

PHRASES = AGENT.phrases
NOW_MS = 50_000
LATE_MS = 20_000 + 600_000  # answered, and AGENT's call_s later
FAILURE = Failure("reply-lost", Blame.PROVIDER, "The model did not answer.")


def turn(number: int, role: Role, said: str, heard: str | None = None) -> Turn:
    heard = said if heard is None else heard
    return Turn(f"t{number}", role, said, heard, heard != said, 21_000 + number, 21_500 + number, "pipeline")


GREETED = Conversation((turn(1, Role.AGENT, "Hello, this is the desk."),))
WAITING = Conversation((*GREETED.turns, turn(2, Role.CALLER, "What are your hours?")))
CUT_OFF = Conversation((*WAITING.turns, turn(3, Role.AGENT, "We are open", heard="")))
BROKEN_OFF = Conversation((*WAITING.turns, turn(3, Role.AGENT, "We are open nine to five.", heard="We are open")))
BRIDGED = Conversation((*GREETED.turns, turn(2, Role.AGENT, PHRASES.bridge)))
LEAVING = Conversation((*GREETED.turns, turn(2, Role.CALLER, "Thank you, goodbye.")))
ANSWERED = Conversation((*WAITING.turns, turn(3, Role.AGENT, "Nine to five.")))
QUEUED = CallRecord("C1", Direction.INBOUND, "default", "+1", "+2", 10_000, twilio_sid="CA1")
TALKING = replace(QUEUED, status=Status.IN_PROGRESS, answered_at_ms=20_000)
STREAMED = replace(TALKING, modes=(ModeUse(Mode.PIPELINE, 20_000),), streams_served=1)
GATHERED = replace(TALKING, modes=(ModeUse(Mode.TRADITIONAL, 20_000),))


def asked(
    do: Do, record: CallRecord = STREAMED, number: str = "", why: str = "", **fields: EndReason | int
) -> CallRecord:
    return replace(record, next_step=NextStep(do, number, why), **fields)  # type: ignore[arg-type]  # fields by name


def step_of(record: CallRecord, conversation: Conversation, moment: Moment, now_ms: int = NOW_MS) -> Step:
    return decide(record, conversation, AGENT, moment, now_ms).step
