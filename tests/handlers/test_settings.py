from pathlib import Path

import pytest

from calls.errors import ConfigurationInvalid
from calls.secret_versions import SecretVersions
from handlers.settings import SECRETS, read, with_secrets

GOOD = {
    "OFFHOOK_PUBLIC_URL": "https://calls.example.com",
    "OFFHOOK_STREAM_URL": "wss://stream.example.com",
    "OFFHOOK_STREAM_SECRET": "a-secret-for-stream-tokens",
    "OFFHOOK_TABLE": "calls",
    "OFFHOOK_AGENTS": "functions/agents",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "the-auth-token-of-the-account",
}


def test_the_fewest_settings_that_work() -> None:
    settings = read(GOOD)
    assert settings.agents == Path("functions/agents")
    assert (settings.inbound_agent, settings.from_number, settings.api_keys) == ("default", "", ())
    assert (settings.twilio_base_url, settings.aws_endpoint_url) == ("", "")
    assert (settings.watchdog_queue, settings.watchdog_s) == ("", 3)
    assert (settings.climb, settings.lifeline_number) == (False, "")


def test_every_setting() -> None:
    settings = read(
        {
            **GOOD,
            "OFFHOOK_INBOUND_AGENT": "reception",
            "OFFHOOK_FROM_NUMBER": "+14155550100",
            "OFFHOOK_API_KEYS": "a-key-of-the-calls-api,another-key-of-the-api",
            "TWILIO_BASE_URL": "http://127.0.0.1:9000",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
            "OPENAI_API_KEY": "openai-key",
            "OPENAI_BASE_URL": "http://127.0.0.1:9001/v1",
            "OFFHOOK_WATCHDOG_QUEUE": "https://sqs.us-east-1.amazonaws.com/1/watchdog",
            "OFFHOOK_WATCHDOG_S": "5",
            "OFFHOOK_CLIMB": "1",
            "OFFHOOK_LIFELINE_NUMBER": "+14155550177",
        }
    )
    assert settings.inbound_agent == "reception"
    assert settings.watchdog_queue == "https://sqs.us-east-1.amazonaws.com/1/watchdog"
    assert (settings.watchdog_s, settings.climb, settings.lifeline_number) == (5, True, "+14155550177")
    assert settings.api_keys == ("a-key-of-the-calls-api", "another-key-of-the-api")
    assert settings.twilio_base_url == "http://127.0.0.1:9000"
    assert (settings.openai_api_key, settings.openai_base_url) == ("openai-key", "http://127.0.0.1:9001/v1")


def test_without_a_streamer() -> None:
    assert read({**GOOD, "OFFHOOK_STREAM_URL": ""}).stream_url == ""


def test_one_sentence_names_every_wrong_setting() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        read(
            {
                **GOOD,
                "OFFHOOK_PUBLIC_URL": "http://calls.example.com",
                "TWILIO_AUTH_TOKEN": "short",
                "OFFHOOK_TABLE": "",
            }
        )
    sentence = caught.value.failure.sentence
    assert all(name in sentence for name in ("OFFHOOK_PUBLIC_URL", "TWILIO_AUTH_TOKEN", "OFFHOOK_TABLE"))
    assert "short" not in sentence.replace("shorter", "")


def test_the_secret_has_the_last_word_and_nothing_else_of_it_is_taken() -> None:
    held = {name: f"{name.lower()}-in-the-secret" for name in SECRETS} | {"OFFHOOK_TABLE": "another", "MORE": "x"}
    settings = with_secrets(GOOD, SecretVersions(held), 0.0)
    assert settings.twilio_auth_token == "twilio_auth_token-in-the-secret"
    assert settings.stream_secret == "offhook_stream_secret-in-the-secret"
    assert settings.webhook_secret == "offhook_webhook_secret-in-the-secret"
    assert settings.api_keys == ("offhook_api_keys-in-the-secret",)
    assert (settings.openai_api_key, settings.table) == ("openai_api_key-in-the-secret", "calls")
    assert (settings.earlier_auth_tokens, settings.earlier_webhook_secrets) == ((), ())


def test_what_was_good_before_stands_beside_it_for_its_time() -> None:
    before = {"TWILIO_AUTH_TOKEN": "the-token-before", "OFFHOOK_WEBHOOK_SECRET": "the-webhook-secret-before"}
    versions = SecretVersions({"TWILIO_AUTH_TOKEN": "the-token-of-now-"}, ((before, 100.0),))
    settings = with_secrets(GOOD, versions, 99.0)
    assert settings.earlier_auth_tokens == ("the-token-before",)
    assert settings.earlier_webhook_secrets == ("the-webhook-secret-before",)
    assert with_secrets(GOOD, versions, 100.0).earlier_auth_tokens == ()


def test_a_secret_that_lacks_what_is_needed_is_named() -> None:
    with pytest.raises(ConfigurationInvalid, match="OFFHOOK_STREAM_SECRET is missing"):
        with_secrets({**GOOD, "OFFHOOK_STREAM_SECRET": ""}, SecretVersions({}), 0.0)
