import contextlib
import json
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from calls.agent import Models
from calls.errors import ConfigurationInvalid, SecretsUnavailable
from calls.record import Mode
from handlers.thinking import ScriptedThinking, ThinkingByProvider
from handlers.watch_queue import NoWatch, SqsWatch
from handlers.wiring import forget, ladders_within_reach, thinking_for, watch_queue_for, wired
from tests.fakes.agents import AGENT
from tests.handlers.desk import SETTINGS, House
from tests.handlers.test_settings import GOOD

AGENTS = Path(__file__).parents[2] / "functions" / "agents"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:offhook/wiring"


def secret_of(auth_token: str) -> str:
    return json.dumps({"TWILIO_AUTH_TOKEN": auth_token, "OFFHOOK_STREAM_SECRET": "s" * 64})


@pytest.fixture
def secret_of_the_stack(monkeypatch: pytest.MonkeyPatch, dynamo_endpoint: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    for name, value in {**keys, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    secrets, name = boto3.client("secretsmanager", endpoint_url=dynamo_endpoint), SECRET_ARN.rsplit(":", 1)[1]
    with contextlib.suppress(secrets.exceptions.ResourceNotFoundException):
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name=name, SecretString=secret_of("t" * 32))


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
    forget()
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
        forget()


def test_settings_that_cannot_work_are_read_again_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setenv("OFFHOOK_PUBLIC_URL", "http://calls.example.com")
    with pytest.raises(ConfigurationInvalid):
        wired()
    with pytest.raises(ConfigurationInvalid):
        wired()


@pytest.mark.usefixtures("secret_of_the_stack")
def test_a_changed_secret_is_wired_with_the_same_store(monkeypatch: pytest.MonkeyPatch, dynamo_endpoint: str) -> None:
    forget()
    secrets = boto3.client("secretsmanager", endpoint_url=dynamo_endpoint)
    lambdas_own = {"AWS_ENDPOINT_URL": dynamo_endpoint, "OFFHOOK_SECRET": SECRET_ARN, "OFFHOOK_SECRETS_S": "3600"}
    given = {**GOOD, "OFFHOOK_AGENTS": str(AGENTS), **lambdas_own}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    try:
        before = wired()
        assert (before.settings.twilio_auth_token, before.settings.earlier_auth_tokens) == ("t" * 32, ())
        assert wired() is before
        assert before.rewired() is None
        secrets.put_secret_value(SecretId=SECRET_ARN.rsplit(":", 1)[1], SecretString=secret_of("r" * 32))
        assert wired() is before, "kept for its time"
    finally:
        forget()
    try:
        fresh = wired()
        assert (fresh.settings.twilio_auth_token, fresh.settings.earlier_auth_tokens) == ("r" * 32, ("t" * 32,))
        secrets.put_secret_value(SecretId=SECRET_ARN.rsplit(":", 1)[1], SecretString=secret_of("s" * 32))
        rewired = fresh.rewired()
        assert rewired is not None
        assert rewired is wired()
        assert rewired.settings.twilio_auth_token == "s" * 32
        assert rewired.settings.earlier_auth_tokens == ("r" * 32, "t" * 32)
        assert (rewired.store, rewired.agents) == (fresh.store, fresh.agents)
    finally:
        forget()


@pytest.mark.usefixtures("secret_of_the_stack")
def test_a_secret_that_cannot_be_read_any_more_serves_on_and_it_is_told(
    monkeypatch: pytest.MonkeyPatch, dynamo_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    forget()
    told_in = {"OFFHOOK_METRICS_NAMESPACE": "Offhook/test"}
    lambdas_own = {"AWS_ENDPOINT_URL": dynamo_endpoint, "OFFHOOK_SECRET": SECRET_ARN, "OFFHOOK_SECRETS_S": "1"}
    for name, value in {**GOOD, "OFFHOOK_AGENTS": str(AGENTS), **lambdas_own, **told_in}.items():
        monkeypatch.setenv(name, value)
    try:
        before = wired()
        secrets = boto3.client("secretsmanager", endpoint_url=dynamo_endpoint)
        secrets.delete_secret(SecretId=SECRET_ARN.rsplit(":", 1)[1], ForceDeleteWithoutRecovery=True)
        assert before.rewired() is None
        assert wired() is before
        printed = capsys.readouterr().out
        assert '"SecretsStale":1' in printed.replace(" ", "")
        assert "secrets-resourcenotfoundexception" in printed
    finally:
        forget()
    monkeypatch.setenv("OFFHOOK_SECRET", f"{SECRET_ARN}-nowhere")
    with pytest.raises(SecretsUnavailable, match="ResourceNotFoundException"):
        wired()
    forget()


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
