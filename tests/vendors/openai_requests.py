"""What OpenAI refuses in a request to chat completions or Responses, as documented. Pure.

Names of parameters are those of the SDK's `CompletionCreateParamsStreaming` and `ResponseCreateParamsStreaming`.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from tests.vendors import openai_errors as errors
from tests.vendors.openai_errors import Complaint

Body: TypeAlias = dict[str, Any]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHAT_NAMES = _names(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages"
    " metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key"
    " prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed"
    " service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity"
    " web_search_options"
)
RESPONSES_NAMES = _names(
    "access_programs background background_options context_management conversation image include input instructions"
    " max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt"
    " prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store"
    " stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user"
)

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLES = ("developer", "system", "user", "assistant", "tool", "function")
_NUMBERS = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
_LEAST_ONE = ("max_completion_tokens", "max_tokens", "max_output_tokens", "n")
_REASONING = re.compile(r"(gpt-[5-9]|o\d)")


def chat_body(raw: bytes, models: tuple[str, ...]) -> Body:
    """The body of a chat completion. Raises Complaint."""
    body = _body(raw, CHAT_NAMES, models)
    if "max_tokens" in body and _REASONING.match(body["model"]):
        what = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        raise Complaint(400, what, param="max_tokens", code="unsupported_parameter")
    if body.get("stream_options") is not None:
        if not body.get("stream"):
            raise Complaint(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
        for name in body["stream_options"]:
            if name not in ("include_usage", "include_obfuscation"):
                raise errors.unknown_parameter(f"stream_options.{name}")
    _check_messages(body.get("messages"))
    _check_tools(body, lambda tool: tool.get("function"))
    return body


def responses_body(raw: bytes, models: tuple[str, ...]) -> Body:
    """The body of a Responses request, `input` always a list of items. Raises Complaint."""
    body = _body(raw, RESPONSES_NAMES, models)
    given = body.get("input")
    if given is None:
        raise errors.missing("input")
    body["input"] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(body["input"], list):
        raise errors.invalid_type("input", "a string or an array of input items")
    for index, item in enumerate(body["input"]):
        _check_item(item, f"input[{index}]")
    _check_tools(body, lambda tool: tool)
    return body


def _body(raw: bytes, names: frozenset[str], models: tuple[str, ...]) -> Body:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Complaint(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(body, dict):
        raise Complaint(400, "The body of your request must be a JSON object.")
    for name in body:
        if name not in names:
            raise errors.unknown_parameter(name)
    if "model" not in body:
        raise errors.missing("model")
    if body["model"] not in models:
        raise errors.no_model(str(body["model"]))
    for name, (least, most) in _NUMBERS.items():
        _check_number(name, body.get(name), least, most)
    for name in _LEAST_ONE:
        value = body.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise errors.invalid(name, "must be a whole number of at least 1.", "integer_below_min_value")
    if not isinstance(body.get("stream"), bool | None):
        raise errors.invalid_type("stream", "a boolean")
    return body


def _check_number(name: str, value: Any, least: float, most: float) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise errors.invalid_type(name, "a decimal")
    if not least <= value <= most:
        raise errors.invalid(name, f"must be between {least} and {most}.", "decimal_out_of_range")


def _check_messages(messages: Any) -> None:
    if messages is None:
        raise errors.missing("messages")
    if not isinstance(messages, list) or not messages:
        raise Complaint(400, "Invalid 'messages': empty array.", param="messages", code="empty_array")
    unanswered: set[str] = set()
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise errors.invalid(f"{where}.role", f"supported values are {', '.join(_ROLES)}.")
        if message["role"] == "tool":
            _take_tool_result(message, where, unanswered)
            continue
        _check_answered(unanswered)
        calls = message.get("tool_calls")
        if not isinstance(message.get("content"), str | list) and not (message["role"] == "assistant" and calls):
            raise errors.invalid_type(f"{where}.content", "a string or an array of content parts")
        unanswered = {call["id"] for call in calls or ()}
    _check_answered(unanswered)


def _take_tool_result(message: Body, where: str, unanswered: set[str]) -> None:
    if message.get("tool_call_id") not in unanswered:
        what = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
        raise Complaint(400, f"Invalid parameter: {what}", param=f"{where}.role")
    unanswered.discard(message["tool_call_id"])


def _check_answered(unanswered: set[str]) -> None:
    if unanswered:
        what = "An assistant message with 'tool_calls' must be followed by tool messages answering each 'tool_call_id'."
        raise Complaint(400, f"{what} Without one: {', '.join(sorted(unanswered))}", param="messages")


def _check_item(item: Any, where: str) -> None:
    """An input item: a message, an item that the model put out earlier, or a function's output."""
    kind = item.get("type", "message") if isinstance(item, dict) else None
    needed: Mapping[Any, tuple[str, ...]] = {
        "message": ("role", "content"),
        "function_call": ("call_id", "name", "arguments"),
        "function_call_output": ("call_id", "output"),
        "item_reference": ("id",),
        "reasoning": ("id", "summary"),
    }
    if kind not in needed:
        raise errors.invalid(where, "no such type of input item.")
    for name in needed[kind]:
        if name not in item:
            raise errors.missing(f"{where}.{name}")
    if kind == "message" and item["role"] not in ("user", "assistant", "system", "developer"):
        raise errors.invalid(f"{where}.role", "supported values are assistant, system, developer and user.")


def _check_tools(body: Body, function_of: Any) -> None:
    tools = body.get("tools")
    if not tools:
        if body.get("tool_choice") not in (None, "none"):
            raise Complaint(
                400, "Invalid value for 'tool_choice': only allowed when 'tools' are specified.", param="tool_choice"
            )
        return
    for index, tool in enumerate(tools):
        function = function_of(tool) if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not _NAME.fullmatch(str(function.get("name", ""))):
            raise errors.invalid(f"tools[{index}]", "a function with a name of letters, digits, _ and - is needed.")
        if not isinstance(function.get("parameters"), dict | None):
            raise errors.invalid_type(f"tools[{index}].parameters", "an object")
