"""What Flux says on `/v2/listen`, as bytes: Deepgram's SDK types `ListenV2*`. Pure."""

from collections.abc import Iterable
from typing import Any

import orjson

from tests.vendors.spoken_words import Word

CONFIDENCE = 0.98


def connected(request_id: str, sequence_id: int) -> bytes:
    return orjson.dumps({"type": "Connected", "request_id": request_id, "sequence_id": sequence_id})


def turn_info(
    request_id: str,
    sequence_id: int,
    event: str,
    turn_index: int,
    window_s: tuple[float, float],
    words: Iterable[Word],
    confidence: float,
    trigger: str | None = None,
) -> bytes:
    """One TurnInfo. `trigger` is given with EndOfTurn and only there."""
    said = list(words)
    message: dict[str, Any] = {
        "type": "TurnInfo",
        "request_id": request_id,
        "sequence_id": sequence_id,
        "event": event,
        "turn_index": turn_index,
        "audio_window_start": round(window_s[0], 3),
        "audio_window_end": round(window_s[1], 3),
        "transcript": " ".join(word.text for word in said),
        "words": [
            {"word": word.text, "confidence": CONFIDENCE, "start": word.start_s, "end": word.end_s} for word in said
        ],
        "end_of_turn_confidence": confidence,
    }
    if trigger is not None:
        message["trigger"] = trigger
    return orjson.dumps(message)


def configured(
    request_id: str,
    sequence_id: int,
    thresholds: dict[str, float | int | None],
    keyterms: Iterable[str],
    language_hints: Iterable[str],
    numerals: bool,
) -> bytes:
    return orjson.dumps(
        {
            "type": "ConfigureSuccess",
            "request_id": request_id,
            "sequence_id": sequence_id,
            "thresholds": {name: value for name, value in thresholds.items() if value is not None},
            "keyterms": list(keyterms),
            "language_hints": list(language_hints),
            "numerals": numerals,
        }
    )


def not_configured(request_id: str, sequence_id: int, code: str, description: str) -> bytes:
    message = {"type": "ConfigureFailure", "request_id": request_id, "sequence_id": sequence_id}
    return orjson.dumps({**message, "code": code, "description": description})


def fatal(sequence_id: int, code: str, description: str) -> bytes:
    return orjson.dumps({"type": "Error", "sequence_id": sequence_id, "code": code, "description": description})
