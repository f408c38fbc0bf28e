import threading
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from calls.agent import Agent
from calls.errors import CallExists
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, Status
from calls.stream_token import verify
from handlers import voice
from handlers.webhook import APOLOGY
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore
from tests.handlers.desk import (
    BEGAN_MS,
    OTHER_SID,
    REPLAYS,
    SETTINGS,
    SID,
    STREAM_SECRET,
    Answer,
    House,
    outbound_record,
)

RINGING = {"From": "+14155550123", "To": "+14155550100", "CallStatus": "ringing", "Direction": "inbound"}
TURN_BY_TURN: dict[str, Agent] = {"default": replace(AGENT, modes=(Mode.TRADITIONAL,))}


def parameters(answer: Answer) -> dict[str, str]:
    document = ElementTree.fromstring(answer.body)
    return {p.attrib["name"]: p.attrib["value"] for p in document.iter("Parameter")}


def test_an_unknown_sid_makes_a_record_and_is_connected() -> None:
    house = House()
    answer = house.post(voice, "/twilio/voice", RINGING)
    record = house.only_record()
    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert '<Stream url="wss://stream.example.com/stream"' in answer.body
    assert (record.direction, record.twilio_sid, record.agent) == (Direction.INBOUND, SID, "default")
    assert (record.from_number, record.to_number) == ("+14155550123", "+14155550100")
    assert (record.status, record.mode, record.streams_served) == (Status.IN_PROGRESS, Mode.PIPELINE, 1)


def test_the_token_opens_this_stream_for_a_minute() -> None:
    house = House()
    sent = parameters(house.post(voice, "/twilio/voice", RINGING))
    record = house.only_record()
    assert sent["callId"] == record.call_id
    grant = verify(STREAM_SECRET, sent["token"], record.call_id, SID, BEGAN_MS / 1000 + 59)
    assert (grant.agent, grant.mode, grant.nonce) == ("default", Mode.PIPELINE, "nonce")
    assert grant.expires_at_s == BEGAN_MS // 1000 + 60


def test_a_call_that_the_doctor_makes_up_is_one_in_its_record_and_in_its_token() -> None:
    house = House()
    sent = parameters(house.post(voice, "/twilio/voice", {**RINGING, "From": "offhook-doctor"}))
    record = house.only_record()
    assert record.is_test
    assert verify(STREAM_SECRET, sent["token"], record.call_id, SID, BEGAN_MS / 1000).is_test


@pytest.mark.parametrize("headers", REPLAYS)
def test_asking_again_makes_no_second_record_and_gets_the_same_answer(headers: dict[str, str]) -> None:
    house = House()
    first = house.post(voice, "/twilio/voice", RINGING, headers={"I-Twilio-Idempotency-Token": "t1"})
    stood = house.stands()
    assert house.post(voice, "/twilio/voice", RINGING, headers=headers) == first
    assert house.stands() == stood


def test_two_calls_are_two_records() -> None:
    house = House()
    house.post(voice, "/twilio/voice", RINGING)
    house.post(voice, "/twilio/voice", {**RINGING, "CallSid": OTHER_SID})
    assert sorted(r.twilio_sid for r in house.store.recent(10).records) == [SID, OTHER_SID]


class Racing(MemoryCallStore):
    """Another webhook of the same call wins just before `create`."""

    def create(self, record: CallRecord) -> None:
        super().create(replace(record, call_id="01JD9Z3N6B0000000000000001"))
        super().create(record)
        raise AssertionError("the second create must not be allowed")


def test_a_record_made_by_a_webhook_at_the_same_time_is_used() -> None:
    house = House(store=Racing())
    answer = house.post(voice, "/twilio/voice", RINGING)
    assert parameters(answer)["callId"] == "01JD9Z3N6B0000000000000001"
    with pytest.raises(CallExists):
        MemoryCallStore.create(house.store, house.only_record())


def test_traditional_mode_greets_and_writes_the_greeting_once() -> None:
    house = House(agents=TURN_BY_TURN)
    first = house.post(voice, "/twilio/voice", RINGING)
    again = house.post(voice, "/twilio/voice", RINGING)
    assert ">Hello, this is the desk.</Say></Gather>" in first.body
    assert 'action="https://calls.example.com/twilio/turn/1#rc=2&amp;' in first.body
    assert again == first
    assert house.said() == [("agent", "Hello, this is the desk.")]


def test_an_outbound_call_is_found_by_its_path_before_its_sid_is_known() -> None:
    house = House()
    record = outbound_record()
    house.store.create(record)
    answer = house.post(voice, f"/twilio/voice/{record.call_id}")
    assert parameters(answer)["callId"] == record.call_id
    found = house.store.by_sid(SID)
    assert found is not None
    assert (found.call_id, found.status) == (record.call_id, Status.IN_PROGRESS)


