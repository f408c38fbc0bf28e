"""What Realtime's client events may hold, as the API reference and the SDK's types have it. Pure."""

from collections.abc import Mapping
from typing import Any

from tests.vendors.openai_errors import missing
from tests.vendors.shapes import (
    ByTag,
    Check,
    Shape,
    anything,
    by_type,
    flag,
    list_of,
    nullable,
    number,
    one_of,
    text,
    text_up_to,
)

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
_ID = text_up_to(32)
_EVENT_ID = text_up_to(512)

FORMAT = ByTag(
    "type",
    {"audio/pcm": Shape({"rate": one_of(24000)}), "audio/pcmu": Shape({}), "audio/pcma": Shape({})},
)
"""Only PCM has a rate."""
_RESPONDING = {"create_response": flag, "interrupt_response": flag}
SERVER_VAD = Shape(
    {
        **_RESPONDING,
        "idle_timeout_ms": nullable(number(5000, 30_000, whole=True)),
        "prefix_padding_ms": number(0, 5000, whole=True),
        "silence_duration_ms": number(0, 10_000, whole=True),
        "threshold": number(0.0, 1.0),
    }
)
SEMANTIC_VAD = Shape({**_RESPONDING, "eagerness": one_of("low", "medium", "high", "auto")})
TURN_DETECTION = nullable(ByTag("type", {"server_vad": SERVER_VAD, "semantic_vad": SEMANTIC_VAD}))
TRANSCRIPTION_MODELS = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-live-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe",
    "gpt-4o-transcribe-diarize",
    "gpt-realtime-whisper",
)
TRANSCRIPTION = Shape(
    {
        "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
        "keywords": list_of(text),
        "language": text,
        "languages": list_of(text),
        "model": one_of(*TRANSCRIPTION_MODELS),
        "prompt": text,
    },
    needed=("model",),
)
NOISE_REDUCTION = Shape({"strength": number(0.0, 1.0), "type": one_of("near_field", "far_field")})
AUDIO_INPUT = Shape(
    {
        "format": FORMAT,
        "noise_reduction": nullable(NOISE_REDUCTION),
        "transcription": nullable(TRANSCRIPTION),
        "turn_detection": TURN_DETECTION,
    }
)
_VOICE = by_type({str: one_of(*VOICES), dict: Shape({"id": text}, ("id",))})
AUDIO_OUTPUT = Shape({"format": FORMAT, "speed": number(0.25, 1.5), "voice": _VOICE})
_FUNCTION = Shape({"name": text, "description": text, "parameters": by_type({dict: anything})}, ("name",))
_MCP_FIELDS = (
    "server_label",
    "allowed_callers",
    "allowed_tools",
    "authorization",
    "connector_id",
    "defer_loading",
    "headers",
    "require_approval",
    "server_description",
    "server_url",
    "tunnel_id",
)
_MCP = Shape(dict.fromkeys(_MCP_FIELDS, anything), ("server_label",))
_CHOICE = by_type(
    {
        str: one_of("none", "auto", "required"),
        dict: ByTag(
            "type", {"function": Shape({"name": text}, ("name",)), "mcp": Shape({"server_label": text, "name": text})}
        ),
    }
)
_MOST_TOKENS = by_type({int: number(1, 4096, whole=True), str: one_of("inf")})
_PROMPT = Shape({"id": text, "variables": nullable(anything), "version": nullable(text)}, ("id",))
_REASONING = Shape({"effort": one_of("minimal", "low", "medium", "high", "xhigh")})
_TOKEN_LIMITS = Shape({"post_instructions": number(0, 1_000_000, whole=True)})
_RETENTION = Shape({"retention_ratio": number(0.0, 1.0), "token_limits": _TOKEN_LIMITS}, ("retention_ratio",))
_TRUNCATION = by_type({str: one_of("auto", "disabled"), dict: ByTag("type", {"retention_ratio": _RETENTION})})
_TRACING = by_type({str: one_of("auto"), dict: Shape({"group_id": text, "metadata": anything, "workflow_name": text})})
_MODALITIES = list_of(one_of("text", "audio"), most=1)
SESSION = Shape(
    {
        "audio": Shape({"input": AUDIO_INPUT, "output": AUDIO_OUTPUT}),
        "include": nullable(list_of(one_of("item.input_audio_transcription.logprobs"))),
        "instructions": text,
        "max_output_tokens": _MOST_TOKENS,
        "model": text,
        "output_modalities": _MODALITIES,
        "parallel_tool_calls": flag,
        "prompt": nullable(_PROMPT),
        "reasoning": nullable(_REASONING),
        "tool_choice": _CHOICE,
        "tools": list_of(ByTag("type", {"function": _FUNCTION, "mcp": _MCP})),
        "tracing": nullable(_TRACING),
        "truncation": _TRUNCATION,
        "type": one_of("realtime"),
    },
    ("type",),
)

