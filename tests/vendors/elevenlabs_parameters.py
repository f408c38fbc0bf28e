"""Queries and bodies of ElevenLabs' speech endpoints, checked as documented. Pure.

Names: `text_to_speech.stream` of the SDK for HTTP, the API reference of the two WebSockets for theirs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tests.vendors import elevenlabs_errors as errors

OUTPUT_FORMAT = "ulaw_8000"
DEFAULT_MODEL = "eleven_multilingual_v2"
HTTP_QUERY = frozenset(("enable_logging", "optimize_streaming_latency", "output_format"))
HTTP_BODY = frozenset(
    (
        *("text", "model_id", "language_code", "voice_settings", "pronunciation_dictionary_locators", "seed"),
        *("previous_text", "next_text", "previous_request_ids", "next_request_ids", "use_pvc_as_ivc"),
        *("apply_text_normalization", "apply_language_text_normalization", "audio_effects"),
    )
)
SOCKET_QUERY = frozenset(
    (
        *("model_id", "language_code", "enable_logging", "enable_ssml_parsing", "output_format", "inactivity_timeout"),
        *("optimize_streaming_latency", "sync_alignment", "auto_mode", "apply_text_normalization", "seed"),
        *("authorization", "single_use_token"),
    )
)
_FLAGS = ("enable_logging", "enable_ssml_parsing", "sync_alignment", "auto_mode")
_SETTINGS: Mapping[str, tuple[float, float]] = {
    "stability": (0, 1),
    "similarity_boost": (0, 1),
    "style": (0, 1),
    "speed": (0.7, 1.2),
}
_MOST_CHARACTERS = 40_000


@dataclass(frozen=True, slots=True)
class SocketParameters:
    """What a speaking socket was asked for."""

    auto_mode: bool
    sync_alignment: bool
    inactivity_s: int


def check_http_query(query: Iterable[tuple[str, str]]) -> None:
    """Raises Refused."""
    given = _read("query", query, HTTP_QUERY)
    _check_output(given)
    latency = given.get("optimize_streaming_latency", "0")
    if latency not in ("0", "1", "2", "3", "4"):
        raise errors.unprocessable("query", "optimize_streaming_latency", "Input should be between 0 and 4")


def text_of(raw: bytes, models: tuple[str, ...]) -> str:
    """The text to speak of an HTTP body. Raises Refused."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise errors.unprocessable("body", "0", "JSON decode error", "json_invalid") from None
    if not isinstance(body, dict):
        raise errors.unprocessable("body", "0", "Input should be a valid dictionary", "model_attributes_type")
    for name in body.keys() - HTTP_BODY:
        raise errors.unprocessable("body", name, "Extra inputs are not permitted", "extra_forbidden")
    text = body.get("text")
    if not isinstance(text, str):
        raise errors.unprocessable("body", "text", "Field required", "missing")
    if not text.strip():
        raise errors.Refused(400, {"status": "input_text_empty", "message": "Input text is empty."})
    if len(text) > _MOST_CHARACTERS:
        what = f"This request's text has {len(text)} characters and exceeds the character limit of {_MOST_CHARACTERS}."
        raise errors.Refused(400, {"status": "max_character_limit_exceeded", "message": what})
    _check_model(body.get("model_id") or DEFAULT_MODEL, models)
    wrong = wrong_setting(body.get("voice_settings"))
    if wrong is not None:
        raise errors.unprocessable("body", "voice_settings", wrong)
    return text


def socket_parameters(query: Iterable[tuple[str, str]], models: tuple[str, ...]) -> SocketParameters:
    """The query of either socket. Raises Refused."""
    given = _read("query", query, SOCKET_QUERY)
    _check_output(given)
    _check_model(given.get("model_id", DEFAULT_MODEL), models)
    timeout = given.get("inactivity_timeout", "20")
    if not timeout.isdecimal() or not 1 <= int(timeout) <= 180:
        raise errors.unprocessable("query", "inactivity_timeout", "Input should be between 1 and 180")
    flags = {name: given.get(name, "false") == "true" for name in _FLAGS}
    return SocketParameters(flags["auto_mode"], flags["sync_alignment"], int(timeout))


def wrong_setting(settings: Any) -> str | None:
    """What is wrong with voice settings, or None."""
    if settings is None:
        return None
    if not isinstance(settings, dict):
        return "Input should be a valid dictionary"
    for name, value in settings.items():
        if name == "use_speaker_boost":
            if not isinstance(value, bool | None):
                return f"{name} should be a boolean"
        elif name not in _SETTINGS:
            return f"{name} is no voice setting"
        elif value is not None:
            least, most = _SETTINGS[name]
            if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
                return f"{name} should be between {least:g} and {most:g}"
    return None


def _read(where: str, query: Iterable[tuple[str, str]], names: frozenset[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in query:
        if name not in names or name in given:
            raise errors.unprocessable(where, name, "Extra inputs are not permitted", "extra_forbidden")
        if name in _FLAGS and value not in ("true", "false"):
            raise errors.unprocessable(where, name, "Input should be a valid boolean", "bool_parsing")
        given[name] = value
    return given


def _check_output(given: Mapping[str, str]) -> None:
    if given.get("output_format", "mp3_44100_128") != OUTPUT_FORMAT:
        raise errors.unprocessable(
            "query", "output_format", f"This simulator speaks output_format={OUTPUT_FORMAT} only."
        )


def _check_model(model: Any, models: tuple[str, ...]) -> None:
    if model not in models:
        raise errors.no_model(str(model))
