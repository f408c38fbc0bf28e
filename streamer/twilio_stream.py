"""The wire of Twilio Media Streams: text -> frame, order -> text. No I/O.

Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages. Numbers arrive as strings; audio is base64
8 kHz mono mu-law. Only `media`, `mark` and `clear` may be sent, as text frames, each with the streamSid.
"""

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from calls.errors import Blame, OffhookError

_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_MARK_CHARS = 128


class FrameRefused(OffhookError):
    """A frame that is not what Twilio documents; the sentence says what is wrong with it, without its content."""

    default_code = "frame-malformed"
    default_blame = Blame.TWILIO


@dataclass(frozen=True, slots=True)
class Connected:
    """The first frame of a stream."""


@dataclass(frozen=True, slots=True)
class Started:
    """The second frame: whose stream this is, and the `<Parameter>`s of its TwiML."""

    stream_sid: str
    call_sid: str
    parameters: Mapping[str, str]


class Media(NamedTuple):  # made for every frame of every call, in a third of a frozen dataclass's time
    """The caller's audio, usually 160 bytes, that began `media_ms` after the stream started. `payload` is the base64 of
    it as it came, for an engine that passes it on untouched."""

    mulaw: bytes
    media_ms: int
    payload: str


@dataclass(frozen=True, slots=True)
class MarkReturned:
    """Everything sent before the mark has been played, or was dropped by a `clear`."""

    name: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    digit: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The call has ended, or has left the stream."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event that the documentation does not name; ignored and counted."""


Frame = Connected | Started | Media | MarkReturned | DigitPressed | Stopped | Unknown


def parse(text: str | bytes) -> Frame:
    """One text frame from Twilio. Raises FrameRefused for anything that is not a documented message."""
    try:
        message = orjson.loads(text)
        event = message["event"]
        if event == "media":
            media = message["media"]
            payload = media["payload"]
            return Media(binascii.a2b_base64(payload, strict_mode=True), int(media["timestamp"]), payload)
        return _rarely(event, message)
    except orjson.JSONDecodeError as error:
        raise FrameRefused("a frame is not JSON") from error
    except (KeyError, TypeError, ValueError) as error:  # binascii.Error is a ValueError
        raise FrameRefused(f"a frame lacks what Twilio documents for it ({type(error).__name__})") from error


def _rarely(event: Any, message: Mapping[str, Any]) -> Frame:
    match event:
        case "mark":
            return MarkReturned(_text(message["mark"]["name"], _MAX_MARK_CHARS))
        case "dtmf":
            return DigitPressed(_digit(message["dtmf"]["digit"]))
        case "connected":
            return Connected()
        case "start":
            return _started(message["start"])
        case "stop":
            return Stopped()
        case str():
            return Unknown()
        case _:
            raise TypeError("event is not text")


def _started(start: Mapping[str, Any]) -> Started:
    media_format = start["mediaFormat"]
    if (media_format["encoding"], int(media_format["sampleRate"]), int(media_format["channels"])) != (
        "audio/x-mulaw",
        8000,
        1,
    ):
        raise ValueError("media format")
    parameters = start.get("customParameters") or {}
    return Started(
        _sid(start["streamSid"]),
        _sid(start["callSid"]),
        {_text(name, 500): _text(value, 500) for name, value in parameters.items()},
    )


def _sid(value: Any) -> str:
    if not isinstance(value, str) or not _SID.fullmatch(value):
        raise ValueError("sid")
    return value


def _text(value: Any, max_chars: int) -> str:
    if not isinstance(value, str) or len(value) > max_chars:
        raise ValueError("text")
    return value


def _digit(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1 or value not in "0123456789*#ABCDabcd":
        raise ValueError("digit")
    return value


def media_text(stream_sid: str, mulaw: bytes) -> str:
    """`stream_sid` came through `parse`, so it needs no escaping."""
    payload = binascii.b2a_base64(mulaw, newline=False).decode("ascii")
    return f'{{"event":"media","streamSid":"{stream_sid}","media":{{"payload":"{payload}"}}}}'


def mark_text(stream_sid: str, name: str) -> str:
    """`name` is ours: letters, digits and hyphens only."""
    return f'{{"event":"mark","streamSid":"{stream_sid}","mark":{{"name":"{name}"}}}}'


def clear_text(stream_sid: str) -> str:
    return f'{{"event":"clear","streamSid":"{stream_sid}"}}'
