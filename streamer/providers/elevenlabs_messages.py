"""Messages of ElevenLabs' multi-context socket and of its timestamped HTTP stream: dicts in, values out. Pure.

https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input. Field names come
in two spellings, of which the API itself is not sure (contextId, context_id). A `flush` alone brings no final message:
only a closed context tells that its speech is complete.
"""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from calls.errors import ProviderFailed
from streamer.providers import elevenlabs_failures
from streamer.providers.narration import Aligned, SpeechPiece
from streamer.providers.vendor_socket import socket_base

INACTIVITY_S = 180
"""The longest that ElevenLabs allows."""


@dataclass(frozen=True, slots=True)
class ContextFinal:
    """Nothing more comes of the context."""


@dataclass(frozen=True, slots=True)
class FromContext:
    """What a message tells, and of which context; "" for the socket as a whole."""

    context: str
    told: SpeechPiece | ContextFinal | ProviderFailed


def socket_url(base_url: str, voice: str, model: str) -> str:
    """Where to connect; `base_url` is http, https, ws or wss. `auto_mode` speaks each text as it comes, which suits
    whole clauses; `sync_alignment` sends the times of a piece's characters with the piece."""
    query = {
        "model_id": model,
        "output_format": "ulaw_8000",
        "auto_mode": "true",
        "sync_alignment": "true",
        "inactivity_timeout": str(INACTIVITY_S),
    }
    return f"{socket_base(base_url)}/v1/text-to-speech/{quote(voice, safe='')}/multi-stream-input?{urlencode(query)}"


def open_context(context: str) -> bytes:
    return orjson.dumps({"text": " ", "context_id": context})


def words(context: str, text: str) -> bytes:
    return orjson.dumps({"text": as_sent(text), "context_id": context})


def as_sent(text: str) -> str:
    """Text ends with a space, or its last word is taken for the beginning of one."""
    return text if text.endswith(" ") else text + " "


def flush(context: str) -> bytes:
    return orjson.dumps({"context_id": context, "flush": True})


def close_context(context: str) -> bytes:
    """After a flush: ends when everything is spoken. Without one: stops at once."""
    return orjson.dumps({"context_id": context, "close_context": True})


def keep_alive(context: str) -> bytes:
    return orjson.dumps({"text": "", "context_id": context})


def read(raw: bytes) -> list[FromContext]:
    """What a message of the socket tells. Raises ValueError, KeyError, TypeError or AttributeError for nonsense."""
    message: dict[str, Any] = orjson.loads(raw)
    context = str(message.get("contextId") or message.get("context_id") or "")
    if message.get("error"):
        return [FromContext(context, elevenlabs_failures.said(message["error"]))]
    told: list[FromContext] = []
    if message.get("audio"):
        aligned = _in_ms(message.get("alignment"))
        told.append(FromContext(context, SpeechPiece(base64.b64decode(message["audio"], validate=True), aligned)))
    if message.get("isFinal") or message.get("is_final"):
        told.append(FromContext(context, ContextFinal()))
    return told


def read_line(raw: bytes) -> SpeechPiece | None:
    """What a line of the HTTP stream tells. Raises ProviderFailed for an error, ValueError and so on for nonsense."""
    message: dict[str, Any] = orjson.loads(raw)
    if "detail" in message:
        raise elevenlabs_failures.refused(500, raw)
    audio = message["audio_base64"]
    return SpeechPiece(base64.b64decode(audio, validate=True), _in_seconds(message.get("alignment"))) if audio else None


def _in_ms(alignment: dict[str, Any] | None) -> Aligned | None:
    if not alignment or not alignment.get("chars"):
        return None
    begin_ms = alignment.get("charStartTimesMs") or alignment["char_start_times_ms"]
    lasts_ms = alignment.get("charDurationsMs") or alignment["char_durations_ms"]
    end_ms = [begin + lasts for begin, lasts in zip(begin_ms, lasts_ms, strict=True)]
    return _checked(alignment["chars"], begin_ms, end_ms)


def _in_seconds(alignment: dict[str, Any] | None) -> Aligned | None:
    if not alignment or not alignment.get("characters"):
        return None
    begin_ms = [begin * 1000 for begin in alignment["character_start_times_seconds"]]
    end_ms = [end * 1000 for end in alignment["character_end_times_seconds"]]
    return _checked(alignment["characters"], begin_ms, end_ms)


def _checked(characters: list[str], begin_ms: list[float], end_ms: list[float]) -> Aligned:
    if not len(characters) == len(begin_ms) == len(end_ms):
        raise ValueError("characters and their times differ in number")
    return Aligned(characters, begin_ms, end_ms)
