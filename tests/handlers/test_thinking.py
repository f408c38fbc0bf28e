from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from calls import agent_files
from calls.agent import Models
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, ProviderFailed
from handlers.thinking import ScriptedThinking, ThinkingByProvider
from tests.fakes.agents import AGENT

TODAY = date(2026, 11, 23)
ASKED = Conversation(
    (Turn("t1", Role.CALLER, "What are your hours?", "What are your hours?", False, 1, 2, "traditional"),)
)


def test_the_desk_of_the_agent_answers() -> None:
    agent = agent_files.load(Path(__file__).parents[2] / "functions" / "agents")["default"]
    assert "open" in ScriptedThinking().reply(agent, ASKED, TODAY).text


def test_another_provider_is_a_failure_that_names_it() -> None:
    agent = replace(AGENT, models=Models("embedded", "openai/gpt-6-luna", "embedded"))
    with pytest.raises(ProviderFailed, match="openai/gpt-6-luna") as caught:
        ScriptedThinking().reply(agent, ASKED, TODAY)
    assert caught.value.failure.blame is Blame.CONFIGURATION


def test_each_agent_is_thought_for_by_its_own_provider() -> None:
    thinking = ThinkingByProvider("openai-key", "http://127.0.0.1:1")
    desk = agent_files.load(Path(__file__).parents[2] / "functions" / "agents")["default"]
    assert "open" in thinking.reply(desk, ASKED, TODAY).text
    with pytest.raises(ProviderFailed) as caught:
        thinking.reply(replace(AGENT, models=Models("embedded", "openai", "embedded")), ASKED, TODAY)
    assert caught.value.failure.code == "openai-unreachable"
