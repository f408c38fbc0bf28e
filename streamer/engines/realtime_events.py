"""What stands in OpenAI Realtime's server events. Pure; nothing here trusts their shape."""

from collections.abc import Mapping
from typing import Any

from calls.errors import ProviderFailed
from streamer.engines.outcomes import FunctionCall
from streamer.providers import openai_realtime_failures as failures
from streamer.providers.openai_realtime_messages import REPLY_KEY
from streamer.providers.openai_realtime_sessions import table, tables

FATAL = frozenset(
    f"openai-realtime-{name}" for name in ("expired", "unauthorised", "quota", "rate-limited", "model-unknown")
)
"""Failures in an error event after which a session is of no use."""

KNOWN = frozenset(
    (
        *("session.created", "conversation.created", "input_audio_buffer.cleared"),
        *("input_audio_buffer.timeout_triggered", "response.output_text.done", "response.output_audio.done"),
        *(f"conversation.item.{what}" for what in ("created", "added", "done", "retrieved", "deleted", "truncated")),
        *(f"conversation.item.input_audio_transcription.{what}" for what in ("delta", "segment")),
        *(f"response.{part}.{what}" for part in ("output_item", "content_part") for what in ("added", "done")),
        *(f"response.function_call_arguments.{what}" for what in ("delta", "done")),
        "response.output_audio_transcript.done",
    )
)
"""Events that are known and of no interest here."""


def calls_in(response: Mapping[str, Any]) -> tuple[FunctionCall, ...]:
    """The functions that a finished response calls."""
    return tuple(
        FunctionCall(str(item.get("call_id")), str(item.get("name")), str(item.get("arguments") or ""))
        for item in tables(response, "output")
        if item.get("type") == "function_call"
    )


def end_of(response: Mapping[str, Any]) -> tuple[str, str, ProviderFailed | None]:
    """Status, reason and what its error means, of a finished response."""
    details = table(response, "status_details")
    failed = failures.said(table(details, "error")) if response.get("status") == "failed" else None
    return str(response.get("status")), str(details.get("reason") or ""), failed


def reply_of(response: Mapping[str, Any]) -> int | None:
    """The reply that our own metadata name."""
    number = table(response, "metadata").get(REPLY_KEY)
    return int(number) if isinstance(number, str) and number.isdecimal() else None
