"""The functions that a reply model may call. One entry a function: what the model is told, when it is offered, and
what a call of it does. A function's result is an action of `calls.reply`, carried out when the reply has been heard.

A new function is one more entry of TOOLS.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from calls.agent import Agent
from calls.record import EndReason
from calls.reply import Action, EndCall, Transfer

LONGEST_ARGUMENTS_CHARS = 8_000

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """`description` is for the model. `parameters` is the JSON schema of its arguments' properties, none of them to be
    relied upon: a model may leave out or invent any. `act` makes the action of a call, or None where the arguments
    cannot be used; it never raises."""

    name: str
    description: str
    is_offered: Callable[[Agent], bool]
    act: Callable[[Agent, Arguments], Action | None]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "object", "properties": dict(self.parameters), "additionalProperties": False}


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="end_call",
        description="Hang up. Call it only when the conversation is over: the caller said goodbye or needs nothing "
        "more. Say your goodbye in the same answer, before the call.",
        is_offered=lambda _: True,
        act=lambda _agent, _arguments: EndCall(EndReason.AGENT_GOODBYE.value),
    ),
    Tool(
        name="transfer",
        description="Connect the caller to a person. Call it when the caller asks for one, or when you cannot help. "
        "Say in the same answer, before the call, that you connect them.",
        is_offered=lambda agent: bool(agent.transfer_number),
        act=lambda agent, _arguments: Transfer(agent.transfer_number) if agent.transfer_number else None,
    ),
)


def offered(agent: Agent) -> tuple[Tool, ...]:
    """The functions that the agent's model is told of, always in the same order (a provider's cache holds then)."""
    return tuple(tool for tool in TOOLS if tool.is_offered(agent))


def action_of(agent: Agent, name: str, arguments: str) -> Action | None:
    """What a call of `name` with the JSON text `arguments` does. Arguments that are no JSON object count as none
    given; None for a function that was not offered, or that cannot do anything with its arguments."""
    for tool in offered(agent):
        if tool.name == name:
            return tool.act(agent, _read(arguments))
    return None


def words_before(agent: Agent, action: Action) -> str:
    """What the agent says where a model acts without a word."""
    return agent.closing if isinstance(action, EndCall) else agent.phrases.bridge


def _read(arguments: str) -> Arguments:
    if len(arguments) > LONGEST_ARGUMENTS_CHARS:
        return {}
    try:
        read = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
