"""What an engine uses goes into the record, named, dated and put down to a turn, however late it is told."""

import asyncio

from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Mode
from calls.usage import Kind, Unit, Usage
from streamer.events import CommitNote, CommitTurn, CommitUsage, Noted, ReplyDone, ReplySpoken, ReplyWorded, Say, Used
from streamer.journal import Journal
from streamer.session import Session
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore

START = 1_000_000
SPOKEN = Usage("m1-1", "elevenlabs", "eleven_flash_v2_5", Kind.SPEECH, {Unit.CHARACTERS: 9})


def session() -> Session:
    return Session(AGENT, Mode.PIPELINE, "MZ1", START)


def test_a_usage_is_named_after_the_session_and_put_down_to_the_turn_of_its_reply() -> None:
    s = session()
    (say,) = s.begin(START)
    assert isinstance(say, Say)
    s.on_engine(ReplyWorded(say.reply_id, "Hello."), START + 10)
    s.on_engine(ReplySpoken(say.reply_id, b"\x10" * 800, "Hello."), START + 20)
    (committed,) = s.on_engine(Used(SPOKEN, say.reply_id), START + 30)
    s.on_engine(ReplyDone(say.reply_id, None), START + 40)
    (turn,) = (effect.turn for effect in s.on_mark("r1-1", START + 130) if isinstance(effect, CommitTurn))
    assert isinstance(committed, CommitUsage)
    usage = committed.usage
    assert (usage.id, usage.turn, usage.at_ms, usage.amounts) == ("MZ1-m1-1", turn.id, START + 30, SPOKEN.amounts)


def test_a_usage_that_comes_after_the_end_is_not_lost() -> None:
    s = session()
    s.begin(START)
    s.on_gone(START + 500)
    assert s.is_over
    (committed,) = s.on_engine(Used(SPOKEN), START + 600)
    assert isinstance(committed, CommitUsage)
    assert (committed.usage.turn, committed.usage.at_ms) == ("", START + 600)


async def test_the_journal_writes_a_usage_once() -> None:
    store = MemoryCallStore()
    store.create(CallRecord("01CALL", Direction.INBOUND, "default", "+15550001111", "+15550002222", 1_000))
    journal = Journal(store, "01CALL")
    writing = asyncio.create_task(journal.run())
    journal.write(CommitUsage(SPOKEN))
    journal.write(CommitUsage(SPOKEN))
    assert await journal.settle(2)
    assert store.usage("01CALL") == (SPOKEN,)
    writing.cancel()


def test_what_is_to_be_noted_is_however_late_it_is_told() -> None:
    s, noted = session(), Failure("vendor-events-unknown", Blame.OFFHOOK, "acme sent something new.")
    s.begin(START)
    assert s.on_engine(Noted(noted), START + 10) == [CommitNote(noted)]
    s.on_gone(START + 20)
    assert s.on_engine(Noted(noted), START + 30) == [CommitNote(noted)]
