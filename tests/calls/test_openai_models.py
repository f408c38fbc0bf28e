from dataclasses import replace
from datetime import date

import pytest

from calls import openai_models
from calls.agent import Agent, Models
from calls.errors import ConfigurationInvalid
from tests.fakes.agents import AGENT


def agent(reply: str, *fallbacks: str) -> Agent:
    return replace(AGENT, models=Models("light", reply, "light", fallbacks))


def test_models_in_order_none_twice() -> None:
    named = agent("openai", "openai/gpt-5.4-mini", "openai/gpt-6-luna")
    assert openai_models.reply_models(named) == ("gpt-6-luna", "gpt-5.4-mini")


@pytest.mark.parametrize(
    ("reply", "names"), [("openai", True), ("openai/x", True), ("scripted", False), ("openai2", 0)]
)
def test_whose_model_it_is(reply: str, names: bool) -> None:
    assert openai_models.names_openai(agent(reply)) is bool(names)


def test_another_providers_fallback_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="'scripted' cannot stand in"):
        openai_models.reply_models(agent("openai", "scripted"))


def test_the_default_model_stays() -> None:
    assert openai_models.shutdown_of(openai_models.DEFAULT_MODEL) is None


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-4o", date(2027, 1, 14)),
        ("gpt-4o-2024-11-20", date(2027, 1, 14)),
        ("gpt-4o-2024-05-13", date(2026, 10, 23)),
        ("gpt-5-mini-2025-08-07", date(2026, 12, 11)),
        ("gpt-6-luna", None),
        ("gpt-5.4-mini", None),
    ],
)
def test_when_a_model_goes(model: str, day: date | None) -> None:
    assert openai_models.shutdown_of(model) == day


def test_a_sentence_for_each_model_that_goes() -> None:
    named = agent("openai/gpt-5", "openai/gpt-4.1-nano", "openai/gpt-6-luna")
    assert openai_models.warnings(named, date(2026, 11, 22)) == (
        "Agent default replies with openai/gpt-5, which will be shut down on 2026-12-11; name another model.",
        "Agent default replies with openai/gpt-4.1-nano, which was shut down on 2026-10-23; name another model.",
    )


@pytest.mark.parametrize(
    ("model", "verbosity", "no_reasoning"),
    [
        ("gpt-6-luna", True, True),
        ("gpt-5.4-mini", True, True),
        ("gpt-5", True, False),
        ("gpt-5.2-chat-latest", True, False),
        ("gpt-4.1", False, False),
        ("llama-4", False, False),
    ],
)
def test_what_a_model_takes(model: str, verbosity: bool, no_reasoning: bool) -> None:
    assert openai_models.takes_verbosity(model) is verbosity
    assert openai_models.needs_no_reasoning(model) is no_reasoning


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("", ""),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
        ("https://proxy.example.com/openai", "https://proxy.example.com/openai"),
    ],
)
def test_a_base_with_its_version(base: str, url: str) -> None:
    assert openai_models.versioned(base) == url
