"""`call.json`: what a call was, for programs. A contract: names may be added, never renamed or taken away.

Times inside the call (`startedMs`, `endedMs`) are ms from `zero_ms`, the answer: the first sample of `call.wav`.
`startedAt` is that same moment (for a call nobody answered: when it was made).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from calls.call_cost import to_plain, turn_usd
from calls.conversation import Conversation, Role, Turn
from calls.cost import Cost
from calls.dynamo_items import expires_at_s, party_of
from calls.errors import Failure
from calls.latency import Waterfall
from calls.record import CallRecord, ModeUse

NOTHING = "0.000000"


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One line of Twilio's debugger about this call."""

    code: int
    level: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LineEnd:
    """What the line alone knows: `keys`, as (key, ms since answer), and who hung up: caller, application or limit."""

    keys: tuple[tuple[str, int], ...]
    hung_up_by: str


def call_file(
    record: CallRecord,
    conversation: Conversation,
    zero_ms: int,
    *,
    recording_ms: int | None = None,
    line: LineEnd | None = None,
    alerts: Iterable[AlertLine] = (),
    cost: Cost | None = None,
    outcome: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The call as JSON-ready values. `zero_ms` is the epoch ms of the answer, `recording_ms` the length of call.wav.

    With `line` there are `keys`, each with the time it was pressed, and `hungUpBy`.
    With a cost there are `cost` (`calls.call_cost.to_plain`) and each turn's `costUsd`: null where a part of it has no
    price, "0.000000" where nothing was used for it. `outcome` is what the after-call function kept
    (`calls.outcome.to_plain`), once it has; its evidence names turns by their `id`. Phone numbers are left out on
    purpose, but for what the outcome says: the file is made to be shown around.
    """
    told = {**({"cost": to_plain(cost)} if cost else {}), **({"outcome": dict(outcome)} if outcome else {})}
    by_turn = turn_usd(cost) if cost else None
    return {
        "callId": record.call_id,
        "twilioSid": record.twilio_sid,
        "direction": record.direction.value,
        **({"party": party_of(record.other_number)} if record.other_number else {}),
        "agent": record.agent,
        "mode": record.mode.value if record.mode else None,
        "modes": [_rung(use, zero_ms) for use in record.modes],
        "status": record.status.value,
        "endReason": record.end_reason.value if record.end_reason else None,
        "startedAt": iso_utc(record.created_at_ms if record.answered_at_ms is None else zero_ms),
        "endedAt": iso_utc(record.ended_at_ms) if record.ended_at_ms is not None else None,
        **({} if (end_s := expires_at_s(record)) is None else {"keepUntil": iso_utc(end_s * 1000)}),
        "recordingMs": recording_ms,
        **({} if line is None else _line(line)),
        "turns": [_turn(turn, zero_ms, by_turn) for turn in conversation.turns],
        "failures": [_failure(failure) for failure in record.failures],
        "alerts": [{"code": a.code, "level": a.level, "sentence": a.sentence} for a in alerts],
        **told,
    }


def origin_of(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a replay of the call of this `call.json` carries on: which call's words and voice it has, with whom that
    was, and until when they may be kept. Of a replay's replay it is still the first call."""
    ids = call.get("replayOf") or {name: call[name] for name in ("callId", "party") if name in call}
    return {**ids, **({"keepUntil": call["keepUntil"]} if call.get("keepUntil") else {})}


def replayed(call: Mapping[str, Any], origin: Mapping[str, Any]) -> dict[str, Any]:
    """A replay's `call.json`: `replayOf` is its `origin_of` (empty where the recording did not tell), and it is kept no
    longer than the call that it was."""
    ends = [until for until in (call.get("keepUntil"), origin.get("keepUntil")) if until]
    return {**call, "replayOf": dict(origin), **({"keepUntil": min(ends)} if ends else {})}


def conversation_of(call: Mapping[str, Any]) -> Conversation:
    """The turns of a `call.json`, their times in ms since answer."""
    return Conversation(
        tuple(
            Turn(
                id=turn.get("id", str(number)),
                role=Role(turn["role"]),
                said=turn["said"],
                heard=turn["heard"],
                cut=turn["cut"],
                started_at_ms=turn["startedMs"],
                ended_at_ms=turn["endedMs"],
                mode=turn["mode"],
                latency=Waterfall(**turn["latencyMs"]),
            )
            for number, turn in enumerate(call["turns"], 1)
        )
    )


def zero_of(record: CallRecord) -> int:
    """The answer as the record knows it, for a call whose line clock nobody has: epoch ms."""
    return record.answered_at_ms if record.answered_at_ms is not None else record.created_at_ms


def iso_utc(epoch_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds: "2026-11-22T16:14:22.042Z"."""
    moment = datetime.fromtimestamp(epoch_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def _rung(use: ModeUse, zero_ms: int) -> dict[str, Any]:
    return {
        "mode": use.mode.value,
        "startedMs": _since(use.started_at_ms, zero_ms),
        "endedMs": None if use.left_at_ms is None else _since(use.left_at_ms, zero_ms),
        "whyLeft": use.why_left,
    }


def _turn(turn: Turn, zero_ms: int, by_turn: Mapping[str, str | None] | None) -> dict[str, Any]:
    return {
        "id": turn.id,
        "role": turn.role.value,
        "said": turn.said,
        "heard": turn.heard,
        "cut": turn.cut,
        "startedMs": _since(turn.started_at_ms, zero_ms),
        "endedMs": _since(turn.ended_at_ms, zero_ms),
        "mode": turn.mode,
        "latencyMs": _latency(turn.latency),
        **({} if by_turn is None else {"costUsd": by_turn.get(turn.id, NOTHING)}),
    }


def _line(line: LineEnd) -> dict[str, Any]:
    return {"keys": [{"key": key, "atMs": at_ms} for key, at_ms in line.keys], "hungUpBy": line.hung_up_by}


def _latency(waterfall: Waterfall) -> dict[str, int | None]:
    """`clause` is there only where it was measured."""
    return {
        "total": waterfall.total,
        "endpointing": waterfall.endpointing,
        "model": waterfall.model,
        **({} if waterfall.clause is None else {"clause": waterfall.clause}),
        "speech": waterfall.speech,
        "queue": waterfall.queue,
        "playout": waterfall.playout,
        "ours": waterfall.ours,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "code": failure.code,
        "blame": failure.blame.value,
        "sentence": failure.sentence,
        "retryable": failure.retryable,
    }


def _since(epoch_ms: int, zero_ms: int) -> int:
    """Never before the answer: a rung is chosen while the phone still rings."""
    return max(0, epoch_ms - zero_ms)
