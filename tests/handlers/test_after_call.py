"""The after-call function: every step once, however often its message comes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from calls import after_call as core
from calls.after_call import Message
from calls.agent_after import Privacy
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.ledger import started_on
from calls.post_mortem import POST_MORTEM
from calls.record import TEST_CALLER, CallRecord, Status
from calls.usage import Unit
from handlers import after_call
from tests.handlers.after_call_world import ASKING, ENDED, Killed, World, completion, image, world
from tests.offhook.calls_made import CONVERSATION, CUT_ANSWER, GREETING, INTERRUPTION, QUESTION, RECORD

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


def test_nobody_is_told_of_a_call_that_the_doctor_made_up() -> None:
    here = world()
    here.store.change(RECORD.call_id, lambda record: replace(record, from_number=TEST_CALLER))
    assert here.deliver(ENDED) == []
    assert here.done == []
    assert here.store.spent_on(RECORD.agent, started_on(RECORD)) == 0


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
