"""Calls in the middle of a talk, for tests of the session: literal times from START on, speech in tenths of seconds."""

from calls.conversation import Conversation, Turn
from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.events import (
    CommitTurn,
    Effect,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    TurnEnded,
)
from streamer.session import Session
from tests.fakes.agents import AGENT

START = 1_000_000
TENTH = b"\x10" * 800
NOTHING_SAID = Conversation()


def session(conversation: Conversation = NOTHING_SAID) -> Session:
    return Session(AGENT, Mode.PIPELINE, "MZ1", START, conversation=conversation)


LOST = Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed the connection.")


def greeted() -> Session:
    """A session whose greeting has been heard, at START + 300."""
    s = session()
    assert s.begin(START) == [Say(1, AGENT.greeting)]
    s.on_engine(ReplyWorded(1, AGENT.greeting), START)
    s.on_engine(ReplySpoken(1, TENTH, AGENT.greeting), START)
    s.on_engine(ReplyDone(1, None), START)
    committed = s.on_mark("r1-1", START + 300)
    assert [type(effect) for effect in committed] == [CommitTurn]
    return s


def speaking(said: str = "one two three four", tenths: int = 4) -> Session:
    """A session in which the caller asked and the agent is speaking reply 2, all of it sent, from START + 3000."""
    s = greeted()
    s.on_engine(TurnEnded("Hours?", 500, 1_500), START + 2_000)
    s.on_engine(ReplyWorded(2, said), START + 2_500)
    s.on_engine(ReplySpoken(2, TENTH * tenths, said), START + 3_000)
    return s


def turns(effects: list[Effect]) -> list[Turn]:
    return [effect.turn for effect in effects if isinstance(effect, CommitTurn)]
