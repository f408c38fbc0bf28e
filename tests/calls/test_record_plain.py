import json
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status, StreamUse
from calls.record_plain import from_plain, to_plain

QUEUED = CallRecord("01A", Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 1_000)
FULL_WHY = "the caller asked for a person"

# Every field differs from its default, so that one that is not carried over shows.
FULL = CallRecord(
    call_id="01A",
    direction=Direction.INBOUND,
    agent="desk",
    from_number="+14155550100",
    to_number="+14155550123",
    created_at_ms=1_000,
    twilio_sid="CA1",
    status=Status.COMPLETED,
    modes=(ModeUse(Mode.PIPELINE, 3_000, 5_000, "the stream ended"), ModeUse(Mode.TRADITIONAL, 5_000)),
    answered_at_ms=3_000,
    ended_at_ms=9_000,
    end_reason=EndReason.CALLER_GOODBYE,
    next_step=NextStep(Do.DIAL, "+14155550199", FULL_WHY, Mode.PIPELINE),
    streams_served=2,
    streams=(
        StreamUse(1, Mode.REALTIME, 3_000, 3_100, 3_200, 3_300, 3_400, "mode-not-here"),
        StreamUse(2, Mode.PIPELINE, 3_500),
    ),
    empty_gathers=1,
    failures=(Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed its socket.", True),),
    keep_days=30,
    redact=("card",),
    say_voice="Polly.Joanna",
    version=7,
)


def as_decimals(plain: Any) -> Any:
    """What DynamoDB gives back: every number a Decimal."""
    return json.loads(json.dumps(plain), parse_int=Decimal)


def test_the_full_record_leaves_no_field_at_its_default() -> None:
    assert [f.name for f in fields(CallRecord) if getattr(FULL, f.name) == f.default] == []


def test_a_record_from_before_there_was_privacy_is_kept() -> None:
    plain = to_plain(FULL)
    del plain["keepDays"], plain["redact"], plain["sayVoice"]
    assert from_plain(plain) == replace(FULL, keep_days=None, redact=(), say_voice="")


def test_a_record_comes_back_from_its_plain_form() -> None:
    assert from_plain(to_plain(FULL)) == FULL
    assert from_plain(to_plain(QUEUED)) == QUEUED


def test_a_record_comes_back_from_json_with_decimals() -> None:
    restored = from_plain(as_decimals(to_plain(FULL)))
    assert restored == FULL
    assert [type(restored.version), type(restored.created_at_ms), type(restored.modes[0].left_at_ms)] == [int, int, int]


def test_a_record_from_before_streams_were_kept_has_none() -> None:
    plain = to_plain(FULL)
    del plain["streams"]
    del plain["nextStep"]["mode"]
    assert from_plain(plain) == replace(FULL, streams=(), next_step=NextStep(Do.DIAL, "+14155550199", FULL_WHY))