def test_an_outbound_call_that_has_its_sid_already() -> None:
    house = House()
    house.store.create(outbound_record(twilio_sid=SID, modes=(ModeUse(Mode.TRADITIONAL, BEGAN_MS),)))
    answer = house.post(voice, "/twilio/voice/01JD9Z3N6B0000000000000000")
    assert "<Gather" in answer.body
    assert house.post(voice, "/twilio/voice").status == 200
    assert house.only_record().twilio_sid == SID


@pytest.mark.parametrize(
    "record",
    [
        None,
        outbound_record(twilio_sid=OTHER_SID),
        replace(outbound_record(), direction=Direction.INBOUND),
    ],
)
def test_a_path_that_names_no_such_call(record: CallRecord | None) -> None:
    house = House()
    if record:
        house.store.create(record)
    answer = house.post(voice, "/twilio/voice/01JD9Z3N6B0000000000000000")
    assert answer.status == 404
    assert answer.body.startswith("The path names")
    assert house.store.by_sid(SID) is None
    if record:
        assert house.only_record() == record


def test_a_sid_of_another_call_is_not_taken_over() -> None:
    house = House()
    house.store.create(outbound_record())
    house.store.create(outbound_record("01JD9Z3N6B0000000000000001", twilio_sid=SID))
    assert house.post(voice, "/twilio/voice/01JD9Z3N6B0000000000000000").status == 404


def test_a_call_that_is_over_is_hung_up() -> None:
    house = House()
    house.store.create(outbound_record(twilio_sid=SID, status=Status.COMPLETED))
    assert "<Response><Hangup /></Response>" in house.post(voice, "/twilio/voice").body


@pytest.mark.parametrize(
    ("signed", "status"),
    [("", 403), ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", 403)],
)
def test_unsigned_webhooks_change_nothing(signed: str, status: int) -> None:
    house = House()
    assert house.post(voice, "/twilio/voice", RINGING, signed=signed).status == status
    assert house.store.recent(10).records == ()


def down(**parts: Any) -> House:
    house = House(**parts)
    house.store.down = True
    return house


def test_a_table_that_is_down_keeps_no_call_from_its_stream() -> None:
    house = down(watch_queue=Forbidden())
    answer = house.post(voice, "/twilio/voice", RINGING)
    sent = parameters(answer)
    grant = verify(STREAM_SECRET, sent["token"], sent["callId"], SID, BEGAN_MS / 1000 + 59)
    assert (grant.agent, grant.mode, grant.stream) == ("default", Mode.PIPELINE, 1)
    assert 'action="https://calls.example.com/twilio/resume/1#rc=2&amp;' in answer.body
    assert "resumed" not in sent


class Forbidden:
    """A watchdog that nobody may ask: it could remember nothing."""

    def watch(self, call_id: str, stream: int) -> None:
        raise AssertionError("watched without a record")


class Slow(MemoryCallStore):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()

    def by_sid(self, twilio_sid: str) -> CallRecord | None:
        self.answers.wait(20)
        return super().by_sid(twilio_sid)


def test_a_table_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "TABLE_WITHIN_S", 0.2)
    store = Slow()
    answer = House(store=store).post(voice, "/twilio/voice", RINGING)
    store.answers.set()
    assert parameters(answer)["token"]


def test_an_outbound_call_streams_without_its_record_where_there_is_one_agent_only() -> None:
    path = "/twilio/voice/01JD9Z3N6B0000000000000000"
    assert parameters(down().post(voice, path))["callId"] == "01JD9Z3N6B0000000000000000"
    two: dict[str, Agent] = {"default": AGENT, "other": replace(AGENT, name="other")}
    assert APOLOGY in down(agents=two).post(voice, path).body


def test_without_a_table_nothing_is_left_of_traditional_mode_but_an_apology() -> None:
    answer = down(agents=TURN_BY_TURN).post(voice, "/twilio/voice", RINGING)
    assert answer.status == 200
    assert f">{APOLOGY}</Say><Hangup />" in answer.body


def test_the_caller_is_put_through_to_a_person_where_there_is_one() -> None:
    house = down(agents=TURN_BY_TURN, settings=replace(SETTINGS, lifeline_number="+14155550177"))
    answer = house.post(voice, "/twilio/voice", RINGING)
    assert ">+14155550177</Dial>" in answer.body
    assert 'action="https://calls.example.com/twilio/lifeline/rung"' in answer.body


def test_an_agent_that_is_gone_is_apologised_for_and_kept_in_the_record() -> None:
    house = House()
    house.store.create(replace(outbound_record(twilio_sid=SID), agent="gone"))
    answer = house.post(voice, "/twilio/voice")
    assert (answer.status, APOLOGY in answer.body) == (200, True)
    assert house.only_record().end_reason is EndReason.FAILED


def test_an_odd_caller_is_kept_within_bounds() -> None:
    house = House()
    house.post(voice, "/twilio/voice", {**RINGING, "From": "sip:" + "x" * 500})
    assert len(house.only_record().from_number) == 64
