"""What Nova says on `/v1/listen`, as bytes: Deepgram's SDK types `ListenV1*`. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from tests.vendors.spoken_words import Word

CONFIDENCE = 0.98
_MODEL_UUID = "40bd3654-e622-47c4-a111-63a61b23bfe8"


@dataclass(frozen=True, slots=True)
class Identity:
    """What every message of one connection repeats."""

    request_id: str
    model: str
    punctuated: bool


def results(
    who: Identity,
    window_s: tuple[float, float],
    words: Iterable[Word],
    *,
    is_final: bool,
    speech_final: bool,
    from_finalize: bool = False,
) -> bytes:
    """One Results: `window_s` is the audio it covers, first and end."""
    said = list(words)
    text = " ".join(word.text if who.punctuated else word.bare for word in said)
    return orjson.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": round(window_s[1] - window_s[0], 3),
            "start": round(window_s[0], 3),
            "is_final": is_final,
            "speech_final": speech_final,
            "channel": {
                "alternatives": [
                    {
                        "transcript": text,
                        "confidence": CONFIDENCE if said else 0.0,
                        "words": [_word(word, punctuated=who.punctuated) for word in said],
                    }
                ]
            },
            "metadata": {
                "request_id": who.request_id,
                "model_info": {"name": who.model, "version": "2026-01-01.0", "arch": "nova-3"},
                "model_uuid": _MODEL_UUID,
            },
            "from_finalize": from_finalize,
        }
    )


def _word(word: Word, *, punctuated: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"word": word.bare, "start": word.start_s, "end": word.end_s, "confidence": CONFIDENCE}
    if punctuated:
        told["punctuated_word"] = word.text
    return told


def speech_started(at_s: float) -> bytes:
    return orjson.dumps({"type": "SpeechStarted", "channel": [0, 1], "timestamp": round(at_s, 3)})


def utterance_end(last_word_end_s: float) -> bytes:
    return orjson.dumps({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": round(last_word_end_s, 3)})


def metadata(request_id: str, sha256: str, created: str, duration_s: float) -> bytes:
    """The summary that ends a stream."""
    return orjson.dumps(
        {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": request_id,
            "sha256": sha256,
            "created": created,
            "duration": round(duration_s, 3),
            "channels": 1,
        }
    )


def error(variant: str, description: str, message: str) -> bytes:
    return orjson.dumps({"type": "Error", "variant": variant, "description": description, "message": message})


def configured(request_id: str, keyterms: list[str] | None) -> bytes:
    told: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": request_id}
    if keyterms is not None:
        told["keyterms"] = keyterms
    return orjson.dumps(told)


def not_configured(request_id: str, code: str, description: str) -> bytes:
    told = {"type": "ConfigureFailure", "request_id": request_id, "code": code, "description": description}
    return orjson.dumps(told)
