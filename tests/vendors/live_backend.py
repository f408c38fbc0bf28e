"""The Responses backend of a Live session that delegates to it: one function call, its output, a text to be spoken.

The nested events are those of the Responses simulator; their snapshots leave out input, instructions, tools and output,
as the SDK says of Live's.
"""

from collections.abc import Callable
from typing import Any

import orjson

from tests.vendors.openai_errors import Complaint
from tests.vendors.openai_responses import answer_to, stream
from tests.vendors.script import Reply
from tests.vendors.script_speech import SpokenReply

_CREATED_S = 1_790_000_000
_CLEARED: dict[str, Any] = {"instructions": None, "tools": [], "output": []}


class Backend:
    """On the session's clock: `advance` lets out what is due. `say` is given each nested event and its delegation."""

    def __init__(self, say: Callable[[dict[str, Any], str], None], new_id: Callable[[str], str]) -> None:
        self._say, self._new_id = say, new_id
        self._config: dict[str, Any] = {}
        self._delay_ms = 0.0
        self._due: list[tuple[float, dict[str, Any], str]] = []
        self._clock_ms = 0.0
        self._delegation_id = ""
        self._calls: set[str] = set()
        self._outputs: list[str] = []

    def configure(self, config: dict[str, Any] | None, delay_ms: float) -> None:
        self._config, self._delay_ms = config or {}, delay_ms

    def delegate(self, delegation_id: str, reply: SpokenReply, clock_ms: float) -> str:
        """Work for the backend: it calls the reply's functions. Returns the response's id."""
        self._delegation_id = delegation_id
        return self._respond(Reply("", reply.tool_calls), clock_ms)

    def take(self, event: dict[str, Any]) -> None:
        """response.item.create or response.create. Raises Complaint."""
        if event["type"] == "response.create":
            if self._outputs:
                said = " ".join(self._outputs)
                self._outputs.clear()
                self._respond(Reply(said), self._clock_ms)
            return
        item = event["item"]
        if item["type"] == "function_call_output":
            if item["call_id"] not in self._calls:
                what = f"No tool call found for function call output with call_id {item['call_id']}."
                raise Complaint(400, what, param="item.call_id", code="invalid_value")
            self._outputs.append(item["output"])

    def advance(self, clock_ms: float) -> None:
        self._clock_ms = clock_ms
        while self._due and self._due[0][0] <= clock_ms:
            _, event, delegation_id = self._due.pop(0)
            self._say(event, delegation_id)

    def _respond(self, reply: Reply, clock_ms: float) -> str:
        tools = [tool for tool in self._config.get("tools", ()) if tool["type"] == "function"]
        body = {"input": [], **self._config, "tools": tools}
        answer = answer_to(reply, body, self._new_id("live"), _CREATED_S)
        for token, piece in stream(answer):
            event = orjson.loads(piece.data.partition(b"\ndata: ")[2])
            if "response" in event:
                event["response"] = {**event["response"], **_CLEARED}
            item = event.get("item", {})
            if item.get("type") == "function_call":
                self._calls.add(item["call_id"])
            at_ms = clock_ms if token < 0 else clock_ms + self._delay_ms
            self._due.append((at_ms, event, self._delegation_id))
        return answer.id
