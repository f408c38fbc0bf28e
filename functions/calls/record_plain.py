"""The call record as it is stored: JSON-ready, and back. Pure."""

from collections.abc import Mapping
from typing import Any

from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status, StreamUse


def to_plain(record: CallRecord) -> dict[str, Any]:
    """JSON-ready and stable: what is stored, and what `from_plain` reads back to an equal record."""
    return {
        "callId": record.call_id,
        "twilioSid": record.twilio_sid,
        "direction": record.direction.value,
        "agent": record.agent,
        "from": record.from_number,
        "to": record.to_number,
        "createdAtMs": record.created_at_ms,
        "status": record.status.value,
        "modes": [
            {"mode": u.mode.value, "startedAtMs": u.started_at_ms, "leftAtMs": u.left_at_ms, "whyLeft": u.why_left}
            for u in record.modes
        ],
        "answeredAtMs": record.answered_at_ms,
        "endedAtMs": record.ended_at_ms,
        "endReason": record.end_reason.value if record.end_reason else None,
        "nextStep": _plain_step(record.next_step),
        "streamsServed": record.streams_served,
        "streams": [
            {
                "number": s.number,
                "mode": s.mode.value,
                "servedAtMs": s.served_at_ms,
                "openedAtMs": s.opened_at_ms,
                "arrivedAtMs": s.arrived_at_ms,
                "givenUpAtMs": s.given_up_at_ms,
                "endedAtMs": s.ended_at_ms,
                "code": s.code,
            }
            for s in record.streams
        ],
        "emptyGathers": record.empty_gathers,
        "failures": [
            {"code": f.code, "blame": f.blame.value, "sentence": f.sentence, "retryable": f.retryable}
            for f in record.failures
        ],
        "keepDays": record.keep_days,
        "redact": list(record.redact),
        "sayVoice": record.say_voice,
        "version": record.version,
    }


def from_plain(plain: Mapping[str, Any]) -> CallRecord:
    """The inverse of `to_plain`; numbers may be ints or whole Decimals (as DynamoDB gives them back). Records written
    before streams were kept one by one have none, those before calls had privacy are kept as they were said, and
    those before `say_voice` have none."""
    return CallRecord(
        call_id=plain["callId"],
        direction=Direction(plain["direction"]),
        agent=plain["agent"],
        from_number=plain["from"],
        to_number=plain["to"],
        created_at_ms=int(plain["createdAtMs"]),
        twilio_sid=plain["twilioSid"],
        status=Status(plain["status"]),
        modes=tuple(
            ModeUse(Mode(u["mode"]), int(u["startedAtMs"]), _int_or_none(u["leftAtMs"]), u["whyLeft"])
            for u in plain["modes"]
        ),
        answered_at_ms=_int_or_none(plain["answeredAtMs"]),
        ended_at_ms=_int_or_none(plain["endedAtMs"]),
        end_reason=EndReason(plain["endReason"]) if plain["endReason"] else None,
        next_step=_step(plain["nextStep"]),
        streams_served=int(plain["streamsServed"]),
        streams=tuple(_stream(one) for one in plain.get("streams", ())),
        empty_gathers=int(plain["emptyGathers"]),
        failures=tuple(
            Failure(f["code"], Blame(f["blame"]), f["sentence"], bool(f["retryable"])) for f in plain["failures"]
        ),
        keep_days=_int_or_none(plain.get("keepDays")),
        redact=tuple(plain.get("redact", ())),
        say_voice=plain.get("sayVoice", ""),
        version=int(plain["version"]),
    )


def _plain_step(step: NextStep | None) -> dict[str, Any] | None:
    if step is None:
        return None
    mode = step.mode.value if step.mode else None
    return {"do": step.do.value, "number": step.number, "why": step.why, "mode": mode}


def _step(plain: Mapping[str, Any] | None) -> NextStep | None:
    if plain is None:
        return None
    mode = plain.get("mode")
    return NextStep(Do(plain["do"]), plain["number"], plain["why"], Mode(mode) if mode else None)


def _stream(plain: Mapping[str, Any]) -> StreamUse:
    return StreamUse(
        number=int(plain["number"]),
        mode=Mode(plain["mode"]),
        served_at_ms=int(plain["servedAtMs"]),
        opened_at_ms=_int_or_none(plain["openedAtMs"]),
        arrived_at_ms=_int_or_none(plain["arrivedAtMs"]),
        given_up_at_ms=_int_or_none(plain["givenUpAtMs"]),
        ended_at_ms=_int_or_none(plain["endedAtMs"]),
        code=plain["code"],
    )


def _int_or_none(value: Any) -> int | None:
    return None if value is None else int(value)
