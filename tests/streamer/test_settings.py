"""The streamer's settings."""

from pathlib import Path

import pytest

from calls.errors import ConfigurationInvalid
from streamer.settings import SHIPPED_AGENTS, read

LEAST = {"OFFHOOK_STREAM_SECRET": "s" * 32, "OFFHOOK_TABLE": "calls"}


def test_the_least_is_a_secret_and_a_table() -> None:
    settings = read(LEAST)
    assert (settings.port, settings.agents, settings.stream_url) == (8080, SHIPPED_AGENTS, "")
    assert (SHIPPED_AGENTS / "default.toml").is_file()


def test_everything_can_be_set() -> None:
    more = {
        "OFFHOOK_STREAM_URL": "wss://voice.example.com",
        "TWILIO_AUTH_TOKEN": "a" * 32,
        "OFFHOOK_AGENTS": "/agents",
        "PORT": "0",
        "OFFHOOK_BIND": "127.0.0.1",
        "OFFHOOK_MAX_CALLS": "7",
        "OFFHOOK_DRAIN_S": "5",
        "OFFHOOK_MAX_LAG_MS": "250",
    }
    settings = read({**LEAST, **more})
    assert (settings.stream_url, settings.agents, settings.port) == ("wss://voice.example.com", Path("/agents"), 0)
    assert (settings.bind, settings.max_calls, settings.drain_s) == ("127.0.0.1", 7, 5.0)
    assert settings.max_lag_ms == 250.0


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"OFFHOOK_STREAM_SECRET": ""}, "OFFHOOK_STREAM_SECRET"),
        ({"OFFHOOK_TABLE": ""}, "OFFHOOK_TABLE"),
        ({"OFFHOOK_STREAM_URL": "https://voice.example.com"}, "OFFHOOK_STREAM_URL"),
        ({"OFFHOOK_STREAM_URL": "wss://voice.example.com"}, "TWILIO_AUTH_TOKEN"),
        ({"PORT": "http"}, "PORT"),
    ],
)
def test_nonsense_is_refused_by_name(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        read({**LEAST, **wrong})
    assert named in refused.value.failure.sentence
