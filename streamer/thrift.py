"""A call's budget while it streams: what is used is added up, and at the end of each of the agent's turns
`calls.budget` says whether to warn, to go on in a cheaper mode, or to end politely. Only for agents with a budget.

What the call cost before this stream, and the day's other calls, is read beside the call, which waits for nothing:
until it is known nothing is decided. Calls of the day that go on at the same time are not in it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from calls import streams
from calls.agent import Agent
from calls.budget import Decision, Spent, Step, decide, failure_of
from calls.call_cost import call_cost
from calls.conversation import Role
from calls.cost import MICRO, Cost
from calls.errors import CallNotFound, OffhookError
from calls.ledger import started_on
from calls.rate_card import RateCard, standard
from calls.record import CallRecord, EndReason, Mode
from calls.store import CallStore
from calls.stream_token import Grant
from calls.usage import Usage
from streamer.events import ChangeEngine, CommitNote, CommitTurn, CommitUsage, Effect
from streamer.going_on import go_on
from streamer.journal import Entry
from streamer.session import Session

log = logging.getLogger(__name__)

READ_WITHIN_S = 10.0
_LEAST_MS = 1_000


@dataclass(frozen=True, slots=True)
class Before:
    """As this stream began: the record, what was used, and what the day's ended calls cost."""

    record: CallRecord
    used: tuple[Usage, ...] = ()
    day_usd: Decimal = Decimal(0)


@dataclass(slots=True)
class Thrift:
    """One a stream. `before` is None while it is not known."""

    agent: Agent
    card: RateCard = field(default_factory=standard)
    before: Before | None = None
    taken: Step = Step.NONE
    _used: list[Usage] = field(default_factory=list)

    def written(self, entry: Entry) -> bool:
        """Whether the agent's turn has just ended."""
        if isinstance(entry, CommitUsage):
            self._used.append(entry.usage)
        return isinstance(entry, CommitTurn) and entry.turn.role is Role.AGENT

    def at_boundary(self, session: Session, now_ms: int) -> list[Effect]:
        """What the budget asks for now; nothing where the agent speaks again already, or the call is over."""
        if self.before is None or session.is_over or session.dialogue.voice.reply is not None:
            return []
        decision = self._decided(self.before, session, now_ms)
        if decision.step is Step.NONE:
            return []
        self.taken = max(self.taken, decision.step)
        log.warning("budget: %s", decision.sentence, extra={"callId": self.before.record.call_id})
        return acted(session, decision, now_ms)

    def _decided(self, before: Before, session: Session, now_ms: int) -> Decision:
        cost = self._cost(before, session, now_ms)
        spent = Spent(cost.usd, before.day_usd + cost.usd, cost.is_whole)
        known = dict(self.agent.budget.usd_per_minute)
        talked_ms = now_ms - (before.record.answered_at_ms or session.started_at_ms)
        if session.mode not in known and talked_ms >= _LEAST_MS:
            known[session.mode] = cost.usd * 60_000 / talked_ms
        return decide(self.agent.budget, spent, self.taken, session.mode, self.agent.modes, known)

    def _cost(self, before: Before, session: Session, now_ms: int) -> Cost:
        used = {usage.id: usage for usage in (*before.used, *self._used)}
        return call_cost(before.record, session.dialogue.conversation, used.values(), self.card, now_ms)


def acted(session: Session, decision: Decision, now_ms: int) -> list[Effect]:
    """A decision as effects; each step stands in the record."""
    failure = failure_of(decision)
    if decision.step is Step.WARN:
        return [CommitNote(failure)]
    if decision.step is Step.END:
        words = session.agent.phrases.limit_goodbye
        return [CommitNote(failure), *session.dialogue.voice.say(words, now_ms, ends_call=EndReason.LIMIT)]
    mode = decision.mode
    if mode is None or mode is Mode.TRADITIONAL:
        return session.hand_over(failure, now_ms)
    session.mode = mode
    if session.ladder:
        session.ladder.mode, session.ladder.since_ms = mode, now_ms
    session.dialogue.stand_on(mode)
    return [ChangeEngine(mode, failure), *go_on(session.dialogue, session.bridge, now_ms)]


async def read_before(store: CallStore, grant: Grant, now_ms: int) -> Before | None:
    """What is known of the call and of its day; None, and a line in the log, where the table does not say in time."""

    def read() -> Before:
        record = store.by_call_id(grant.call_id)
        if record is None:
            raise CallNotFound(f"There is no call {grant.call_id}.")
        day_usd = Decimal(store.spent_on(record.agent, started_on(record))) / MICRO
        return Before(_streaming(record, grant.stream, now_ms), store.usage(grant.call_id), day_usd)

    try:
        async with asyncio.timeout(READ_WITHIN_S):
            return await asyncio.to_thread(read)
    except (TimeoutError, OffhookError):
        log.warning("what the call cost so far is not known: its budget is not kept", extra={"callId": grant.call_id})
        return None


def _streaming(record: CallRecord, stream: int, now_ms: int) -> CallRecord:
    """The record with its stream begun, whoever has not said so yet, and the call answered."""
    record = streams.arrived(record, stream, now_ms)
    return record if record.answered_at_ms is not None else replace(record, answered_at_ms=now_ms)


class Watched:
    """Thrift at work on one stream, where the agent has a budget; `close` at its end. `economise` has the bridge apply
    what a decision comes to."""

    def __init__(
        self,
        agent: Agent,
        store: CallStore,
        grant: Grant,
        now_ms: int,
        economise: Callable[[Callable[[Session, int], list[Effect]]], None],
    ) -> None:
        self._economise = economise
        self._thrift = Thrift(agent) if agent.budget.is_set else None
        self._reading = asyncio.create_task(self._read(store, grant, now_ms), name="budget") if self._thrift else None

    async def _read(self, store: CallStore, grant: Grant, now_ms: int) -> None:
        assert self._thrift is not None, "nothing is read where there is no budget"
        self._thrift.before = await read_before(store, grant, now_ms)

    def seen(self, entry: Entry) -> None:
        """Never blocks: what follows of an entry follows in the event loop's next round."""
        if self._thrift and self._thrift.written(entry):
            asyncio.get_running_loop().call_soon(self._economise, self._thrift.at_boundary)

    def close(self) -> None:
        if self._reading:
            self._reading.cancel()
