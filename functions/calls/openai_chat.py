"""OpenAI's chat completions, as the streamer and the Lambda both speak it: the body of a request, and the meaning of a
stream's chunks (https://developers.openai.com/api/docs/api-reference/chat-streaming). Pure.

Chat completions rather than Responses: a reply is one event a token instead of a dozen frames around them that repeat
the whole request, nothing of a call is kept on the vendor's side, and everything else that speaks OpenAI's protocol
(Azure, vLLM, proxies) speaks this.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from calls import openai_failures, prompts, tools
from calls.agent import Agent
from calls.conversation import Conversation
from calls.openai_models import needs_no_reasoning, takes_verbosity
from calls.reply import Action

PATH = "/chat/completions"
MOST_TOOL_CALLS = 8


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply cost, in tokens; `cached` of the input were in the vendor's cache, `cache_written` were put there,
    `output` includes reasoning."""

    model: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cache_written_tokens: int = 0


def request(
    agent: Agent,
    conversation: Conversation,
    today: date,
    model: str,
    refused: Collection[str] = (),
    *,
    brief: bool = False,
) -> dict[str, Any]:
    """The body of a streamed request. `refused` are the parts that the model is known not to take; `brief` as for
    `prompts.messages`."""
    thinking = agent.thinking
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": message.role.value, "content": message.content}
            for message in prompts.messages(agent, conversation, today, brief=brief)
        ],
        "stream": True,
        "stream_options": {"include_usage": True, "include_obfuscation": False},
        "max_completion_tokens": thinking.max_tokens,
        "tools": [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
            }
            for tool in tools.offered(agent)
        ],
    }
    if thinking.temperature is not None:
        body["temperature"] = thinking.temperature
    if takes_verbosity(model):
        body["verbosity"] = thinking.verbosity
    if needs_no_reasoning(model):
        body["reasoning_effort"] = "none"
    return {name: value for name, value in body.items() if name not in refused}


@dataclass(slots=True)
class _Called:
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Chunks:
    """Takes a stream's chunks one by one; whatever shape one has, nothing but ProviderFailed is raised. `characters`
    counts what came of words and of functions called."""

    model: str
    finish: str | None = None
    usage: Usage | None = None
    characters: int = 0
    _called: dict[int, _Called] = field(default_factory=dict)

    def words(self, chunk: Any) -> str:
        """The words in a chunk, often none. ProviderFailed when it is an error, or no chunk at all."""
        if not isinstance(chunk, dict):
            raise openai_failures.garbage(self.model)
        if error := chunk.get("error"):
            raise openai_failures.in_stream(error if isinstance(error, dict) else {}, self.model)
        if isinstance(usage := chunk.get("usage"), dict):
            self.usage = _usage(self.model, usage)
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return ""
        if isinstance(finish := choice.get("finish_reason"), str):
            self.finish = finish
        delta = choice.get("delta")
        return self._of_delta(delta) if isinstance(delta, dict) else ""

    def _of_delta(self, delta: Mapping[str, Any]) -> str:
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            self._take_call(call)
        for name in ("content", "refusal"):  # a refusal is said like any other answer
            if isinstance(text := delta.get(name), str) and text:
                self.characters += len(text)
                return text
        return ""

    def _take_call(self, call: Any) -> None:
        index = call.get("index") if isinstance(call, dict) else None
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(index, int) or not isinstance(function, dict):
            return
        if index not in self._called and len(self._called) >= MOST_TOOL_CALLS:
            return
        called = self._called.setdefault(index, _Called())
        called.name = called.name or str(function.get("name") or "")
        if len(called.arguments) <= tools.LONGEST_ARGUMENTS_CHARS:
            arguments = str(function.get("arguments") or "")
            called.arguments += arguments
            self.characters += len(arguments)

    def action(self, agent: Agent) -> Action | None:
        """What the reply does when it is over: the first of the functions called that does anything."""
        for _, called in sorted(self._called.items()):
            if action := tools.action_of(agent, called.name, called.arguments):
                return action
        return None

    @property
    def calls_made(self) -> int:
        return len(self._called)


def _usage(model: str, usage: Mapping[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details")
    cached, written = (
        _count(details.get(name)) if isinstance(details, dict) else 0
        for name in ("cached_tokens", "cache_write_tokens")
    )
    return Usage(model, _count(usage.get("prompt_tokens")), cached, _count(usage.get("completion_tokens")), written)


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0
