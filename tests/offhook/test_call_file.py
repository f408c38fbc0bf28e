from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from calls.call_cost import call_cost
from calls.conversation import Conversation
from calls.latency import Waterfall
from calls.outcome import Field, Outcome, Support, to_plain
from calls.outcome import Kind as Kind_
from calls.rate_card import standard
from calls.record import CallRecord, Direction
from calls.usage import Kind, Unit, Usage
from offhook.call_file import AlertLine, LineEnd, call_file, conversation_of, iso_utc, zero_of
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, RECORD


class Strict(BaseModel):
    """The contract, written down a second time and from its text: every name is there, none is new."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class Rung(Strict):
    mode: Literal["realtime", "pipeline", "traditional"]
    started_ms: int
    ended_ms: int | None
    why_left: str


class Latency(Strict):
    total: int | None
    endpointing: int | None
    model: int | None
    clause: int | None = None
    speech: int | None
    queue: int | None
    playout: int | None
    ours: int | None


class TurnEntry(Strict):
    id: str
    role: Literal["caller", "agent"]
    said: str
    heard: str
    cut: bool
    started_ms: int
    ended_ms: int
    latency_ms: Latency
    mode: str
    cost_usd: str | None = None


class FailureEntry(Strict):
    code: str
    blame: str
    sentence: str
    retryable: bool


class AlertEntry(Strict):
    code: int
    level: str
    sentence: str


class Rate(Strict):
    valid_from: str
    checked_on: str
    source: str
    evidence: str


class CostPart(Strict):
    kind: str
    vendor: str
    model: str
    amounts: dict[str, int]
    usd: str | None
    is_estimated: bool
    is_stale: bool
    unpriced: str
    rate: Rate | None


class Bill(Strict):
    vendor: str
    theirs_usd: str
    ours_usd: str | None
    difference_usd: str | None


class CostEntry(Strict):
    usd: str
    is_whole: bool
    is_estimated: bool
    cached_share: float | None
    parts: list[CostPart]
    warnings: list[str]
    bills: list[Bill]


class FieldEntry(Strict):
    value: str | int | float | bool | None
    evidence: list[str]
    support: str


class OutcomeEntry(Strict):
    kind: str
    model: str
    summary: str
    fields: dict[str, FieldEntry]
    turns: list[str]
    why: str
    made_at_ms: int


class CallFile(Strict):
    call_id: str
    twilio_sid: str
    direction: Literal["inbound", "outbound"]
    party: str
    agent: str
    mode: str | None
    modes: list[Rung]
    status: str
    end_reason: str | None
    started_at: str
    ended_at: str | None
    turns: list[TurnEntry]
    recording_ms: int | None
    failures: list[FailureEntry]
    alerts: list[AlertEntry]
    cost: CostEntry | None = None
    outcome: OutcomeEntry | None = None


def test_the_file_has_every_name_of_the_contract_and_no_other() -> None:
    written = call_file(
        RECORD, CONVERSATION, ANSWERED_MS, recording_ms=12_000, alerts=[AlertLine(31921, "warning", "x")]
    )
    read = CallFile.model_validate(written)
    assert read.model_dump(by_alias=True, exclude_unset=True) == written


def test_with_its_cost_the_file_tells_the_calls_parts_and_each_turns_share() -> None:
    used = [
        Usage("u1", "elevenlabs", "eleven_flash_v2_5", Kind.SPEECH, {Unit.CHARACTERS: 100}, "t2", ANSWERED_MS),
        Usage("u2", "openai", "gpt-0", Kind.MODEL, {Unit.TEXT_IN: 100}, "t0", ANSWERED_MS),
        Usage("twilio-price", "twilio", "call", Kind.TELEPHONY, {Unit.BILLED_MICRO_USD: 14_000}, "", ANSWERED_MS),
    ]
    cost = call_cost(RECORD, CONVERSATION, used, standard(), ANSWERED_MS)
    written = call_file(RECORD, CONVERSATION, ANSWERED_MS, cost=cost)
    read = CallFile.model_validate(written)
    assert read.model_dump(by_alias=True, exclude_unset=True) == written
    assert [turn["costUsd"] for turn in written["turns"]] == [None, "0.000000", "0.004000", "0.000000"]
    assert [(part["kind"], part["usd"]) for part in written["cost"]["parts"]] == [
        ("telephony", "0.014000"),
        ("media-stream", "0.004400"),
        ("speech", "0.004000"),
        ("model", None),
    ]


def test_with_its_outcome_the_file_tells_each_field_and_the_turns_that_say_it() -> None:
    found = Field("caller_name", "Ann", ("t1",), Support.FOUND)
    outcome = to_plain(Outcome(Kind_.MODEL, "Ann called.", (found, Field("day")), ("t0", "t1"), "gpt-6-luna"))
    written = call_file(RECORD, CONVERSATION, ANSWERED_MS, outcome=outcome)
    read = CallFile.model_validate(written)
    assert read.model_dump(by_alias=True, exclude_unset=True) == written
    assert read.outcome is not None
    assert set(read.outcome.fields["caller_name"].evidence) <= {turn.id for turn in read.turns}


def test_times_count_from_the_answer() -> None:
    written = call_file(RECORD, CONVERSATION, ANSWERED_MS)
    assert [(t["startedMs"], t["endedMs"]) for t in written["turns"]] == [
        (100, 900),
        (1100, 1600),
        (2400, 3400),
        (3200, 3900),
    ]
    assert written["startedAt"] == "2026-11-18T11:06:40.250Z"
    assert written["endedAt"] == "2026-11-18T11:06:52.250Z"


def test_a_rung_chosen_while_the_phone_rang_starts_at_zero() -> None:
    written = call_file(RECORD, CONVERSATION, ANSWERED_MS)
    assert written["mode"] == "traditional"
    assert written["modes"] == [
        {"mode": "pipeline", "startedMs": 0, "endedMs": 9000, "whyLeft": "the stream broke off"},
        {"mode": "traditional", "startedMs": 9000, "endedMs": 12_000, "whyLeft": "the call ended"},
    ]


def test_the_cut_answer_keeps_what_was_said_and_what_was_heard() -> None:
    answer = call_file(RECORD, CONVERSATION, ANSWERED_MS)["turns"][2]
    assert (answer["said"], answer["heard"], answer["cut"]) == ("We open at nine.", "We open", True)
    assert answer["latencyMs"] == {
        "total": 800,
        "endpointing": 540,
        "model": 5,
        "speech": 190,
        "queue": 15,
        "playout": 40,
        "ours": 30,
    }


def test_the_first_clause_is_told_where_it_was_measured() -> None:
    answer = replace(CONVERSATION.turns[2], latency=Waterfall(total=800, model=5, clause=60, speech=130))
    written = CallFile.model_validate(call_file(RECORD, Conversation((answer,)), ANSWERED_MS))
    assert written.turns[0].latency_ms.clause == 60
    assert conversation_of(call_file(RECORD, Conversation((answer,)), ANSWERED_MS)).turns[0].latency == answer.latency


def test_no_phone_number_gets_into_the_file() -> None:
    assert "+1555" not in str(call_file(RECORD, CONVERSATION, ANSWERED_MS))


def test_a_call_that_nobody_answered_is_a_file_too() -> None:
    record = CallRecord("id", Direction.OUTBOUND, "default", "+15551230100", "+15551230101", created_at_ms=1000)
    written = CallFile.model_validate(call_file(record, Conversation(), zero_of(record)))
    assert (written.mode, written.modes, written.turns, written.ended_at) == (None, [], [], None)
    assert written.started_at == "1970-01-01T00:00:01.000Z"


def test_milliseconds_keep_their_leading_zeros() -> None:
    assert iso_utc(1_007) == "1970-01-01T00:00:01.007Z"


def test_the_turns_of_a_file_can_be_read_again() -> None:
    read = conversation_of(call_file(RECORD, CONVERSATION, ANSWERED_MS))
    assert call_file(RECORD, read, 0)["turns"] == call_file(RECORD, CONVERSATION, ANSWERED_MS)["turns"]
    assert [turn.started_at_ms for turn in read.turns] == [100, 1100, 2400, 3200]


def test_what_the_line_alone_knows_is_there_where_it_is_known() -> None:
    line = LineEnd((("1", 900), ("#", 1100)), "caller")
    values = call_file(RECORD, CONVERSATION, ANSWERED_MS, line=line)
    assert values["keys"] == [{"key": "1", "atMs": 900}, {"key": "#", "atMs": 1100}]
    assert values["hungUpBy"] == "caller"
    assert "keys" not in call_file(RECORD, CONVERSATION, ANSWERED_MS)
