"""Media Streams wire format, Twilio's end: what it sends, and what it accepts. No I/O.

Source: twilio.com/docs/voice/media-streams/websocket-messages. `sequenceNumber`, `chunk` and `timestamp` are strings.
"""

import binascii
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import orjson

from offhook.box.ports import CallIdentity

MALFORMED = 31950
INVALID = 31951
_WARNINGS = frozenset({31930, MALFORMED, INVALID})

CONNECTED = b'{"event":"connected","protocol":"Call","version":"1.0.0"}'
"""Carries no sequence number; `start`, which follows, is number 1."""

_FILE_HEADERS = (b"RIFF", b"RIFX", b".snd", b"OggS", b"fLaC")

_FIELDS = {
    "media": {"event", "streamSid", "media"},
    "mark": {"event", "streamSid", "mark"},
    "clear": {"event", "streamSid"},
}


def level(code: int) -> str:
    """The debugger's level of a Media Streams code, as its page in Twilio's error dictionary gives it."""
    return "warning" if code in _WARNINGS else "error"


@dataclass(frozen=True, slots=True)
class Media:
    """Audio to append to the playout buffer: mu-law, of any length but none."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """To be returned when everything before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Empty the playout buffer."""


class Breach(Exception):
    """The server sent what Media Streams do not accept: `code` is Twilio's, `sentence` quotes none of the audio."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read(message: str | bytes, stream_sid: str) -> Media | Mark | Clear:
    """One WebSocket message from the server; bytes are a binary frame. Raises Breach.

    31950 is a binary frame or text that is no JSON. (Twilio's page for 31950 names the binary format only, and its page
    for 31951 lists "not valid JSON": on a real account text that is no JSON may show as 31951.)
    31951 is JSON that is not one of the three messages: unknown event, missing or extra field, wrong streamSid, no
    `mark.name`, no or broken base64 in `media.payload`, or the header of an audio file in it.
    """
    if isinstance(message, bytes):
        raise Breach(MALFORMED, "a binary frame was sent; Media Streams take text frames only")
    try:
        fields = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise Breach(MALFORMED, "a text frame was sent that is not JSON") from error
    if not isinstance(fields, dict):
        raise Breach(INVALID, "the message is not a JSON object")
    event = fields.get("event")
    if not isinstance(event, str) or event not in _FIELDS:
        raise Breach(INVALID, f"event {str(event)[:40]!r} is unknown; only media, mark and clear may be sent")
    _check_fields(event, fields, _FIELDS[event])
    if fields["streamSid"] != stream_sid:
        raise Breach(INVALID, f"the {event} message carries a streamSid that is not this stream's")
    match event:
        case "media":
            return Media(_audio(_member(fields, "media", "payload")))
        case "mark":
            return Mark(_member(fields, "mark", "name"))
        case _:
            return Clear()


def _check_fields(where: str, fields: dict[str, Any], expected: set[str]) -> None:
    if fields.keys() == expected:
        return
    if missing := expected - fields.keys():
        raise Breach(INVALID, f"{where} lacks {', '.join(sorted(missing))}")
    if extra := fields.keys() - expected:
        raise Breach(INVALID, f"{where} has unexpected fields: {', '.join(sorted(extra))[:80]}")


def _member(fields: dict[str, Any], event: str, name: str) -> str:
    """The one member of the message's own object. Empty counts as missing (the documentation is silent on it)."""
    inner = fields[event]
    if not isinstance(inner, dict):
        raise Breach(INVALID, f"{event} is not an object")
    _check_fields(event, inner, {name})
    value = inner[name]
    if not isinstance(value, str) or not value:
        raise Breach(INVALID, f"{event}.{name} is not a non-empty string")
    return value


def _audio(payload: str) -> bytes:
    try:
        mulaw = binascii.a2b_base64(payload, strict_mode=True)
    except ValueError as error:
        raise Breach(INVALID, "media.payload is not base64") from error
    if mulaw.startswith(_FILE_HEADERS):
        raise Breach(INVALID, "media.payload starts with an audio file's header; raw mu-law is needed")
    return mulaw


class TwilioMessages:
    """What Twilio sends after `connected`, numbered in the order the methods are called. `start` comes first."""

    def __init__(self, stream_sid: str, identity: CallIdentity) -> None:
        self._sid = stream_sid
        self._identity = identity
        self._sequence = 0
        self._chunk = 0
        self._media = (
            b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
            b'"payload":"%b"},"streamSid":"' + stream_sid.encode().replace(b"%", b"%%") + b'"}'
        )

    def start(self, parameters: tuple[tuple[str, str], ...]) -> bytes:
        """`parameters` become customParameters; of two with one name the last counts."""
        start = {
            "accountSid": self._identity.account_sid,
            "streamSid": self._sid,
            "callSid": self._identity.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._numbered("start", start)

    def media(self, mulaw: bytes, timestamp_ms: int) -> bytes:
        """One frame of the caller's audio; `timestamp_ms` is media time since the stream began. The hot path."""
        self._sequence += 1
        self._chunk += 1
        return self._media % (self._sequence, self._chunk, timestamp_ms, b64encode(mulaw))

    def dtmf(self, digit: str) -> bytes:
        """A key the caller pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> bytes:
        """A mark on its way back."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> bytes:
        """The last message of a stream."""
        return self._numbered("stop", {"accountSid": self._identity.account_sid, "callSid": self._identity.call_sid})

    def _numbered(self, event: str, body: dict[str, Any]) -> bytes:
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), event: body, "streamSid": self._sid}
        return orjson.dumps(message)
