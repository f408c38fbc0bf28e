"""A call's budget in traditional mode: looked at when the caller has spoken, before anybody thinks. No rung is
below this one, so the call is warned, or ended politely. Asked only for agents with a budget."""

from dataclasses import replace
from decimal import Decimal

from calls.agent import Agent
from calls.budget import Decision as Due
from calls.budget import Spent, Step, decide, failure_of
from calls.call_cost import call_cost
from calls.conversation import Conversation
from calls.cost import MICRO
from calls.errors import StoreUnavailable
from calls.ledger import started_on
from calls.rate_card import standard
from calls.record import CallRecord, EndReason, Mode
from calls.route import Decision, SayAndHangUp, noted
from handlers.logs import log, log_error
from handlers.wiring import Wired


def within_budget(wired: Wired, asked: Decision, conversation: Conversation, agent: Agent) -> Decision:
    """`asked`, or the goodbye that comes instead of thinking about it. A table that cannot say what was spent ends no
    call."""
    try:
        due = _due(wired, asked.record, conversation, agent)
        if due.step is Step.NONE:
            return asked
        log().warning("budget", callId=asked.record.call_id, sentence=due.sentence)
        return _taken(wired, asked, agent, due)
    except StoreUnavailable as away:
        log_error("what a call cost so far is not known: its budget is not kept", away, callId=asked.record.call_id)
        return asked


def _due(wired: Wired, record: CallRecord, conversation: Conversation, agent: Agent) -> Due:
    cost = call_cost(record, conversation, wired.store.usage(record.call_id), standard(), wired.now_ms())
    day_usd = Decimal(wired.store.spent_on(record.agent, started_on(record))) / MICRO
    spent = Spent(cost.usd, day_usd + cost.usd, cost.is_whole)
    taken = Step.WARN if any(failure.code == "budget-near" for failure in record.failures) else Step.NONE
    return decide(agent.budget, spent, taken, Mode.TRADITIONAL, agent.modes, {})


def _taken(wired: Wired, asked: Decision, agent: Agent, due: Due) -> Decision:
    failure = failure_of(due)

    def change(record: CallRecord) -> CallRecord:
        record = noted(record, failure)
        return record if due.step is Step.WARN else replace(record, end_reason=record.end_reason or EndReason.LIMIT)

    stands = wired.store.change(asked.record.call_id, change, asked.record)
    if due.step is Step.WARN:
        return Decision(stands, asked.step)
    return Decision(stands, SayAndHangUp(agent.phrases.limit_goodbye, stands.end_reason or EndReason.LIMIT))
