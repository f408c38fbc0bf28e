"""A Realtime session's configuration: what it is at first, and what `session.update` makes of it. Pure."""

from copy import deepcopy
from typing import Any

from tests.vendors.openai_errors import Complaint

DEFAULT_INSTRUCTIONS = "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI."
_SEMANTIC_END_MS = {"low": 600.0, "medium": 400.0, "high": 200.0, "auto": 400.0}
_SERVER_VAD: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD: dict[str, Any] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}
_MERGED = ("audio", "input", "output")


def first_session(session_id: str, model: str, expires_at: int) -> dict[str, Any]:
    """What session.created shows. The fields of the API reference's RealtimeSessionCreateResponse."""
    pcm = {"type": "audio/pcm", "rate": 24_000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": DEFAULT_INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": pcm,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_SERVER_VAD),
            },
            "output": {"format": pcm, "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def updated(now: dict[str, Any], change: dict[str, Any], *, voiced: bool, responding: bool) -> dict[str, Any]:
    """`now` with a well-shaped `change`: what is left out stays. Raises Complaint.

    `voiced`: the model has answered with audio; `responding`: it is answering.
    """
    after = deepcopy(now)
    _merge(after, change)
    if change.get("model", now["model"]) != now["model"]:
        raise Complaint(400, "Cannot update a session's model.", param="session.model", code="invalid_value")
    if now["tracing"] is not None and after["tracing"] != now["tracing"]:
        what = "Cannot update tracing configuration once tracing is enabled."
        raise Complaint(400, what, param="session.tracing", code="invalid_value")
    check_voice(now, after["audio"]["output"]["voice"], voiced=voiced)
    if responding and after["audio"]["output"]["speed"] != now["audio"]["output"]["speed"]:
        what = "Cannot update speed while a response is in progress."
        raise Complaint(400, what, param="session.audio.output.speed", code="invalid_value")
    return after


def check_voice(session: dict[str, Any], voice: Any, *, voiced: bool) -> None:
    """Raises Complaint where `voice` is another and the model has answered with audio."""
    if voiced and voice != session["audio"]["output"]["voice"]:
        what = "Cannot update a conversation's voice if assistant audio is present."
        raise Complaint(400, what, code="cannot_update_voice")


def end_of_speech_ms(turn_detection: dict[str, Any]) -> float:
    """How much silence ends a turn, where a script does not say."""
    if turn_detection["type"] == "server_vad":
        return float(turn_detection["silence_duration_ms"])
    return _SEMANTIC_END_MS[turn_detection["eagerness"]]


def _merge(after: dict[str, Any], change: dict[str, Any]) -> None:
    for name, value in change.items():
        if name in _MERGED and isinstance(after.get(name), dict):
            _merge(after[name], value)
        elif name == "turn_detection" and value is not None:
            defaults = _SERVER_VAD if value["type"] == "server_vad" else _SEMANTIC_VAD
            old = after[name] if after[name] is not None and after[name]["type"] == value["type"] else defaults
            after[name] = {**old, **value}
        elif name == "format" and value["type"] == "audio/pcm":
            after[name] = {"rate": 24_000, **value}
        elif name == "noise_reduction" and value is not None:
            after[name] = {"strength": 1.0, **(after[name] or {}), **value}
        else:
            after[name] = value
