"""A call's budget at the end of a turn: what is decided, what the session does, what stands in the record."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from calls.budget import Budget, Decision, Step
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure, StoreUnavailable
from calls.record import CallRecord, Direction, Do, EndReason, Mode, NextStep, Status
from calls.stream_token import Grant
from calls.usage import Kind, Unit, Usage
from streamer.events import ChangeEngine, CloseSocket, CommitNext, CommitNote, CommitTurn, CommitUsage, Effect, Say
from streamer.ladder import Ladder
from streamer.session import Session
from streamer.thrift import Before, Thrift, Watched, acted, read_before
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore

BEGAN_MS = 1_795_400_000_000  # 2026-11-23
NOW_MS = BEGAN_MS + 60_000
RECORD = CallRecord(
    "01A", Direction.INBOUND, "default", "+14155550123", "+14155550100", BEGAN_MS, "CA1",
    Status.IN_PROGRESS, answered_at_ms=BEGAN_MS,
)  # fmt: skip
SAID = CommitTurn(Turn("t1", Role.AGENT, "Hello.", "Hello.", False, BEGAN_MS, BEGAN_MS + 900, "realtime"))
LADDER = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)


def session(budget: Budget, mode: Mode = Mode.REALTIME) -> Session:
    agent = replace(AGENT, modes=LADDER, budget=budget)
    return Session(agent, mode, "s1", BEGAN_MS, Conversation((SAID.turn,)), Ladder(LADDER, mode, BEGAN_MS))


def thrift(budget: Budget, day: str = "0") -> Thrift:
    agent = replace(AGENT, modes=LADDER, budget=budget)
    return Thrift(agent, before=Before(RECORD, (), Decimal(day)))


def tokens(number: int, name: str = "u1") -> CommitUsage:
    """Audio that a realtime model spoke: $64 a million."""
    return CommitUsage(Usage(name, "openai", "gpt-realtime-2.1", Kind.REALTIME, {Unit.AUDIO_OUT: number}, at_ms=NOW_MS))


def usd(cents: float) -> Budget:
    return Budget(Decimal(str(cents)) / 100, usd_per_minute={Mode.PIPELINE: Decimal("0.05")})


def test_only_the_end_of_the_agents_turn_is_a_boundary() -> None:
    mine = thrift(usd(100))
    assert mine.written(SAID)
    assert not mine.written(CommitTurn(replace(SAID.turn, role=Role.CALLER)))
    assert not mine.written(tokens(1))


def test_a_call_within_its_budget_goes_on() -> None:
    mine = thrift(usd(1000))
    mine.written(tokens(100))
    assert mine.at_boundary(session(usd(1000)), NOW_MS) == []


def test_nothing_is_decided_before_it_is_known_what_was_spent() -> None:
    mine = replace(thrift(usd(0.1)), before=None)
    assert mine.at_boundary(session(usd(0.1)), NOW_MS) == []


def test_nothing_is_decided_while_the_agent_speaks_or_when_the_call_is_over() -> None:
    mine, here = thrift(usd(0.1)), session(usd(0.1))
    here.dialogue.voice.say("One moment.", NOW_MS)
    assert mine.at_boundary(here, NOW_MS) == []
    over = session(usd(0.1))
    over.is_over = True
    assert mine.at_boundary(over, NOW_MS) == []


def test_a_call_is_warned_once_brought_down_and_ended() -> None:
    """Of a budget of $1: 85, 105 and then 130 cents, whatever Twilio's first minute costs (below 2 cents)."""
    budget = usd(100)
    mine, here = thrift(budget), session(budget)
    mine.written(tokens(13_300))
    (warned,) = mine.at_boundary(here, NOW_MS)
    assert isinstance(warned, CommitNote)
    assert (warned.failure.code, warned.failure.blame) == ("budget-near", Blame.CONFIGURATION)
    assert mine.at_boundary(here, NOW_MS) == []
    mine.written(tokens(3_100, "u2"))
    change, *_ = mine.at_boundary(here, NOW_MS)
    assert isinstance(change, ChangeEngine)
    assert (change.mode, change.failure.code, here.mode) == (Mode.PIPELINE, "budget-spent", Mode.PIPELINE)
    assert "the call goes on in pipeline mode" in change.failure.sentence
    assert here.ladder is not None
    assert here.ladder.mode is Mode.PIPELINE
    mine.written(tokens(4_000, "u3"))
    noted, goodbye = mine.at_boundary(here, NOW_MS)
    assert isinstance(noted, CommitNote)
    assert noted.failure.code == "budget-spent"
    assert isinstance(goodbye, Say)
    assert goodbye.text == AGENT.phrases.limit_goodbye
    assert here.dialogue.voice.reply is not None
    assert here.dialogue.voice.reply.ends_call is EndReason.LIMIT


