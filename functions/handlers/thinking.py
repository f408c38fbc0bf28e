"""Who thinks of a reply in traditional mode: the port, the scripted desk behind it, the choice between providers."""

from datetime import date
from typing import Protocol

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, ProviderFailed
from calls.openai_models import names_openai
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


class ThinkingByProvider:
    """The scripted desk, or OpenAI's models, as each agent names them."""

    def __init__(self, openai_api_key: str, openai_base_url: str) -> None:
        self._key, self._base_url = openai_api_key, openai_base_url
        self._scripted = ScriptedThinking()
        self._model: Thinking | None = None

    def reply(self, agent: Agent, conversation: Conversation, today: date) -> Reply:
        if not names_openai(agent):
            return self._scripted.reply(agent, conversation, today)
        if self._model is None:
            # As above: only a turn pays for it.
            from handlers.model_thinking import ModelThinking

            self._model = ModelThinking(self._key, self._base_url)
        return self._model.reply(agent, conversation, today)