_ITEM = {"id": _ID, "object": one_of("realtime.item"), "status": one_of("completed", "incomplete", "in_progress")}


def _no_assistant_audio(value: Any, where: str) -> None:
    """The API cannot populate assistant audio messages: it asks for a text."""
    raise missing(f"{where}.text")


_SPOKEN = Shape({"text": text}, ("text",))
_CONTENT = {
    "system": ByTag("type", {"input_text": Shape({"text": text}, ("text",))}),
    "user": ByTag(
        "type",
        {
            "input_text": Shape({"text": text}, ("text",)),
            "input_audio": Shape({"audio": text, "transcript": text}, ("audio",)),
            "input_image": Shape({"image_url": text, "detail": one_of("auto", "low", "high")}, ("image_url",)),
        },
    ),
    "assistant": ByTag(
        "type", {"output_text": _SPOKEN, "output_audio": Shape({"transcript": _no_assistant_audio}, ("text",))}
    ),
}


class _Message(Shape):
    """A message: the content follows the role."""

    def __call__(self, value: Any, where: str) -> None:
        role = value.get("role")
        one_of(*_CONTENT)(role, f"{where}.role")
        Shape({**_ITEM, "role": anything, "content": list_of(_CONTENT[role])}, ("content",))(value, where)


_CALL_ID = text_up_to(64)
ITEM = ByTag(
    "type",
    {
        "message": _Message({}),
        "function_call": Shape({**_ITEM, "name": text, "arguments": text, "call_id": _CALL_ID}, ("name", "arguments")),
        "function_call_output": Shape({**_ITEM, "call_id": _CALL_ID, "output": text}, ("call_id", "output")),
    },
)
REFERENCE = Shape({"id": _ID}, ("id",))
_INPUT = ByTag("type", {**ITEM.shapes, "item_reference": REFERENCE})
RESPONSE = Shape(
    {
        "audio": Shape({"output": Shape({"format": FORMAT, "voice": _VOICE})}),
        "conversation": one_of("auto", "none"),
        "input": list_of(_INPUT),
        "instructions": text,
        "max_output_tokens": _MOST_TOKENS,
        "metadata": nullable(by_type({dict: anything})),
        "output_modalities": _MODALITIES,
        "parallel_tool_calls": flag,
        "prompt": nullable(_PROMPT),
        "reasoning": nullable(_REASONING),
        "tool_choice": _CHOICE,
        "tools": SESSION.fields["tools"],
    }
)

_MS = number(0, 1 << 31, whole=True)


def _event(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Shape:
    return Shape({"event_id": nullable(_EVENT_ID), **needed, **(optional or {})}, tuple(needed))


EVENTS = ByTag(
    "type",
    {
        "session.update": _event({"session": SESSION}),
        "input_audio_buffer.append": _event({"audio": text}),
        "input_audio_buffer.commit": _event({}),
        "input_audio_buffer.clear": _event({}),
        "output_audio_buffer.clear": _event({}),
        "conversation.item.create": _event({"item": ITEM}, {"previous_item_id": nullable(text)}),
        "conversation.item.retrieve": _event({"item_id": text}),
        "conversation.item.delete": _event({"item_id": text}),
        "conversation.item.truncate": _event({"item_id": text, "content_index": _MS, "audio_end_ms": _MS}),
        "response.create": _event({}, {"response": nullable(RESPONSE)}),
        "response.cancel": _event({}, {"response_id": nullable(text)}),
    },
)
"""Every client event of Realtime."""
