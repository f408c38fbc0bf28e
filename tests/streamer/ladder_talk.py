"""Calls that have a whole ladder, in the middle of a talk: literal times from START on, speech in tenths of seconds."""

from calls.conversation import Conversation, Role
from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.events import (
    Answer,
    CommitTurn,
    Effect,
    Fill,
    ReplyDone,
    ReplySpoken,
    Say,
    TurnEnded,
)
from streamer.ladder import Ladder
from streamer.session import Session
from tests.fakes.agents import AGENT

START = 1_000_000
TENTH = b"\x10" * 800
BRIDGE = b"\x20" * 800
PASSING = Failure("engine-went", Blame.PROVIDER, "It went away.", retryable=True)
LASTING = Failure("key-refused", Blame.CONFIGURATION, "The key is refused.")
LEAVING = Failure("task-leaving", Blame.OFFHOOK, "The task is leaving.")
ALL = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)


def session(bridge: bytes = BRIDGE, mode: Mode = Mode.REALTIME, conversation: Conversation | None = None) -> Session:
    return Session(AGENT, mode, "MZ1", START, conversation, Ladder(ALL, mode, START), bridge)


def greeted(bridge: bytes = BRIDGE) -> Session:
    s = session(bridge)
    s.begin(START)
    s.on_engine(ReplySpoken(1, TENTH, AGENT.greeting), START)
    s.on_engine(ReplyDone(1, None), START)
    s.on_mark("r1-1", START + 300)
    return s


def asked(bridge: bytes = BRIDGE) -> Session:
    """The caller asked, and reply 2 is wanted, at START + 2,000."""
    s = greeted(bridge)
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    return s


def turns(effects: list[Effect]) -> list[tuple[Role, str]]:
    return [(effect.turn.role, effect.turn.heard) for effect in effects if isinstance(effect, CommitTurn)]


def orders(effects: list[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, (Say, Answer, Fill))]
