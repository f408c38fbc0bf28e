from dataclasses import replace
from pathlib import Path

import pytest

from calls.agent import Models
from calls.errors import ConfigurationInvalid
from calls.record import Mode
from handlers.thinking import ScriptedThinking, ThinkingByProvider
from handlers.watch_queue import NoWatch, SqsWatch
from handlers.wiring import ladders_within_reach, thinking_for, watch_queue_for, wired
from tests.fakes.agents import AGENT
from tests.handlers.desk import SETTINGS, House
from tests.handlers.test_settings import GOOD

AGENTS = Path(__file__).parents[2] / "functions" / "agents"


def test_without_a_streamer_every_ladder_is_traditional() -> None:
    assert ladders_within_reach({"default": AGENT}, "") == {"default": replace(AGENT, modes=(Mode.TRADITIONAL,))}
    assert ladders_within_reach({"default": AGENT}, "wss://s.example.com") == {"default": AGENT}


def test_streams_are_watched_where_there_is_a_queue() -> None:
    assert isinstance(watch_queue_for(SETTINGS), NoWatch)
    queue = replace(SETTINGS, watchdog_queue="https://sqs.us-east-1.amazonaws.com/1/watchdog")
    assert isinstance(watch_queue_for(queue), SqsWatch)


def test_an_agent_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationInvalid, match="'nobody'"):
        House().wired.agent("nobody")


def test_the_environment_is_wired_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wired.cache_clear()
    for name, value in {**GOOD, "OFFHOOK_AGENTS": str(AGENTS), "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        made = wired()
        assert wired() is made
        assert made.agent("default").name == "default"
        assert isinstance(made.thinking, ScriptedThinking)
        assert made.now_ms() > 1_700_000_000_000
        assert made.nonce() != made.nonce()
        assert made.today().year >= 2026
    finally:
        wired.cache_clear()


def test_settings_that_cannot_work_are_read_again_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wired.cache_clear()
    monkeypatch.setenv("OFFHOOK_PUBLIC_URL", "http://calls.example.com")
    with pytest.raises(ConfigurationInvalid):
        wired()
    with pytest.raises(ConfigurationInvalid):
        wired()


OPENAI_AGENT = replace(AGENT, models=Models("light", "openai/gpt-6-luna", "light"))


def test_only_an_agent_that_names_openai_needs_its_key() -> None:
    assert isinstance(thinking_for({"default": AGENT}, SETTINGS), ScriptedThinking)
    with pytest.raises(ConfigurationInvalid, match=r"OPENAI_API_KEY is missing; agent default"):
        thinking_for({"default": OPENAI_AGENT}, SETTINGS)
    with_key = replace(SETTINGS, openai_api_key="openai-key")
    assert isinstance(thinking_for({"default": OPENAI_AGENT}, with_key), ThinkingByProvider)


def test_a_fallback_that_is_not_openais_is_refused_at_once() -> None:
    mixed = replace(OPENAI_AGENT, models=Models("light", "openai", "light", ("scripted",)))
    with pytest.raises(ConfigurationInvalid, match="'scripted'"):
        thinking_for({"default": mixed}, replace(SETTINGS, openai_api_key="openai-key"))
