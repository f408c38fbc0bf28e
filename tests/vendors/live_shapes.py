"""What Live's client events may hold, as the SDK's types and the guides have it. Pure."""

from collections.abc import Mapping
from typing import Any

from tests.vendors.openai_errors import Complaint
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
from tests.vendors.tokens import count

VOICES = (
    "alloy",
    "ash",
    "ballad",
    "beacon",
    "bossa",
    "cedar",
    "cinder",
    "coral",
    "delta",
    "echo",
    "gleam",
    "marin",
    "meridian",
    "quartz",
    "ripple",
    "sage",
    "shida",
    "shimmer",
    "stone",
    "tempo",
    "verse",
    "vesper",
    "willow",
)
MOST_APPEND_TOKENS = 500
MOST_INSTRUCTIONS_TOKENS = 16_384


def _tokens_up_to(most: int) -> Check:
    def check(value: Any, where: str) -> None:
        text(value, where)
        if count(value) > most:
            what = f"Invalid '{where}': too long. Expected at most {most} tokens, but got {count(value)}."
            raise Complaint(400, what, param=where, code="string_above_max_length")

    return check


FORMAT = ByTag(
    "type",
    {
        "audio/pcm": Shape({"rate": one_of(16_000, 24_000)}, ("rate",)),
        "audio/pcmu": Shape({"rate": one_of(8000)}, ("rate",)),
        "audio/pcma": Shape({"rate": one_of(8000)}, ("rate",)),
    },
)
"""Every format has its rate."""
_VOICE = by_type({str: one_of(*VOICES), dict: Shape({"id": text}, ("id",))})
_DELAY = {"acknowledgement_delay_ms": number(0, 60_000, whole=True)}
_FUNCTION = Shape({"name": text, "description": text, "parameters": anything, "strict": flag}, ("name",))
_OTHER_TOOLS = (
    "web_search",
    "file_search",
    "code_interpreter",
    "shell",
    "image_generation",
    "mcp",
    "custom",
    "namespace",
    "tool_search",
    "programmatic_tool_calling",
    "computer",
    "apply_patch",
)


class _Any(Shape):
    """An object that is not looked into."""

    def __call__(self, value: Any, where: str) -> None: ...


_RESPONSES: Mapping[str, Check] = {
    "model": text,
    "instructions": text,
    "max_output_tokens": number(1, 1 << 20, whole=True),
    "parallel_tool_calls": flag,
    "reasoning": Shape(
        {
            "effort": one_of("none", "minimal", "low", "medium", "high", "xhigh"),
            "summary": one_of("concise", "detailed", "auto"),
        }
    ),
    "service_tier": one_of("auto", "default", "fast_tier_temp_pilot", "flex", "priority", "ultrafast"),
    "text": Shape({"verbosity": one_of("low", "medium", "high")}),
    "tool_choice": by_type({str: one_of("auto", "none", "required"), dict: anything}),
    "tools": list_of(ByTag("type", {"function": _FUNCTION, **dict.fromkeys(_OTHER_TOOLS, _Any({}))})),
}
RESPONSES = Shape(_RESPONSES, ("model",))


def _delegation(responses: Shape, needed: tuple[str, ...]) -> Check:
    return nullable(
        ByTag(
            "type",
            {
                "client": Shape(_DELAY),
                "responses": Shape({**_DELAY, "responses": responses}, needed),
                "decisions": Shape({**_DELAY, "decisions": anything}),
            },
        )
    )


def _message(*content: str) -> Shape:
    part = Shape({"type": one_of(*content), "text": text}, ("text",))

    def one_part(value: Any, where: str) -> None:
        list_of(part, most=1)(value, where)
        if not value:
            raise Complaint(
                400, f"Invalid '{where}': exactly one text part is needed.", param=where, code="invalid_value"
            )

    fields = {"id": text, "status": one_of("incomplete", "completed"), "type": one_of("message"), "content": one_part}
    return Shape(fields, ("content",))


_HISTORY = ByTag(
    "role",
    {"developer": _message("input_text"), "user": _message("input_text"), "assistant": _message("text", "output_text")},
)
SESSION = Shape(
    {
        "model": text,
        "audio": Shape({"format": FORMAT, "output": Shape({"voice": _VOICE})}),
        "client": anything,
        "delegation": _delegation(RESPONSES, ("responses",)),
        "input": list_of(_HISTORY, most=128),
        "instructions": _tokens_up_to(MOST_INSTRUCTIONS_TOKENS),
        "safety_identifier": text,
        "store": flag,
        "triggers": anything,
    },
    ("model",),
)
_UPDATE = Shape({"delegation": _delegation(Shape(_RESPONSES), ()), "triggers": anything})
_OUTPUT = Shape({"id": text, "status": text, "call_id": text, "output": text}, ("call_id", "output"))
_ITEM = ByTag("type", {"function_call_output": _OUTPUT, "message": _Any({}), "item_reference": _Any({})})


def _event(fields: Mapping[str, Check]) -> Shape:
    return Shape({"event_id": nullable(text_up_to(512)), **fields}, tuple(fields))


_CONTENT = {"content": _tokens_up_to(MOST_APPEND_TOKENS), "delegation_id": nullable(text)}
EVENTS = ByTag(
    "type",
    {
        "session.start": _event({"session": SESSION}),
        "session.update": _event({"session": _UPDATE}),
        "session.input_audio.append": _event({"audio": text}),
        "session.input_audio.mute": _event({}),
        "session.input_audio.unmute": _event({}),
        "session.output_audio.fixture.play": _event({"audio": text}),
        "session.instructions.append": _event(_CONTENT),
        "session.thinking.append": _event(_CONTENT),
        "session.commentary.append": _event(_CONTENT),
        "response.item.create": _event({"item": _ITEM}),
        "response.create": _event({}),
        "session.close": _event({}),
    },
)
"""The client events of a primary WebSocket, those for Decisions left out."""
