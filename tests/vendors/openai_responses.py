"""The Responses API: its events and its object, as OpenAI's SDK types `Response*Event` and `Response`. Pure."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.vendors.openai_requests import Body
from tests.vendors.openai_stream import Piece, event
from tests.vendors.script import Reply
from tests.vendors.tokens import count, count_messages, pieces

_ECHOED: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "service_tier": "default",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply cut to what the request allows, and the request's own fields, which the object repeats."""

    id: str
    created_s: int
    body: Body
    text: tuple[str, ...]
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    cut: str | None
    input_tokens: int

    @property
    def tokens(self) -> int:
        return len(self.text) + sum(len(arguments) for _, arguments in self.calls)

    def response(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        """The Response object at some moment."""
        over = status in ("completed", "incomplete")
        usage = {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": self.tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.input_tokens + self.tokens,
        }
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_s,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": self.cut} if status == "incomplete" else None,
            "model": self.body["model"],
            "output": output,
            "reasoning": {"effort": None, "summary": None, **(self.body.get("reasoning") or {})},
            "text": {"format": {"type": "text"}, "verbosity": "medium", **(self.body.get("text") or {})},
            "usage": usage if over else None,
            "user": None,
            **{name: self.body.get(name, default) for name, default in _ECHOED.items()},
        }


def answer_to(reply: Reply, body: Body, request_id: str, created_s: int) -> Answer:
    """What `reply` becomes under the request's limits; tools that the request does not have are not called."""
    offered = {tool["name"] for tool in body.get("tools") or ()}
    most = body.get("max_output_tokens") or 1 << 30
    text = tuple(pieces(reply.text))
    cut = "max_output_tokens" if len(text) > most or reply.finish == "length" else None
    calls = tuple(
        (call.name, tuple(pieces(call.arguments)))
        for call in reply.tool_calls
        if call.name in offered and cut is None and body.get("tool_choice") != "none"
    )
    if reply.finish == "content_filter":
        cut = "content_filter"
    size = count_messages(body["input"]) + count(body.get("instructions") or "")
    size += sum(count(orjson.dumps(tool).decode()) for tool in body.get("tools") or ())
    return Answer(f"resp_{request_id}", created_s, body, text[:most], calls, cut, size)


@dataclass(slots=True)
class _Telling:
    """Collects events, numbering them, each with the number of the token that it comes with."""

    events: list[tuple[int, Piece]] = field(default_factory=list)
    output: list[dict[str, Any]] = field(default_factory=list)
    at: int = 0

    def say(self, kind: str, **fields: Any) -> None:
        data = orjson.dumps({"type": kind, "sequence_number": len(self.events), **fields})
        self.events.append((self.at, Piece(event(data, kind), int(kind.endswith(".delta")))))


def stream(answer: Answer) -> list[tuple[int, Piece]]:
    """All events, each with the number of the token that it comes with (-1: when the request is accepted)."""
    told = _Telling(at=-1)
    told.say("response.created", response=answer.response("in_progress", []))
    told.say("response.in_progress", response=answer.response("in_progress", []))
    told.at = 0
    if answer.text:
        _message(told, answer)
    for index, (name, arguments) in enumerate(answer.calls):
        _call(told, f"{answer.id[5:]}{index}", name, arguments)
    told.at = max(0, told.at - 1)
    status = "completed" if answer.cut is None else "incomplete"
    told.say(f"response.{status}", response=answer.response(status, told.output))
    return told.events


def _message(told: _Telling, answer: Answer) -> None:
    item_id, where = f"msg_{answer.id[5:]}", len(told.output)
    item: dict[str, Any] = {"id": item_id, "type": "message", "role": "assistant"}
    told.say("response.output_item.added", output_index=where, item={**item, "status": "in_progress", "content": []})
    place = {"item_id": item_id, "output_index": where, "content_index": 0}
    part: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    told.say("response.content_part.added", **place, part=part)
    for token in answer.text:
        told.say("response.output_text.delta", **place, delta=token, logprobs=[])
        told.at += 1
    told.at -= 1
    text = "".join(answer.text)
    told.say("response.output_text.done", **place, text=text, logprobs=[])
    told.say("response.content_part.done", **place, part={**part, "text": text})
    done = {**item, "status": "completed" if answer.cut is None else "incomplete", "content": [{**part, "text": text}]}
    told.say("response.output_item.done", output_index=where, item=done)
    told.output.append(done)
    told.at += 1


def _call(told: _Telling, unique: str, name: str, arguments: tuple[str, ...]) -> None:
    where = len(told.output)
    item = {"id": f"fc_{unique}", "type": "function_call", "call_id": f"call_{unique}", "name": name}
    told.say("response.output_item.added", output_index=where, item={**item, "arguments": "", "status": "in_progress"})
    place = {"item_id": item["id"], "output_index": where}
    for token in arguments:
        told.say("response.function_call_arguments.delta", **place, delta=token)
        told.at += 1
    told.at -= 1
    text = "".join(arguments)
    told.say("response.function_call_arguments.done", **place, arguments=text)
    done = {**item, "arguments": text, "status": "completed"}
    told.say("response.output_item.done", output_index=where, item=done)
    told.output.append(done)
    told.at += 1


def whole(answer: Answer) -> bytes:
    """The answer without streaming."""
    told = _Telling()
    if answer.text:
        _message(told, answer)
    for index, (name, arguments) in enumerate(answer.calls):
        _call(told, f"{answer.id[5:]}{index}", name, arguments)
    return orjson.dumps(answer.response("completed" if answer.cut is None else "incomplete", told.output))
