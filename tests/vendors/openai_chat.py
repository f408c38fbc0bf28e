"""Chat completions: chunks and whole answers, as OpenAI's `ChatCompletionChunk` and `ChatCompletion`. Pure."""

from dataclasses import dataclass
from typing import Any

import orjson

from tests.vendors.openai_requests import Body
from tests.vendors.openai_stream import Piece, event
from tests.vendors.script import Reply
from tests.vendors.tokens import count, count_messages, pieces


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reply cut to what the request allows. `calls` have ids; `tokens` counts all of it."""

    id: str
    model: str
    created_s: int
    text: tuple[str, ...]
    calls: tuple[tuple[str, str, tuple[str, ...]], ...]
    finish: str
    prompt_tokens: int

    @property
    def tokens(self) -> int:
        return len(self.text) + sum(len(arguments) for _, _, arguments in self.calls)

    def usage(self) -> dict[str, Any]:
        total = self.prompt_tokens + self.tokens
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.tokens,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def outcome_of(reply: Reply, body: Body, request_id: str, created_s: int) -> Outcome:
    """What `reply` becomes under the request's limits; tools that the request does not have are not called."""
    offered = {tool["function"]["name"] for tool in body.get("tools") or ()}
    most = body.get("max_completion_tokens") or body.get("max_tokens") or 1 << 30
    text = tuple(pieces(reply.text))
    calls = tuple(
        (f"call_{request_id[-12:]}{index}", call.name, tuple(pieces(call.arguments)))
        for index, call in enumerate(reply.tool_calls)
        if call.name in offered and body.get("tool_choice") != "none"
    )
    finish = "length" if len(text) > most else "tool_calls" if calls else reply.finish
    prompt = count_messages(body["messages"]) + sum(
        count(orjson.dumps(tool).decode()) for tool in body.get("tools") or ()
    )
    kept = calls if len(text) <= most else ()
    return Outcome(f"chatcmpl-{request_id}", body["model"], created_s, text[:most], kept, finish, prompt)


def chunks(outcome: Outcome, *, with_usage: bool) -> list[tuple[int, Piece]]:
    """The stream: each piece with the number of the token that it comes with (-1: with the first, before it)."""
    head = {
        "id": outcome.id,
        "object": "chat.completion.chunk",
        "created": outcome.created_s,
        "model": outcome.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }
    usage = {"usage": None} if with_usage else {}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return event(orjson.dumps({**head, "choices": [choice], **usage}))

    content = "" if outcome.text or not outcome.calls else None
    stream = [(0, Piece(chunk({"role": "assistant", "content": content, "refusal": None})))]
    stream += [(index, Piece(chunk({"content": token}), 1)) for index, token in enumerate(outcome.text)]
    at = len(outcome.text)
    for index, (call_id, name, arguments) in enumerate(outcome.calls):
        function = {"name": name, "arguments": ""}
        opening = {"index": index, "id": call_id, "type": "function", "function": function}
        stream.append((at, Piece(chunk({"tool_calls": [opening]}))))
        for token in arguments:
            part = {"index": index, "function": {"arguments": token}}
            stream.append((at, Piece(chunk({"tool_calls": [part]}), 1)))
            at += 1
    last = max(0, at - 1)
    stream.append((last, Piece(chunk({}, outcome.finish))))
    if with_usage:
        stream.append((last, Piece(event(orjson.dumps({**head, "choices": [], "usage": outcome.usage()})))))
    return [*stream, (last, Piece(event(b"[DONE]")))]


def whole(outcome: Outcome) -> bytes:
    """The answer without streaming."""
    calls = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": "".join(arguments)}}
        for call_id, name, arguments in outcome.calls
    ]
    message: dict[str, Any] = {"role": "assistant", "content": "".join(outcome.text) or None, "refusal": None}
    if calls:
        message["tool_calls"] = calls
    message["annotations"] = []
    return orjson.dumps(
        {
            "id": outcome.id,
            "object": "chat.completion",
            "created": outcome.created_s,
            "model": outcome.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": outcome.finish}],
            "usage": outcome.usage(),
            "service_tier": "default",
            "system_fingerprint": None,
        }
    )
