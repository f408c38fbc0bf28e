"""Requests and chunks of chat completions, as plain values."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from calls.agent import Thinking
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.openai_chat import Chunks, Usage, request
from calls.reply import EndCall
from tests.fakes.agents import AGENT

TODAY = date(2026, 11, 23)


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


def test_a_request_says_what_the_agent_says() -> None:
    agent = replace(AGENT, thinking=Thinking(0.4, "medium", 90))
    body = request(agent, Conversation(), TODAY, "gpt-6-luna")
    assert (body["temperature"], body["verbosity"], body["max_completion_tokens"]) == (0.4, "medium", 90)
    assert (body["reasoning_effort"], body["stream"]) == ("none", True)
    assert body["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert [tool["function"]["name"] for tool in body["tools"]] == ["end_call"]


def test_a_request_leaves_out_what_the_model_does_not_take() -> None:
    assert "temperature" not in request(AGENT, Conversation(), TODAY, "gpt-6-luna")
    assert {"verbosity", "reasoning_effort"}.isdisjoint(request(AGENT, Conversation(), TODAY, "gpt-4.1"))
    assert "verbosity" not in request(AGENT, Conversation(), TODAY, "gpt-6-luna", {"verbosity"})


def test_words_finish_and_usage() -> None:
    chunks = Chunks("m")
    assert chunks.words(delta(role="assistant", content="")) == ""
    assert chunks.words(delta(content="Hello")) == "Hello"
    assert chunks.words(delta(refusal="I cannot.")) == "I cannot."
    chunks.words({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": None})
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    assert chunks.words({"choices": [], "usage": usage}) == ""
    assert (chunks.finish, chunks.usage) == ("stop", Usage("m", 9, 4, 2))


def test_a_call_comes_in_parts() -> None:
    chunks = Chunks("m")
    chunks.words(delta(tool_calls=[{"index": 0, "id": "c", "function": {"name": "end_call", "arguments": ""}}]))
    chunks.words(delta(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}]))
    assert chunks.action(AGENT) == EndCall("agent-goodbye")


def test_the_first_call_that_does_something_counts() -> None:
    chunks = Chunks("m")
    chunks.words(delta(tool_calls=[{"index": 0, "function": {"name": "unknown", "arguments": "{}"}}]))
    assert chunks.action(AGENT) is None
    chunks.words(delta(tool_calls=[{"index": 1, "function": {"name": "end_call"}}]))
    assert chunks.action(AGENT) == EndCall("agent-goodbye")


@pytest.mark.parametrize(
    "chunk",
    [
        {},
        {"choices": None},
        {"choices": "x"},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"delta": []}], "usage": "many"},
        delta(content=5, refusal=None),
        delta(tool_calls=7),
        delta(tool_calls=[None, {"index": "a"}, {"index": 0}, {"index": 0, "function": {"arguments": 5}}]),
        {"choices": [], "usage": {"prompt_tokens": "x", "prompt_tokens_details": 3}},
    ],
)
def test_odd_chunks_do_no_harm(chunk: Any) -> None:
    chunks = Chunks("m")
    assert chunks.words(chunk) == ""
    assert chunks.action(AGENT) is None


def test_calls_without_end_are_bounded() -> None:
    chunks = Chunks("m")
    for index in range(50):
        chunks.words(delta(tool_calls=[{"index": index, "function": {"name": "x", "arguments": "y" * 5_000}}]))
        chunks.words(delta(tool_calls=[{"index": 0, "function": {"arguments": "y" * 5_000}}]))
    assert chunks.calls_made == 8


@pytest.mark.parametrize(
    ("chunk", "code"),
    [
        ("text", "openai-garbage"),
        ([], "openai-garbage"),
        ({"error": {"type": "server_error"}}, "openai-error"),
        ({"error": "x"}, "openai-error"),
        ({"error": {"code": "rate_limit_exceeded"}}, "openai-rate-limited"),
    ],
)
def test_chunks_that_end_the_reply(chunk: Any, code: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        Chunks("m").words(chunk)
    assert caught.value.failure.code == code
