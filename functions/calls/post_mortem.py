"""One call told after its end: why it went as it did, what to do, and everything that happened, in order. Pure.

post_mortem(record, conversation, cost) ─► PostMortem ─► to_plain, a page, a terminal
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from calls.call_cost import to_plain as plain_cost
from calls.causes import Cause, causes, explained
from calls.conversation import Conversation, Turn
from calls.cost import Cost
from calls.errors import Failure
from calls.faults import HARMLESS, faults_of
from calls.plain_words import BLAMES
from calls.record import CallRecord
from calls.remedies import remedy
from calls.time_line import Event, time_line
from calls.twilio_codes import is_routine, meaning_of

POST_MORTEM = "post-mortem"
"""The name under which a call that went wrong keeps what was made of it at its end (`CallStore.keep_once`)."""

_TRACE = "Nothing of its own: it came of the other failures."


@dataclass(frozen=True, slots=True)
class Explained:
    """A failure of the record, in plain words, and what to do about it."""

    failure: Failure
    sentence: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class PostMortem:
    """`zero_ms` is the epoch ms that times are told from: the answer, or where there was none the making of the call.
    `causes` are the most likely first, and never empty. `cost` is `calls.call_cost.to_plain`, None where it was not
    reckoned. `alerts` are the lines of Twilio's debugger that are no routine, in plain words. `at_its_end` is what was
    `written` when the call ended, where that was kept."""

    record: CallRecord
    conversation: Conversation
    zero_ms: int
    causes: tuple[Cause, ...]
    failures: tuple[Explained, ...]
    events: tuple[Event, ...]
    cost: dict[str, Any] | None
    alerts: tuple[str, ...] = ()
    at_its_end: Mapping[str, Any] | None = None

    @property
    def headline(self) -> str:
        """What most likely happened, in one sentence, and what to do next, in another."""
        return f"{self.causes[0].sentence} {self.causes[0].what_to_do}"

    @property
    def is_fault(self) -> bool:
        """Whether anything went wrong."""
        return self.causes[0].is_fault


def post_mortem(
    record: CallRecord,
    conversation: Conversation,
    cost: Cost | dict[str, Any] | None = None,
    alerts: Iterable[tuple[int, str]] = (),
    at_its_end: Mapping[str, Any] | None = None,
) -> PostMortem:
    """`alerts` are the code and text of lines of Twilio's debugger, where they are known."""
    return PostMortem(
        record,
        conversation,
        record.created_at_ms if record.answered_at_ms is None else record.answered_at_ms,
        causes(record, conversation),
        _explained(record),
        time_line(record, conversation),
        plain_cost(cost) if isinstance(cost, Cost) else cost,
        tuple(f"{code}: {meaning_of(code) or text}" for code, text in alerts if not is_routine(code, text)),
        at_its_end,
    )


def written(told: PostMortem, made_at_ms: int) -> dict[str, Any]:
    """What is kept, and sent, of a call that went wrong: JSON-ready, short, and without a word or a number of it."""
    return {
        "headline": told.headline,
        "causes": [_cause(cause) for cause in told.causes],
        "madeAtMs": made_at_ms,
        "more": f"offhook why {told.record.call_id}",
    }


def _explained(record: CallRecord) -> tuple[Explained, ...]:
    """Every failure as it came; one that is only the trace of another asks for nothing of its own."""
    faults = {(fault.code, fault.blame) for fault in faults_of(record)}
    return tuple(
        Explained(
            one, explained(one), remedy(one) if (one.code, one.blame) in faults or one.code in HARMLESS else _TRACE
        )
        for one in record.failures
    )


def to_plain(told: PostMortem) -> dict[str, Any]:
    """JSON-ready; names may be added, never renamed or taken away. Times are ms from the answer, negative before it.
    Phone numbers are left out; what was said is in `turns` alone."""
    record = told.record
    return {
        "callId": record.call_id,
        "twilioSid": record.twilio_sid,
        "agent": record.agent,
        "direction": record.direction.value,
        "status": record.status.value,
        "endReason": record.end_reason.value if record.end_reason else None,
        "zeroAtMs": told.zero_ms,
        "isFault": told.is_fault,
        "headline": told.headline,
        "causes": [_cause(cause) for cause in told.causes],
        "failures": [
            {
                "code": one.failure.code,
                "blame": one.failure.blame.value,
                "sentence": one.sentence,
                "whatToDo": one.what_to_do,
            }
            for one in told.failures
        ],
        "events": [
            {
                "atMs": event.at_ms - told.zero_ms,
                "kind": event.kind.value,
                "sentence": event.sentence,
                "isBad": event.is_bad,
                "turn": event.turn or None,
            }
            for event in told.events
        ],
        "turns": [_turn(turn, told.zero_ms) for turn in told.conversation.turns],
        "alerts": list(told.alerts),
        "cost": told.cost,
        "atItsEnd": told.at_its_end,
    }


def blame_in_words(cause: Cause) -> str:
    """ "a provider"; empty where nobody has to act."""
    return BLAMES[cause.blame.value] if cause.blame else ""


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "sentence": cause.sentence,
        "whatToDo": cause.what_to_do,
        "blame": cause.blame.value if cause.blame else None,
        "code": cause.code or None,
        "isFault": cause.is_fault,
    }


def _turn(turn: Turn, zero_ms: int) -> dict[str, Any]:
    return {
        "role": turn.role.value,
        "said": turn.said,
        "heard": turn.heard,
        "cut": turn.cut,
        "startedMs": turn.started_at_ms - zero_ms,
        "endedMs": turn.ended_at_ms - zero_ms,
        "mode": turn.mode,
        "latencyMs": asdict(turn.latency),
    }
