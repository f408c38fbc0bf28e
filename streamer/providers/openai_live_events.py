"""What OpenAI Live says, as far as a call cares. Pure: one message in, one value out, nothing raised.

Only the type is looked at before the fields; what is unknown, or has not the fields that the SDK's types promise, is
`Ignored` and counted by whoever asked.
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Started:
    """`expires_at_s` is epoch seconds, 0 where none is told."""

    session_id: str
    expires_at_s: float


@dataclass(frozen=True, slots=True)
class Sound:
    """The model's next audio; silence too, as the stream is continuous."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class CallerWords:
    """A piece of what the caller said between two times of the session's own clock."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class AgentWords:
    """A piece of what the model says between two times of the session's own clock."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Delegated:
    """The model wants something done. It does not say what: that is to be read from the conversation."""

    delegation_id: str


@dataclass(frozen=True, slots=True)
class UsedSoFar:
    """Everything the session has used until now; never to be added up."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The last message of a session."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The `error` object of an error."""

    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ignored:
    """`is_known`: acknowledgements and notices that change nothing. `kind` is what it calls itself, "" where it is no
    event, or not of the shape that its type promises."""

    is_known: bool
    kind: str = ""


LiveEvent = Started | Sound | CallerWords | AgentWords | Delegated | UsedSoFar | Closed | Failed | Ignored

_QUIET = frozenset(
    f"session.{kind}"
    for kind in (
        "updated",
        "input_audio.muted",
        "input_audio.unmuted",
        "instructions.appended",
        "thinking.appended",
        "commentary.appended",
    )
) | {"info"}


def understood(message: bytes) -> LiveEvent:
    try:
        event = orjson.loads(message)
        kind = event["type"]
        if kind == "session.output_audio.delta":
            return Sound(binascii.a2b_base64(event["delta"]))
        return _rarely(kind, event)
    except (ValueError, KeyError, TypeError, AttributeError):  # orjson's and binascii's errors are ValueErrors
        return Ignored(is_known=False)


def _rarely(kind: Any, event: Mapping[str, Any]) -> LiveEvent:  # noqa: PLR0911 - one a type
    match kind:
        case "session.input_transcript.delta":
            return CallerWords(_text(event["delta"]), int(event["start_ms"]), int(event["end_ms"]))
        case "session.output_transcript.delta":
            return AgentWords(_text(event["delta"]), int(event["start_ms"]), int(event["end_ms"]))
        case "session.started":
            session = event["session"]
            return Started(_text(session["id"]), float(session.get("expires_at") or 0))
        case "session.delegation.created":
            return Delegated(_text(event["delegation"]["id"]))
        case "session.usage.updated":
            return UsedSoFar(_seconds(event))
        case "session.closed":
            return Closed(_text(event["reason"]), _seconds(event))
        case "error":
            fields = event.get("error")
            return Failed(fields if isinstance(fields, dict) else {})
    return Ignored(is_known=kind in _QUIET, kind=_text(kind))


def _seconds(event: Mapping[str, Any]) -> float:
    return float(event["usage"]["seconds"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
