"""Messages of ElevenLabs' two speaking sockets: what they say, and what they take. Pure.

Shapes: the SDK's `AudioOutput(Multi)`, `FinalOutput(Multi)`, `SendMessage`, `SendMessageMulti` and `GenerationConfig`.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tests.vendors.elevenlabs_parameters import wrong_setting
from tests.vendors.speech_tone import Piece

DEFAULT_SCHEDULE = (120.0, 160.0, 250.0, 290.0)
_OPENING = frozenset(
    (
        *("voice_settings", "generation_config", "pronunciation_dictionary_locators"),
        *("xi_api_key", "xi-api-key", "authorization"),
    )
)
_SINGLE = _OPENING | {"text", "try_trigger_generation", "flush", "generator_config"}
_MULTI = _OPENING | {"text", "flush", "context_id", "contextId", "close_context", "close_socket"}
_FLAGS = ("flush", "try_trigger_generation", "close_context", "close_socket")


class BadMessage(ValueError):
    """A socket says `code` and this sentence, and closes with 1008."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a client. `opening`: it carries what only the first message of a context may carry."""

    text: str | None
    context: str | None
    flush: bool
    trigger: bool
    close_context: bool
    close_socket: bool
    opening: bool
    settings: Any
    schedule: tuple[float, ...] | None
    key: str | None


def read(raw: bytes, *, multi: bool) -> Said:
    """A text message. Raises BadMessage."""
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadMessage("invalid_json", "Message is not valid JSON.") from None
    if not isinstance(message, dict):
        raise BadMessage("invalid_message", "Message is not an object.")
    for name in message.keys() - (_MULTI if multi else _SINGLE):
        raise BadMessage("invalid_message", f"Unknown field: {name}.")
    for name in _FLAGS:
        if not isinstance(message.get(name), bool | None):
            raise BadMessage("invalid_message", f"{name} must be a boolean.")
    text, context = message.get("text"), message.get("context_id", message.get("contextId"))
    if not isinstance(text, str | None) or not isinstance(context, str | None):
        raise BadMessage("invalid_message", "text and context_id must be strings.")
    if text is None and not multi:
        raise BadMessage("invalid_message", "text is required.")
    wrong = wrong_setting(message.get("voice_settings"))
    if wrong is not None:
        raise BadMessage("invalid_voice_settings", wrong)
    config = message.get("generation_config", message.get("generator_config"))
    key = message.get("xi_api_key", message.get("xi-api-key"))
    return Said(
        text=text,
        context=context,
        flush=bool(message.get("flush")),
        trigger=bool(message.get("try_trigger_generation")),
        close_context=bool(message.get("close_context")),
        close_socket=bool(message.get("close_socket")),
        opening=any(message.get(name) is not None for name in _OPENING) or config is not None,
        settings=message.get("voice_settings"),
        schedule=_schedule(config),
        key=key if key is not None else (message.get("authorization") or "").removeprefix("Bearer ") or None,
    )


def _schedule(config: Any) -> tuple[float, ...] | None:
    if config is None:
        return None
    given = config.get("chunk_length_schedule") if isinstance(config, dict) else config
    if given is None:
        return None
    right = isinstance(given, list) and len(given) > 0
    if not right or not all(isinstance(one, int | float) and 50 <= one <= 500 for one in given):
        raise BadMessage("invalid_generation_config", "chunk_length_schedule needs numbers between 50 and 500.")
    return tuple(float(one) for one in given)


def audio(piece: Piece, begins_ms: int, aligned: Sequence[Piece], context: str | None) -> bytes:
    """One piece of audio. `aligned`: pieces whose characters it tells about, `begins_ms`: where its audio begins."""
    alignment = None
    if aligned:
        alignment = {
            "chars": [one for part in aligned for one in part.characters],
            "charStartTimesMs": [start - begins_ms for part in aligned for start in part.starts_ms],
            "charDurationsMs": [part.character_ms for part in aligned for _ in part.characters],
        }
    told = {
        "audio": base64.b64encode(piece.audio).decode(),
        "alignment": alignment,
        "normalizedAlignment": alignment,
    }
    return orjson.dumps(told if context is None else {**told, "contextId": context})


def final(context: str | None) -> bytes:
    """The last message of a context, or of a socket without contexts."""
    told: dict[str, Any] = {"isFinal": True}
    return orjson.dumps(told if context is None else {**told, "contextId": context})
