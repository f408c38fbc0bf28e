"""What is made of a call once it is over, and what is told of it: the messages of the after-call queue, the body of the
webhook, the event. Pure.

    table's stream          queue                          after-call function
        |- final ------------>| SETTLE (10 s)                  |
        |                     |-- outcome -------------------->| outcome  kept once, from what was heard
        |                     |                                | metrics  told, marked as told
        |                     |                                | webhook  sent, marked as sent
        |                     |                                | event    put, marked as put
        |                     |                                | trace    told, marked as told
        |                     |<-------------- price, 5 min ---|
        |                     |-- price ---------------------->| Twilio's own price, kept once; or again, 15 min later
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from calls.conversation import Conversation
from calls.errors import OffhookError
from calls.outcome import Outcome
from calls.outcome import to_plain as outcome_to_plain
from calls.percentiles import STAGES, answered, by
from calls.record import FINAL, CallRecord

OUTCOME, WEBHOOK, EVENT, PRICE_ASKED = "outcome", "webhook-sent", "event-put", "price-asked"
MEASURED = "metrics-told"
TRACED = "trace-told"
"""The names under which a call keeps these (`CallStore.keep_once`)."""

TYPE = "call.ended"
SOURCE = "offhook"
PRICE_LOOKS_S = (300, 900, 900, 900)
"""Twilio's price is there some minutes after a call; after 50 minutes it is not waited for any longer."""

MODEL_TRIES = 3
"""How often a model that fails is asked, over as many deliveries, before an extract takes its place."""

_FINAL_WORDS = frozenset(status.value for status in FINAL)


class MessageUnknown(OffhookError):
    """A message in the after-call queue is not ours."""

    default_code = "after-call-malformed"


@dataclass(frozen=True, slots=True)
class Message:
    """`look` 0 is the call's outcome, 1 and up the looks for Twilio's price."""

    call_id: str
    look: int = 0


def written(message: Message) -> str:
    return json.dumps({"callId": message.call_id, "look": message.look})


def read(body: str) -> Message:
    """The inverse of `written`. MessageUnknown."""
    try:
        fields = json.loads(body)
        return Message(str(fields["callId"]), int(fields["look"]))
    except (ValueError, TypeError, KeyError) as error:
        raise MessageUnknown("A message in the after-call queue is not ours.") from error


def ended_call(image: Mapping[str, Any]) -> str | None:
    """The callId where a stream's new image (in DynamoDB's own notation) is the record of a call in a final state."""
    if image.get("sk", {}).get("S") != "META":
        return None
    status = image.get("record", {}).get("M", {}).get("status", {}).get("S")
    return str(image["callId"]["S"]) if status in _FINAL_WORDS and "callId" in image else None


def webhook_id(call_id: str) -> str:
    """The same however often it is sent: a receiver knows by it what it has had already."""
    return f"{call_id}.{TYPE}"


def latency(record: CallRecord, conversation: Conversation) -> dict[str, Any]:
    """The percentiles of each stage that was measured, by mode, in ms: {"pipeline": {"total": {"n", "p50", ...}}}."""
    turns = answered(record, conversation, "")
    figures: dict[str, Any] = {}
    for stage in STAGES:
        for mode, p in by(turns, lambda turn: turn.mode, stage).items():
            told = {"n": p.n, "p50": p.p50_ms, "p95": p.p95_ms, "p99": p.p99_ms, "max": p.max_ms}
            figures.setdefault(mode, {})[stage] = told
    return figures


def told(
    record: CallRecord,
    heard: Conversation,
    outcome: Outcome,
    cost: Mapping[str, Any],
    redact: Callable[[str], str],
    why: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What leaves about a call, JSON-ready: everything but its transcript. `cost` is `call_cost.to_plain`'s, `why` what
    is kept of its post-mortem, where something went wrong."""
    plain = outcome_to_plain(outcome)
    return {
        "callId": record.call_id,
        "twilioSid": record.twilio_sid,
        "direction": record.direction.value,
        "agent": record.agent,
        "from": redact(record.from_number),
        "to": redact(record.to_number),
        "status": record.status.value,
        "endReason": record.end_reason.value if record.end_reason else None,
        "modes": [use.mode.value for use in record.modes],
        "createdAt": _iso(record.created_at_ms),
        "answeredAt": None if record.answered_at_ms is None else _iso(record.answered_at_ms),
        "endedAt": None if record.ended_at_ms is None else _iso(record.ended_at_ms),
        "failures": [{"code": f.code, "blame": f.blame.value, "sentence": f.sentence} for f in record.failures],
        "postMortem": why,
        "outcome": {name: plain[name] for name in ("kind", "model", "summary", "fields", "why")},
        "cost": cost,
        "latencyMs": latency(record, heard),
    }


def webhook_body(about: Mapping[str, Any], record: CallRecord, heard: Conversation, outcome: Outcome) -> bytes:
    """`about` is from `told`. The transcript holds the turns that the outcome was made from, in what was heard."""
    known = set(outcome.turns)
    transcript = [
        {
            "id": turn.id,
            "role": turn.role.value,
            "heard": turn.heard,
            "cut": turn.cut,
            "at": _iso(turn.started_at_ms),
            "mode": turn.mode,
            "latencyMs": {stage: ms for stage, ms in asdict(turn.latency).items() if ms is not None},
        }
        for turn in heard.turns
        if turn.id in known
    ]
    data = {**about, "transcript": transcript}
    at_ms = record.ended_at_ms or outcome.made_at_ms
    return json.dumps({"type": TYPE, "timestamp": _iso(at_ms), "data": data}, ensure_ascii=False).encode()


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"
