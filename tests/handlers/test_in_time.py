"""Twilio gives a webhook 15 s: the bound on the whole, and what a caller hears when the store is slow."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from calls.agent import LONGEST_REPLY_S, Agent
from calls.conversation import Conversation
from calls.errors import StoreUnavailable
from calls.record import CallRecord, EndReason, Mode
from calls.reply import Reply
from calls.webhook_retries import THINKING
from handlers import turn, voice
from handlers.in_time import ANSWER_WITHIN_S, EXPLAIN_WITHIN_S, reply_within_s, within
from handlers.webhook import APOLOGY
from offhook.box.webhooks import Timings, overrides
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.handlers.desk import BEGAN_MS, House, ScriptedReplies

HOURS = {"SpeechResult": "What are your hours?"}
LAMBDA_S = 14  # template.yaml
NETWORK_S = 0.5


def raising(error: Exception) -> Callable[[], str]:
    def work() -> str:
        raise error

    return work


def test_what_is_in_time_is_given_and_what_is_raised_is_raised() -> None:
    assert within(5, lambda: "done") == "done"
    with pytest.raises(ValueError, match="mine"):
        within(5, raising(ValueError("mine")))
    with pytest.raises(TimeoutError, match="the work's own"):
        within(5, raising(TimeoutError("the work's own")))


def test_what_is_late_is_not_waited_for() -> None:
    forever = threading.Event()
    with pytest.raises(StoreUnavailable) as late:
        within(0.01, forever.wait)
    forever.set()
    assert late.value.failure.code == "answer-too-late"


def test_all_waits_together_end_before_twilio_asks_again_and_before_lambda_and_twilio_give_up() -> None:
    asked_again_s = overrides(f"https://calls.example.com/{THINKING}", Timings()).read_ms / 1000
    assert ANSWER_WITHIN_S + EXPLAIN_WITHIN_S + NETWORK_S <= asked_again_s < LAMBDA_S < 15


@pytest.mark.parametrize(("reply_s", "left_s", "allowed_s"), [(7, 9, 7), (10, 9, 8), (8, 5, 4), (8, 2, 1)])
def test_a_reply_has_what_the_store_has_left_of_the_time(reply_s: float, left_s: float, allowed_s: float) -> None:
    assert reply_within_s(reply_s, left_s) == allowed_s


def test_no_reply_is_begun_that_could_not_be_answered_with() -> None:
    with pytest.raises(StoreUnavailable, match="too slow"):
        reply_within_s(8, 1.9)


class Limited(ScriptedReplies):
    """Keeps how long it was given for each reply."""

    def __init__(self) -> None:
        super().__init__(Reply("Nine to five."))
        self.given_s: list[float] = []

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        self.given_s.append(agent.limits.reply_s)
        return super().reply(agent, conversation, today)


def greeted(store: MemoryCallStore, thinking: ScriptedReplies, reply_s: float = 8) -> House:
    limits = replace(AGENT.limits, reply_s=reply_s)
    agent = replace(AGENT, modes=(Mode.TRADITIONAL,), limits=limits)
    house = House(thinking, {"default": agent}, store=store)
    house.post(voice, "/twilio/voice", {"From": "+14155550123", "To": "+1"})
    return house


def test_the_longest_reply_that_an_agent_may_allow_is_cut_to_twilios_time() -> None:
    thinking = Limited()
    house = greeted(MemoryCallStore(), thinking, reply_s=LONGEST_REPLY_S)
    assert ">Nine to five.</Say>" in house.post(turn, "/twilio/turn/1", HOURS).body
    assert 7.5 < thinking.given_s[0] <= 8


class Stuck(MemoryCallStore):
    """Once `stuck`, the reads of the conversation wait for `freed`, and `change` too if it is `wholly` so."""

    def __init__(self, wholly: bool = False) -> None:
        super().__init__()
        self.stuck, self.wholly, self.freed = False, wholly, threading.Event()
        self.late_done = threading.Event()

    def conversation(self, call_id: str) -> Conversation:
        if self.stuck:
            self.freed.wait(20)
        return super().conversation(call_id)

    def change(
        self, call_id: str, change: Callable[[CallRecord], CallRecord], seen: CallRecord | None = None
    ) -> CallRecord:
        if self.stuck and self.wholly:
            self.freed.wait(20)
        changed = super().change(call_id, change, seen)
        if self.freed.is_set():
            self.late_done.set()
        return changed


@pytest.mark.parametrize("wholly", [False, True])
def test_a_slow_store_is_apologised_for_in_time(wholly: bool) -> None:
    store = Stuck(wholly)
    house = greeted(store, ScriptedReplies(Reply("Nine to five.")))
    house.answer_within_s, store.stuck = 0.1, True
    began_s = time.monotonic()
    answer = house.post(turn, "/twilio/turn/1", HOURS)
    took_s = time.monotonic() - began_s
    store.freed.set()
    assert (answer.status, f">{APOLOGY}</Say><Hangup />" in answer.body) == (200, True)
    assert took_s < 0.1 + EXPLAIN_WITHIN_S + 5
    if not wholly:
        assert house.only_record().end_reason is EndReason.FAILED


def test_an_answer_that_comes_too_late_is_neither_remembered_nor_written_as_said() -> None:
    store = Stuck()
    thinking = ScriptedReplies(Reply("Nine to five."))
    house = greeted(store, thinking)
    house.answer_within_s, store.stuck = 0.1, True
    house.post(turn, "/twilio/turn/1", {"SpeechResult": "Thank you, goodbye."})
    store.freed.set()
    assert store.late_done.wait(10)
    call_id = house.only_record().call_id
    for thread in threading.enumerate():
        if thread.name.startswith("in-time"):
            thread.join(10)
    assert house.said() == [("agent", "Hello, this is the desk."), ("caller", "Thank you, goodbye.")]
    assert store.answer_of(call_id, "turn-1") is None
    assert house.only_record().created_at_ms > BEGAN_MS
