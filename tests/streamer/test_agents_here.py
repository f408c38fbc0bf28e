"""What becomes of agents whose speech is not installed."""

import logging
from dataclasses import replace

import pytest

from calls import agent_files
from calls.agent import Agent
from calls.record import Mode
from streamer.agents_here import able
from streamer.settings import SHIPPED_AGENTS


@pytest.fixture
def embedded() -> Agent:
    return agent_files.load(SHIPPED_AGENTS)["default"]


def test_where_speech_is_installed_nothing_is_taken_away(embedded: Agent) -> None:
    assert able([embedded], has_embedded=True) == [embedded]


def test_without_it_an_agent_loses_its_pipeline_and_the_log_says_so(
    embedded: Agent, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        (left,) = able([embedded], has_embedded=False)
    assert left == replace(embedded, modes=(Mode.TRADITIONAL,))
    assert "agent default has no pipeline mode here" in caplog.text


def test_an_agent_on_vendors_keeps_it(embedded: Agent) -> None:
    models = replace(embedded.models, recogniser="deepgram/flux-general-en", speech="elevenlabs/eleven_flash_v2_5")
    vendors = replace(embedded, models=models)
    assert able([vendors], has_embedded=False) == [vendors]
