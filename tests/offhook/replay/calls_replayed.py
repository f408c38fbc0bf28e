"""Results of replayed calls, for the tests of what is made of them."""

from typing import Any

from calls.latency import Waterfall
from offhook.replay.difference import Column
from offhook.replay.result import Result, result_of

QUESTION = "When are you open?"
ANSWER = "We open at nine in the morning, from Monday to Friday, and close at five."


def turn(role: str, said: str, at_ms: int, total_ms: int | None = None, heard: str | None = None) -> dict[str, Any]:
    """One of `call.json`; `heard` makes it a cut one."""
    latency = dict.fromkeys(Waterfall.__dataclass_fields__) | {"total": total_ms}
    if total_ms is not None:
        latency["endpointing"] = total_ms - 200
    return {
        "id": f"t{at_ms}",
        "role": role,
        "said": said,
        "heard": said if heard is None else heard,
        "cut": heard is not None,
        "startedMs": at_ms,
        "endedMs": at_ms + 1500,
        "mode": "pipeline",
        "latencyMs": latency,
    }


GREETING = turn("agent", "Hello.", 100)
ASKED = turn("caller", QUESTION, 2000)
ANSWERED = turn("agent", ANSWER, 4300, 800)
BYE = turn("caller", "Goodbye.", 8000)
CLOSING = turn("agent", "Goodbye!", 10_300, 900)


def call(*turns: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A `call.json` of these turns; of a whole call where there are none."""
    return {
        "callId": "01KABCDEFGHJKMNPQRSTVWXYZ0",
        "twilioSid": "CA0123456789abcdef0123456789abcdef",
        "agent": "default",
        "modes": [{"mode": "pipeline", "startedMs": 0, "endedMs": 12_000, "whyLeft": ""}],
        "status": "completed",
        "endReason": "caller-goodbye",
        "startedAt": "2026-11-22T16:00:00.000Z",
        "recordingMs": 12_000,
        "keys": [],
        "hungUpBy": "application",
        "turns": list(turns or (GREETING, ASKED, ANSWERED, BYE, CLOSING)),
        "failures": [],
        "alerts": [],
        "cost": {"usd": "0.012000", "isWhole": True},
        "outcome": {"fields": {"day": {"value": None}, "request": {"value": "hours"}}},
        **changes,
    }


def result(*turns: dict[str, Any], **changes: Any) -> Result:
    return result_of(call(*turns, **changes))


CUT = turn("agent", ANSWER, 4250, 700, heard="We open at nine")
BREAKING_IN = turn("caller", "Goodbye.", 5600)
INTERRUPTED = (GREETING, ASKED, CUT, BREAKING_IN, turn("agent", "Goodbye!", 7900, 860))

AS_IT_IS = Column(
    "as it is", "agent default", (result(), result(GREETING, ASKED, turn("agent", ANSWER, 4340, 840), BYE, CLOSING))
)
CHANGED = Column("changed", "turn_taking.barge_in_ms = 100 (was 300)", (result(*INTERRUPTED), result(*INTERRUPTED)))
