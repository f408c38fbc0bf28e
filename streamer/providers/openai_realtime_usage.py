"""What a realtime session says it used, in the amounts that are priced. Pure.

The cached share is counted within what came in (`RealtimeResponseUsageInputTokenDetails`); a transcription is billed
apart, by its own model, in tokens or in seconds of audio.
"""

from collections.abc import Mapping
from typing import Any

from calls.usage import Kind, Unit, Usage, token_amounts

VENDOR = "openai"
AUDIO_TOKEN_MS = 50
"""Of the model's speech (https://platform.openai.com/docs/guides/realtime-costs)."""


def of_response(response: Mapping[str, Any], model: str) -> Usage | None:
    """The usage of a finished, cut or failed response; None where it says none."""
    usage = response.get("usage")
    if not isinstance(usage, dict) or not response.get("id"):
        return None
    came, out = _table(usage, "input_token_details"), _table(usage, "output_token_details")
    cached = _table(came, "cached_tokens_details")
    amounts = token_amounts(
        text_in=_count(came, "text_tokens"),
        text_in_cached=_count(cached, "text_tokens"),
        text_out=_count(out, "text_tokens"),
        audio_in=_count(came, "audio_tokens"),
        audio_in_cached=_count(cached, "audio_tokens"),
        audio_out=_count(out, "audio_tokens"),
    )
    return Usage(str(response["id"]), VENDOR, model, Kind.REALTIME, amounts) if amounts else None


def estimated(response_id: str, model: str, audio_ms: float, last: Usage | None) -> Usage:
    """Of a response whose end nobody waited for: the audio that came of it, and what the `last` one had read."""
    read = last.amounts if last else {}
    inputs = (Unit.TEXT_IN, Unit.TEXT_IN_CACHED, Unit.AUDIO_IN, Unit.AUDIO_IN_CACHED)
    amounts = {unit: amount for unit, amount in read.items() if unit in inputs}
    amounts[Unit.AUDIO_OUT] = round(audio_ms / AUDIO_TOKEN_MS)
    return Usage(response_id, VENDOR, model, Kind.REALTIME, amounts, is_estimated=True)


def of_transcription(event: Mapping[str, Any], model: str) -> Usage | None:
    """The usage of an `input_audio_transcription.completed`."""
    usage = event.get("usage")
    if not isinstance(usage, dict):
        return None
    amounts: dict[Unit, int] = {}
    if usage.get("type") == "duration":
        seconds = usage.get("seconds")
        if isinstance(seconds, int | float) and seconds > 0:
            amounts[Unit.MILLISECONDS] = round(seconds * 1000)
    else:
        details = _table(usage, "input_token_details")
        audio = _count(details, "audio_tokens")
        text = _count(details, "text_tokens") if details else 0
        if not details:
            audio = _count(usage, "input_tokens")
        amounts = token_amounts(text_in=text, audio_in=audio, text_out=_count(usage, "output_tokens"))
    name = f"{event.get('item_id')}-transcript"
    return Usage(name, VENDOR, model, Kind.RECOGNISER, amounts) if amounts else None


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def _count(table: Mapping[str, Any], name: str) -> int:
    value = table.get(name)
    return value if type(value) is int and value > 0 else 0
