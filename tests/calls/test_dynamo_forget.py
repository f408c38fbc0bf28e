"""What is kept of a call: for how long, and how it is deleted before that."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from calls.conversation import Role, Turn
from calls.dynamo import DynamoCallStore, create_table
from calls.dynamo_forget import CallForgetter
from calls.dynamo_terms import NONE, REMEMBERED, Terms, TermsOfCalls
from calls.errors import StoreUnavailable
from calls.record import CallRecord, Direction
from calls.usage import Kind, Unit, Usage
from offhook.stack.ministack import local_client
from offhook.stack.processes import free_port

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CALLER, TEAM = "+14155550123", "+14155550100"
NOW_MS = time.time_ns() // 1_000_000
CALL = CallRecord("01A", Direction.INBOUND, "default", CALLER, TEAM, NOW_MS, "CA1", keep_days=2)
TURN = Turn("t1", Role.CALLER, "Hello.", "Hello.", False, 1, 2, "pipeline")
USED = Usage("u1", "openai", "gpt-6-luna", Kind.MODEL, {Unit.TEXT_IN: 5})


class Table:
    def __init__(self, client: "DynamoDBClient") -> None:
        self.client = client
        self.name = f"calls-{uuid.uuid4().hex}"
        create_table(client, self.name)
        self.store = self.opened()
        self.forgetter = CallForgetter(client, self.name)

    def opened(self) -> DynamoCallStore:
        """A store that has not met any call."""
        return DynamoCallStore(self.client, self.name, lambda: NOW_MS)

    def items(self) -> dict[str, Mapping[str, Any]]:
        return {f"{item['pk']['S']} {item['sk']['S']}": item for item in self.client.scan(TableName=self.name)["Items"]}


@pytest.fixture
def table(dynamo_client: "DynamoDBClient") -> Table:
    return Table(dynamo_client)


def fill(store: DynamoCallStore, call_id: str) -> None:
    store.append_turn(call_id, TURN)
    store.append_usage(call_id, USED)
    store.answered_before(call_id, "voice", "<Response/>")
    store.keep_once(call_id, "outcome", "{}")


def test_every_item_of_a_call_ends_with_it_whoever_appends_it(table: Table) -> None:
    table.store.create(replace(CALL, twilio_sid=""))
    table.store.attach_sid("01A", "CA1")
    table.store.change("01A", lambda record: replace(record, streams_served=1))
    fill(table.opened(), "01A")
    table.opened().append_turn("01A", replace(TURN, id="late"))
    ends = {key: int(item["expiresAt"]["N"]) for key, item in table.items().items()}
    two_days_s = NOW_MS // 1000 + 2 * 86_400
    assert ends == dict.fromkeys(
        (
            "CALL#01A META",
            "CALL#01A TURN#t1",
            "CALL#01A TURN#late",
            "CALL#01A USAGE#u1",
            "CALL#01A STEP#voice",
            "CALL#01A KEPT#outcome",
            "SID#CA1 CALL",
        ),
        two_days_s,
    )


def test_an_item_that_ends_sooner_by_itself_still_does(table: Table) -> None:
    table.store.create(replace(CALL, keep_days=30))
    fill(table.store, "01A")
    items = table.items()
    assert int(items["CALL#01A STEP#voice"]["expiresAt"]["N"]) == NOW_MS // 1000 + 48 * 3_600
    assert int(items["CALL#01A TURN#t1"]["expiresAt"]["N"]) == NOW_MS // 1000 + 30 * 86_400


def test_a_call_that_is_kept_for_ever_has_no_end_but_its_steps(table: Table) -> None:
    table.store.create(replace(CALL, keep_days=None))
    fill(table.store, "01A")
    assert [key for key, item in table.items().items() if "expiresAt" in item] == ["CALL#01A STEP#voice"]


def test_what_is_private_is_in_no_turn_whoever_writes_it(table: Table) -> None:
    table.store.create(replace(CALL, redact=("phone",)))
    table.opened().append_turn("01A", replace(TURN, said="It is 415 555 0123.", heard="It is 415 555 0123."))
    (turn,) = table.store.conversation("01A").turns
    assert (turn.said, turn.heard) == ("It is [phone].", "It is [phone].")


def test_the_calls_of_a_number_are_found_by_it_alone(table: Table) -> None:
    placed = replace(CALL, call_id="01B", twilio_sid="CA2", direction=Direction.OUTBOUND)
    table.store.create(CALL)
    table.store.create(replace(placed, from_number=TEAM, to_number=CALLER))
    table.store.create(replace(CALL, call_id="01C", twilio_sid="CA3", from_number="+14155550124"))
    assert table.forgetter.calls_of(CALLER) == ("01A", "01B")
    assert table.forgetter.calls_of(TEAM) == ()


def test_a_call_is_forgotten_whole_and_no_other(table: Table) -> None:
    for call in (CALL, replace(CALL, call_id="01B", twilio_sid="CA2")):
        table.store.create(call)
        fill(table.store, call.call_id)
    for number in range(30):
        table.store.append_turn("01A", replace(TURN, id=f"more-{number}"))
    assert table.forgetter.held("01A") == {
        "record": 1,
        "turns": 31,
        "usage": 1,
        "webhook answers": 1,
        "kept texts": 1,
    }
    table.forgetter.forget("01A", "CA1")
    left = table.items()
    assert not [key for key in left if "01A" in key or "CA1" in key]
    assert len(left) == 6
    assert table.forgetter.calls_of(CALLER) == ("01B",)
    table.forgetter.forget("01A", "CA1")


def test_a_table_that_cannot_be_reached_is_said() -> None:
    nowhere = CallForgetter(local_client(f"http://127.0.0.1:{free_port()}"), "calls")
    with pytest.raises(StoreUnavailable):
        nowhere.calls_of(CALLER)


def test_a_call_is_looked_up_once() -> None:
    asked: list[str] = []

    def read(call_id: str) -> CallRecord | None:
        asked.append(call_id)
        return CALL if call_id == "01A" else None

    calls = TermsOfCalls(read)
    agreed = Terms((), NOW_MS // 1000 + 2 * 86_400)
    assert [calls.of("01A"), calls.of("01A"), calls.of("01X")] == [agreed, agreed, NONE]
    for number in range(REMEMBERED):
        calls.note(replace(CALL, call_id=str(number)))
    assert calls.of("01A") == agreed
    assert asked == ["01A", "01X", "01A"]
