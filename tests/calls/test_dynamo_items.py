import json
from dataclasses import fields, replace
from decimal import Decimal

import pytest

from calls.conversation import Role, Turn
from calls.dynamo_items import (
    call_before,
    call_key,
    claim_item,
    claim_key,
    cursor_after,
    in_order,
    newest_key,
    pointer_item,
    record_item,
    record_of,
    sid_key,
    step_item,
    step_key,
    turn_item,
    turn_key,
    turn_of,
    usage_in_order,
    usage_item,
    usage_of,
)
from calls.errors import RequestRefused
from calls.latency import Waterfall
from calls.record import CallRecord, Direction
from calls.usage import Kind, Unit, Usage

RECORD = CallRecord("01A", Direction.INBOUND, "default", "+14155550100", "+14155550123", 1_000, "CA1", version=3)
WATERFALL = Waterfall(total=900, endpointing=300, model=160, clause=40, speech=150, queue=50, playout=190, ours=10)
TURN = Turn("t1", Role.AGENT, "We are open.", "We are", True, 2_000, 2_900, "pipeline", WATERFALL)


def test_the_keys() -> None:
    assert call_key("01A") == {"pk": "CALL#01A", "sk": "META"}
    assert sid_key("CA1") == {"pk": "SID#CA1", "sk": "CALL"}
    assert step_key("01A", "turn-1") == {"pk": "CALL#01A", "sk": "STEP#turn-1"}
    assert turn_key("01A", "t1") == {"pk": "CALL#01A", "sk": "TURN#t1"}
    assert newest_key("01A") == {"pk": "CALL#01A", "sk": "META", "listing": "calls", "callId": "01A"}


def test_an_idempotency_key_is_kept_as_a_digest() -> None:
    assert claim_key("k") == {
        "pk": "IDEM#8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a",
        "sk": "CLAIM",
    }


@pytest.mark.parametrize("name", ["x" * 201, "é" * 101, "\ud800"])
def test_a_name_that_cannot_be_a_key_is_kept_as_a_digest(name: str) -> None:
    part = turn_key("01A", name)["sk"].removeprefix("TURN#")
    assert part.startswith("sha256-")
    assert len(part) == 71
    assert part != turn_key("01A", name + "x")["sk"].removeprefix("TURN#")


def test_a_name_of_two_hundred_bytes_is_a_key() -> None:
    assert turn_key("01A", "é" * 100)["sk"] == "TURN#" + "é" * 100


def test_a_record_item_has_what_conditions_and_the_index_need_beside_the_record() -> None:
    item = record_item(RECORD)
    assert (item["pk"], item["sk"], item["listing"], item["callId"], item["version"]) == (
        "CALL#01A",
        "META",
        "calls",
        "01A",
        3,
    )
    assert record_of(item) == RECORD


def test_a_pointer_names_its_call() -> None:
    assert pointer_item("CA1", "01A") == {"pk": "SID#CA1", "sk": "CALL", "callId": "01A"}


def test_claims_and_steps_expire_in_epoch_seconds() -> None:
    assert claim_item("k", "body", "01A", 5_999)["expiresAt"] == 5 + 86_400
    assert step_item("01A", "voice", "<Response/>", 5_999) == {
        "pk": "CALL#01A",
        "sk": "STEP#voice",
        "answer": "<Response/>",
        "expiresAt": 5 + 172_800,
    }


def test_a_turn_comes_back_with_its_waterfall() -> None:
    assert turn_of(json.loads(json.dumps(turn_item("01A", TURN)), parse_int=Decimal)) == TURN


def test_a_turn_comes_back_without_a_waterfall() -> None:
    unmeasured = replace(TURN, latency=Waterfall())
    assert turn_of(turn_item("01A", unmeasured)) == unmeasured


def test_a_turn_of_another_version_is_readable() -> None:
    """Before there was a stage `clause`, and after there is one that is not known yet."""
    item = turn_item("01A", TURN)
    stages = item["turn"]["latencyMs"]
    del stages["clause"]
    stages["of-later"] = 7
    assert turn_of(item) == replace(TURN, latency=replace(WATERFALL, clause=None))


def test_a_usage_comes_back_and_stands_beside_the_turns() -> None:
    usage = Usage("s-m1-1", "openai", "gpt-6-luna", Kind.MODEL, {Unit.TEXT_IN: 5}, "s-r1", 2_000, is_estimated=True)
    item = usage_item("01A", usage)
    assert (item["pk"], item["sk"]) == ("CALL#01A", "USAGE#s-m1-1")
    assert usage_of(json.loads(json.dumps(item), parse_int=Decimal)) == usage


def test_usage_is_put_in_order_by_time_then_by_id() -> None:
    early, late = (Usage(name, "v", "m", Kind.MODEL, {}, at_ms=at_ms) for name, at_ms in (("z", 1), ("b", 2)))
    twin = replace(late, id="a")
    assert usage_in_order([late, twin, early]) == (early, twin, late)


def test_the_turn_above_leaves_no_stage_out() -> None:
    assert [f.name for f in fields(Waterfall) if getattr(WATERFALL, f.name) is None] == []


def test_turns_are_put_in_order_by_start_then_end_then_id() -> None:
    first = replace(TURN, id="z", started_at_ms=1_000)
    shorter = replace(TURN, id="y", ended_at_ms=2_100)
    other = replace(TURN, id="t2")
    assert in_order([other, TURN, shorter, first]).turns == (first, shorter, TURN, other)


def test_a_cursor_comes_back() -> None:
    assert call_before(cursor_after("01JD8Z0000000000000000000A")) == "01JD8Z0000000000000000000A"


def test_a_cursor_needs_no_escaping_in_a_url() -> None:
    assert set("".join(cursor_after(f"call {number}") for number in range(50))) & set("+/&?#% ") == set()


@pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "AAAAAAAA", "A" * 8000, cursor_after("01A")[:-4] + "AAAA"])
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        call_before(cursor)
    assert refused.value.failure.code == "cursor-invalid"
