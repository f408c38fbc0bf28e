"""A call's budget in traditional mode, through the webhook of a turn."""

from dataclasses import replace
from decimal import Decimal

from calls.budget import Budget
from calls.ledger import started_on
from calls.record import EndReason, Mode
from calls.reply import Reply
from handlers import turn, voice
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.handlers.desk import House, ScriptedReplies

HOURS = {"SpeechResult": "What are your hours?"}


class AwayStore(MemoryCallStore):
    def spent_on(self, agent: str, day: str) -> int:
        self.down = True
        try:
            return super().spent_on(agent, day)
        finally:
            self.down = False


def greeted(budget: Budget, store: MemoryCallStore | None = None) -> House:
    agent = replace(AGENT, modes=(Mode.TRADITIONAL,), budget=budget)
    replies = ScriptedReplies(Reply("Nine to five."), Reply("Until one."))
    house = House(replies, {"default": agent}, store=store or MemoryCallStore())
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+14155550100"})
    return house


def codes(house: House) -> list[str]:
    return [failure.code for failure in house.only_record().failures]


def spend(house: House, micro_usd: int, call_id: str) -> None:
    house.store.note_spent("default", started_on(house.only_record()), call_id, micro_usd)


def test_a_day_that_is_nearly_spent_is_warned_of_once_and_the_call_goes_on() -> None:
    house = greeted(Budget(day_usd=Decimal(20)))
    spend(house, 17_000_000, "01X")
    assert ">Nine to five.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert ">Until one.</Say>" in house.post(turn, "/twilio/turn/3", HOURS).body
    assert codes(house) == ["budget-near"]


def test_a_budget_that_is_spent_ends_the_call_politely_and_asks_no_model() -> None:
    house = greeted(Budget(call_usd=Decimal("0.001")))
    body = house.post(turn, "/twilio/turn/1", HOURS).body
    assert f">{AGENT.phrases.limit_goodbye}</Say><Hangup" in body
    assert house.thinking.asked == []
    assert (codes(house), house.only_record().end_reason) == (["budget-spent"], EndReason.LIMIT)


def test_a_call_within_its_budget_and_one_without_a_budget_go_on() -> None:
    for budget in (Budget(call_usd=Decimal(5)), Budget()):
        house = greeted(budget)
        assert ">Nine to five.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body
        assert codes(house) == []


def test_a_table_that_cannot_say_what_was_spent_ends_no_call() -> None:
    house = greeted(Budget(call_usd=Decimal("0.001")), AwayStore())
    assert ">Nine to five.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert codes(house) == []