def test_the_days_other_calls_count_against_the_days_budget() -> None:
    budget = Budget(day_usd=Decimal(20))
    assert thrift(budget, day="15").at_boundary(session(budget), NOW_MS) == []
    (warned,) = thrift(budget, day="18").at_boundary(session(budget), NOW_MS)
    assert isinstance(warned, CommitNote)
    assert "of the budget of $20 a day is spent" in warned.failure.sentence


def test_what_was_used_before_this_stream_is_counted_once() -> None:
    budget = usd(100)
    before = tokens(13_300).usage
    mine = Thrift(replace(AGENT, modes=LADDER, budget=budget), before=Before(RECORD, (before,)))
    mine.written(CommitUsage(before))
    (warned,) = mine.at_boundary(session(budget), NOW_MS)
    assert isinstance(warned, CommitNote)


def test_traditional_mode_is_left_the_call_over_twiml() -> None:
    here = session(Budget(Decimal(1)), Mode.PIPELINE)
    effects = acted(here, Decision(Step.CHEAPER, "Spent.", Mode.TRADITIONAL), NOW_MS)
    failure = Failure("budget-spent", Blame.CONFIGURATION, "Spent.")
    assert effects == [CommitNext(NextStep(Do.GATHER, why="Spent."), None, failure), CloseSocket(4503, "gather")]
    assert here.is_over


async def test_what_a_call_and_its_day_cost_so_far_is_read() -> None:
    store = MemoryCallStore()
    grant = Grant("01A", "CA1", "default", Mode.PIPELINE, "nonce", 2_000_000_000, 1)
    assert await read_before(store, grant, NOW_MS) is None
    store.create(replace(RECORD, answered_at_ms=None))
    store.append_usage("01A", tokens(5).usage)
    store.note_spent("default", "2026-11-23", "01Z", 1_250_000)
    before = await read_before(store, grant, NOW_MS)
    assert before is not None
    assert (before.used, before.day_usd, before.record.answered_at_ms) == ((tokens(5).usage,), Decimal("1.25"), NOW_MS)
    store.down = True
    with pytest.raises(StoreUnavailable):
        store.spent_on("default", "2026-11-23")
    assert await read_before(store, grant, NOW_MS) is None


async def test_a_stream_with_a_budget_is_watched_and_one_without_is_left_alone() -> None:
    store = MemoryCallStore()
    store.create(RECORD)
    grant = Grant("01A", "CA1", "default", Mode.REALTIME, "nonce", 2_000_000_000, 1)
    asked: list[Callable[[Session, int], list[Effect]]] = []
    budget = usd(0.1)
    watched = Watched(replace(AGENT, modes=LADDER, budget=budget), store, grant, NOW_MS, asked.append)
    async with asyncio.timeout(5):
        while not asked or asked[-1](session(budget), NOW_MS) == []:
            watched.seen(SAID)
            await asyncio.sleep(0.01)
    watched.close()
    left_alone = Watched(AGENT, store, grant, NOW_MS, asked.append)
    asked.clear()
    left_alone.seen(SAID)
    await asyncio.sleep(0)
    assert asked == []
    left_alone.close()
