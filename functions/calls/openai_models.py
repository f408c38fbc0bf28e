"""OpenAI's chat models as an agent names them, and when which of them goes away.

Shutdown dates: https://developers.openai.com/api/docs/deprecations as carried by openai-python 3.54.0
(`types/shared/chat_model.py`), read on 2026-11-22. The API itself tells a model's date: `GET /v1/models/{model}`,
`shutdown_date`.
"""

import re
from collections.abc import Mapping
from datetime import date

from calls.agent import Agent
from calls.errors import ConfigurationInvalid

OPENAI = "openai"
OPENAI_URL = "https://api.openai.com"
DEFAULT_MODEL = "gpt-6-luna"
"""Small, fast, and without an announced shutdown."""

AS_OF = date(2026, 11, 22)

SHUTDOWNS: Mapping[date, tuple[str, ...]] = {
    date(2026, 2, 17): ("chatgpt-4o-latest",),
    date(2026, 7, 23): ("gpt-5.1-chat-latest", "gpt-5-chat-latest", "gpt-4o-search-preview"),
    date(2026, 8, 10): ("gpt-5.3-chat-latest", "gpt-5.2-chat-latest"),
    date(2026, 9, 28): ("gpt-3.5-turbo-1106",),
    date(2026, 10, 23): (
        *("gpt-4.1-nano", "o4-mini", "o3-mini", "o1", "gpt-4o-2024-05-13", "gpt-4-turbo", "gpt-4"),
        *("gpt-4-1106-preview", "gpt-4-0613", "gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    ),
    date(2026, 12, 11): ("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"),
    date(2027, 1, 14): ("gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"),
    date(2027, 4, 1): ("gpt-5.4-nano", "gpt-5.1"),
}

_SNAPSHOT = re.compile(r"-20\d\d-\d\d-\d\d$")
_TALKATIVE = re.compile(r"gpt-(?:5|[6-9]|\d\d)")
_THOUGHTLESS = re.compile(r"gpt-(?:5\.[1-9]|[6-9]|\d\d)(?!.*-(?:chat|pro|codex))")


def is_openai(provider: str) -> bool:
    """Whether "provider" or "provider/model" is one of OpenAI's."""
    return provider == OPENAI or provider.startswith(f"{OPENAI}/")


def names_openai(agent: Agent) -> bool:
    return is_openai(agent.models.reply)


def versioned(base_url: str) -> str:
    """A base that ends in "/v1", as OpenAI's paths want; one that has a path of its own is left alone."""
    if not base_url or "/" in base_url.partition("://")[2]:
        return base_url
    return f"{base_url}/v1"


def reply_models(agent: Agent) -> tuple[str, ...]:
    """The models to ask for a reply, in order, none twice; a plain "openai" is DEFAULT_MODEL.

    ConfigurationInvalid (code "provider-not-here") when a fallback is another provider's.
    """
    named = (agent.models.reply, *agent.models.reply_fallbacks)
    for provider in named:
        if not is_openai(provider):
            raise ConfigurationInvalid(
                f"Agent {agent.name}: {provider!r} cannot stand in for models.reply = {agent.models.reply!r}; "
                'name "openai/<model>".',
                code="provider-not-here",
            )
    return tuple(dict.fromkeys(provider.partition("/")[2] or DEFAULT_MODEL for provider in named))


def shutdown_of(model: str) -> date | None:
    """The day on which OpenAI shuts the model down, if one was announced by AS_OF; snapshots go with their model."""
    for day, models in SHUTDOWNS.items():
        if model in models:
            return day
    plain = _SNAPSHOT.sub("", model)
    return shutdown_of(plain) if plain != model else None


def warnings(agent: Agent, today: date) -> tuple[str, ...]:
    """A sentence for each of the agent's models that has gone or will go."""
    sentences = []
    for model in reply_models(agent):
        if (day := shutdown_of(model)) is not None:
            when = f"was shut down on {day}" if day <= today else f"will be shut down on {day}"
            sentences.append(f"Agent {agent.name} replies with openai/{model}, which {when}; name another model.")
    return tuple(sentences)


def takes_verbosity(model: str) -> bool:
    return _TALKATIVE.match(model) is not None


def needs_no_reasoning(model: str) -> bool:
    """Whether the model answers at once when asked with reasoning effort "none": a caller does not wait for thought."""
    return _THOUGHTLESS.match(model) is not None
