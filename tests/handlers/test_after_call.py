"""The after-call function over a store, with a team, a bus, a model and a Twilio that keep what they were asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from calls import after_call as core
from calls.after_call import Message, written
from calls.agent import Agent
from calls.agent_after import AfterCall, FieldSchema, Privacy
from calls.conversation import Conversation, Turn
from calls.dynamo_items import record_item
from calls.errors import ProviderFailed
from calls.post_mortem import POST_MORTEM
from calls.record import CallRecord, Status
from calls.usage import Unit
from handlers import after_call
from handlers.after_call import AfterWired
from handlers.after_call_queue import QueueFailed
from handlers.after_call_webhook import DeliveryFailed
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import CONVERSATION, CUT_ANSWER, GREETING, INTERRUPTION, QUESTION, RECORD

NAME = FieldSchema("caller_name", "string")
ASKING = replace(AGENT, after_call=AfterCall("openai/gpt-6-luna", (NAME,)))
ENDED = Message(RECORD.call_id)


class Killed(BaseException):
    """The process is gone in the middle of whatever it did."""


@dataclass
class World:
    """Everything outside of the function. `die_at` kills it before the n-th thing that it does out here, counted from
    1; `done` names those things in order."""

    agent: Agent = AGENT
    store: MemoryCallStore = field(default_factory=MemoryCallStore)
    answers: list[Any] = field(default_factory=list)
    prices: list[tuple[str | None, str | None]] = field(default_factory=list)
    webhook_failures: int = 0
    webhook_defects: int = 0
    bus_failures: int = 0
    queue_failures: int = 0
    die_at: int = 0
    done: list[str] = field(default_factory=list)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    queued: list[tuple[Message, int]] = field(default_factory=list)
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def step(self, name: str) -> None:
        if len(self.done) + 1 == self.die_at:
            self.die_at = 0
            raise Killed
        self.done.append(name)

    def send(self, webhook_id: str, body: bytes) -> None:
        self.step("send")
        if self.webhook_failures:
            self.webhook_failures -= 1
            raise DeliveryFailed("The team's URL is away.")
        if self.webhook_defects:
            self.webhook_defects -= 1
            raise ZeroDivisionError
        self.sent.append((webhook_id, json.loads(body)))

    def put(self, about: Mapping[str, Any]) -> None:
        self.step("put")
        if self.bus_failures:
            self.bus_failures -= 1
            raise DeliveryFailed("The bus is away.")
        self.events.append(about)

    def ask(self, body: Mapping[str, Any]) -> Any:
        self.step("ask")
        self.asked.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def later(self, message: Message, delay_s: int) -> None:
        self.step("later")
        if self.queue_failures:
            self.queue_failures -= 1
            raise QueueFailed("The queue is away.")
        self.queued.append((message, delay_s))

    def price(self, twilio_sid: str) -> tuple[str | None, str | None]:
        assert twilio_sid == RECORD.twilio_sid
        return self.prices.pop(0)

    def wired(self) -> AfterWired:
        return AfterWired(
            store=_Stepping(self.store, self.step),
            agent=lambda name: self.agent,
            queue=self,
            webhook=self,
            bus=self,
            model=self,
            twilio=self,
            now_ms=lambda: 1_795_000_100_000,
            day_of=lambda _ms: date(2026, 11, 18),
            settle_s=10,
        )

    def deliver(self, message: Message, tries: int = 1) -> list[str]:
        """Which messages are to come again."""
        record = {
            "messageId": "m1",
            "body": written(message),
            "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(tries)},
        }
        answer = after_call.answer(self.wired, {"Records": [record]})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    @property
    def outcome(self) -> dict[str, Any]:
        kept = self.store.kept(RECORD.call_id, core.OUTCOME)
        assert kept is not None
        return dict(json.loads(kept))


class _Stepping(MemoryCallStore):
    """The store, each of whose writes is a step at which the function may be killed."""

    def __init__(self, store: MemoryCallStore, step: Callable[[str], None]) -> None:
        self.__dict__ = store.__dict__ | {"_step": step}

    def keep_once(self, call_id: str, name: str, text: str) -> str:
        self.__dict__["_step"](f"keep {name}")
        return super().keep_once(call_id, name, text)


def world(*turns: Turn, agent: Agent = AGENT, **changes: Any) -> World:
    made = World(agent, **changes)
    made.store.create(replace(RECORD, version=0))
    for turn in turns or CONVERSATION.turns:
        made.store.append_turn(RECORD.call_id, turn)
    return made


def completion(summary: str, **fields: Any) -> dict[str, Any]:
    content = {"summary": summary, "fields": {name: {"value": v, "evidence": e} for name, (v, e) in fields.items()}}
    return {
        "choices": [{"message": {"content": json.dumps(content)}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 20},
    }


def image(record: CallRecord) -> dict[str, Any]:
    """A stream record of the call's META item, as DynamoDB gives it, of the parts that are read."""
    item = record_item(record)
    new = {
        "pk": {"S": item["pk"]},
        "sk": {"S": item["sk"]},
        "callId": {"S": item["callId"]},
        "record": {"M": {"status": {"S": record.status.value}}},
    }
    return {"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "1", "NewImage": new}}


# --- the stream ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_only_a_call_in_a_final_state_is_queued(status: Status) -> None:
    here = world()
    answer = after_call.answer(here.wired, {"Records": [image(replace(RECORD, status=status))]})
    assert answer == {"batchItemFailures": []}
    is_final = replace(RECORD, status=status).is_final
    assert here.queued == ([(ENDED, 10)] if is_final else [])


def test_other_items_and_deletions_of_the_table_are_passed_over() -> None:
    here = world()
    turn = {"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "2", "NewImage": {"sk": {"S": "TURN#t1"}}}}
    gone = {"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": "3", "Keys": {"sk": {"S": "META"}}}}
    assert after_call.answer(here.wired, {"Records": [turn, gone]}) == {"batchItemFailures": []}
    assert here.queued == []


def test_a_record_that_could_not_be_queued_comes_again_by_its_number() -> None:
    here = world(queue_failures=1)
    answer = after_call.answer(here.wired, {"Records": [image(RECORD)]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}


# --- the outcome -----------------------------------------------------------------------------------------------------


def test_a_call_is_told_of_once_however_often_its_message_comes() -> None:
    here = world()
    assert here.deliver(ENDED) == here.deliver(ENDED) == []
    assert here.done == [
        "keep post-mortem",
        "keep outcome",
        *("send", "keep webhook-sent"),
        *("put", "keep event-put"),
        *("later", "keep price-asked"),
    ]
    ((webhook_id, body),) = here.sent
    assert webhook_id == f"{RECORD.call_id}.call.ended"
    assert [turn["heard"] for turn in body["data"]["transcript"]] == ["Hello.", "When?", "We open", "Bye."]
    assert body["data"]["outcome"]["kind"] == "extractive"
    assert "We open at nine" not in json.dumps(body), "what was said and not heard stays out"
    assert here.events == [{name: value for name, value in body["data"].items() if name != "transcript"}]


@pytest.mark.parametrize("die_at", range(1, 11))
def test_killed_anywhere_and_run_again_nothing_is_there_twice(die_at: int) -> None:
    answers = [completion("They asked when.", caller_name=(None, []))] * 2
    here = world(agent=ASKING, die_at=die_at, answers=list(answers))
    if die_at <= 9:
        with pytest.raises(Killed):
            here.deliver(ENDED, tries=1)
    assert here.deliver(ENDED, tries=2) == []
    assert here.deliver(ENDED, tries=3) == []
    assert here.outcome["summary"] == "They asked when."
    # Between sending and noting that it was sent a kill sends again: the same thing, under the same id.
    assert {webhook_id for webhook_id, _ in here.sent} == {f"{RECORD.call_id}.call.ended"}
    assert len({json.dumps(body["data"]["outcome"]) for _, body in here.sent}) == 1
    assert len(here.sent) <= (2 if die_at == 5 else 1)
    assert len(here.events) <= (2 if die_at == 7 else 1)
    assert {name for name in here.done if name.startswith("keep")} == {
        *("keep post-mortem", "keep outcome", "keep webhook-sent", "keep event-put", "keep price-asked")
    }
    assert len([name for name in here.done if name.startswith("keep")]) == 5
    assert len(here.asked) == (2 if die_at == 3 else 1)
    assert len(here.store.usage(RECORD.call_id)) == len(here.asked), "every request is paid for"


def test_a_call_that_went_wrong_is_explained_at_its_end_in_what_is_kept_and_sent() -> None:
    here = world()
    assert here.deliver(ENDED) == here.deliver(ENDED) == []
    ((_, body),) = here.sent
    kept = json.loads(here.store.kept(RECORD.call_id, POST_MORTEM) or "")
    assert kept == body["data"]["postMortem"] == here.events[0]["postMortem"]
    assert kept["headline"].startswith("The call fell from pipeline to traditional mode: the stream broke off. Look at")
    assert (kept["causes"][0]["code"], kept["causes"][0]["blame"]) == ("stream-lost", "offhook")
    assert kept["more"] == f"offhook why {RECORD.call_id}"
    assert kept["madeAtMs"] == 1_795_000_100_000


def test_a_call_in_which_nothing_went_wrong_needs_no_explanation() -> None:
    here = world(GREETING, QUESTION)
    here.store.change(RECORD.call_id, lambda r: replace(r, failures=(), modes=r.modes[:1]))
    assert here.deliver(ENDED) == []
    assert here.sent[0][1]["data"]["postMortem"] is None
    assert here.store.kept(RECORD.call_id, POST_MORTEM) is None


def test_what_cannot_be_told_now_is_told_later_and_the_rest_at_once() -> None:
    here = world(webhook_failures=1)
    assert here.deliver(ENDED) == ["m1"]
    assert (len(here.sent), len(here.events), len(here.queued)) == (0, 1, 1)
    assert here.deliver(ENDED, tries=2) == []
    assert (len(here.sent), len(here.events), len(here.queued)) == (1, 1, 1)


def test_a_defect_in_one_step_keeps_no_other_from_being_done() -> None:
    here = world(webhook_defects=1)
    assert here.deliver(ENDED) == ["m1"]
    assert (len(here.sent), len(here.events), len(here.queued)) == (0, 1, 1)
    assert here.deliver(ENDED, tries=2) == []
    assert (len(here.sent), len(here.events)) == (1, 1)


def test_a_bus_that_is_away_is_told_later() -> None:
    here = world(bus_failures=1)
    assert [here.deliver(ENDED), here.deliver(ENDED, tries=2)] == [["m1"], []]
    assert (len(here.sent), len(here.events)) == (1, 1)


def test_nobody_spoke_and_no_model_is_asked() -> None:
    here = world(GREETING, replace(CUT_ANSWER, heard=""), agent=ASKING)
    assert here.deliver(ENDED) == []
    assert (here.outcome["kind"], here.outcome["summary"], here.asked) == ("nobody-spoke", "Nobody spoke.", [])
    assert here.outcome["fields"] == {"caller_name": {"value": None, "evidence": [], "support": "unknown"}}


def test_a_model_is_asked_with_what_was_heard_and_what_it_says_is_kept_with_its_cost() -> None:
    here = world(
        QUESTION,
        replace(CUT_ANSWER),
        replace(INTERRUPTION, said="This is Ann.", heard="This is Ann."),
        agent=ASKING,
        answers=[completion("Ann asked when.", caller_name=("Ann", [3]))],
    )
    assert here.deliver(ENDED) == []
    (asked,) = here.asked
    assert asked["messages"][1]["content"] == "1 caller: When?\n2 agent: We open\n3 caller: This is Ann."
    assert here.outcome["fields"]["caller_name"] == {"value": "Ann", "evidence": ["t3"], "support": "found"}
    (used,) = here.store.usage(RECORD.call_id)
    assert (used.vendor, used.model, used.amount(Unit.TEXT_IN)) == ("openai", "gpt-6-luna", 90)
    ((_, body),) = here.sent
    assert "gpt-6-luna" in json.dumps(body["data"]["cost"]), "the summary's own cost is in the call's"


def test_a_model_that_stays_away_is_replaced_by_an_extract_that_says_so() -> None:
    away = ProviderFailed("OpenAI could not be reached.", code="openai-unreachable", retryable=True)
    here = world(agent=ASKING, answers=[away, away, away])
    assert [here.deliver(ENDED, tries) for tries in (1, 2)] == [["m1"], ["m1"]]
    assert here.sent == []
    assert here.deliver(ENDED, tries=3) == []
    assert (here.outcome["kind"], here.outcome["why"]) == ("extractive", "OpenAI could not be reached.")


def test_an_answer_of_no_use_is_asked_for_again_and_both_are_paid_for() -> None:
    useless = {**completion("x"), "choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    here = world(agent=ASKING, answers=[useless, completion("They asked when.", caller_name=(None, []))])
    assert [here.deliver(ENDED, tries) for tries in (1, 2)] == [["m1"], []]
    assert here.outcome["summary"] == "They asked when."
    assert [used.id for used in here.store.usage(RECORD.call_id)] == ["after-call-1", "after-call-2"]


def test_what_the_agent_keeps_private_leaves_in_no_way() -> None:
    private = replace(ASKING, privacy=Privacy(("card", "email", "phone")))
    words = "My card is 4242 4242 4242 4242, call five five five oh one three four, or ann at example dot com."
    here = world(
        GREETING,
        replace(QUESTION, said=words, heard=words),
        agent=private,
        answers=[completion("They gave a card.", caller_name=(None, []))],
    )
    assert here.deliver(ENDED) == []
    everything = json.dumps([here.sent, here.events, here.asked, here.outcome])
    assert "My card is [card], call [phone], or [email]." in everything
    for secret in ("4242", "five five", "example dot", RECORD.to_number, RECORD.from_number):
        assert secret not in everything


@pytest.mark.parametrize("record", [None, replace(RECORD, status=Status.IN_PROGRESS)])
def test_a_message_about_a_call_that_is_unknown_or_goes_on_does_nothing(record: CallRecord | None) -> None:
    here = World()
    if record:
        here.store.create(replace(record, version=0))
    assert here.deliver(ENDED) == []
    assert here.done == []


def test_a_message_that_is_not_ours_comes_again_until_it_is_given_up() -> None:
    record = {"messageId": "m1", "body": "{}", "eventSource": "aws:sqs"}
    answer = after_call.answer(World().wired, {"Records": [record]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


# --- Twilio's price --------------------------------------------------------------------------------------------------


def test_twilios_price_is_looked_for_until_it_is_there_and_kept_once() -> None:
    here = world(prices=[(None, "USD"), ("-0.0140", "USD"), ("-0.0140", "USD")])
    assert here.deliver(Message(RECORD.call_id, 1)) == []
    assert here.queued == [(Message(RECORD.call_id, 2), 900)]
    assert here.deliver(Message(RECORD.call_id, 2)) == here.deliver(Message(RECORD.call_id, 2)) == []
    (bill,) = here.store.usage(RECORD.call_id)
    assert bill.amount(Unit.BILLED_MICRO_USD) == 14_000
    assert len(here.queued) == 1


@pytest.mark.parametrize("price", [(None, None), ("-0.01", "EUR"), ("soon", "USD")])
def test_a_price_that_never_comes_or_is_of_no_use_is_not_looked_for_for_ever(price: tuple[Any, Any]) -> None:
    here = world(prices=[price])
    assert here.deliver(Message(RECORD.call_id, len(core.PRICE_LOOKS_S))) == []
    assert here.queued == []
    assert here.store.usage(RECORD.call_id) == ()


def test_conversation_is_left_as_it_is() -> None:
    here = world()
    here.deliver(ENDED)
    assert here.store.conversation(RECORD.call_id) == Conversation(CONVERSATION.turns)
    assert here.store.by_call_id(RECORD.call_id) == replace(RECORD, version=0)
