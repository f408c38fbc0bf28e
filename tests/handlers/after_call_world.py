"""The after-call function over a store, with a team, a bus, a model and a Twilio that keep what they were asked."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from calls import after_call as core
from calls.after_call import Message, written
from calls.agent import Agent
from calls.agent_after import AfterCall, FieldSchema
from calls.conversation import Turn
from calls.dynamo_items import record_item
from calls.record import CallRecord
from handlers import after_call
from handlers.after_call import AfterWired
from handlers.after_call_queue import QueueFailed
from handlers.after_call_webhook import DeliveryFailed
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import CONVERSATION, RECORD

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
