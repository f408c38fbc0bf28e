"""Who thinks of a reply in traditional mode: the port, and the scripted desk behind it."""

from datetime import date
from typing import Protocol

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, ProviderFailed
from calls.reply import Reply

SCRIPTED = "scripted"


class Thinking(Protocol):
    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        """The answer to the caller's unanswered words, within `agent.limits.reply_s`. `today` is the date at the
        agent's desk. Raises ProviderFailed."""


class ScriptedThinking:
    """The desk table of the agent's own file."""

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        # The voice and status webhooks never think; they need not wait for this import.
        from calls import desk

        if agent.models.reply != SCRIPTED:
            raise ProviderFailed(
                f"Agent {agent.name} wants replies from {agent.models.reply!r}, which traditional mode does not have.",
                code="reply-provider-unknown",
                blame=Blame.CONFIGURATION,
            )
        return desk.answer(agent, conversation, today)
