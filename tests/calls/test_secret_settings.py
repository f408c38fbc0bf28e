import pytest

from calls.errors import ConfigurationInvalid
from calls.secret_settings import SecretSettings, read_secret_settings

NAMED = {"OFFHOOK_SECRET": "arn:aws:…", "OFFHOOK_SECRETS_S": "5", "OFFHOOK_SECRETS_GRACE_S": "0"}


def test_without_a_secret_named_the_environment_holds_them_all() -> None:
    assert read_secret_settings({}) == SecretSettings("", 60, 900, "")


def test_where_the_secret_is_and_for_how_long_it_is_kept() -> None:
    assert read_secret_settings(NAMED) == SecretSettings("arn:aws:…", 5, 0, "")
    here = {**NAMED, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}
    assert read_secret_settings(here) == SecretSettings("arn:aws:…", 5, 0, "http://127.0.0.1:4566")


def test_every_wrong_setting_is_named() -> None:
    wrong = {**NAMED, "OFFHOOK_SECRETS_S": "0", "OFFHOOK_SECRETS_GRACE_S": "86401"}
    with pytest.raises(ConfigurationInvalid) as caught:
        read_secret_settings(wrong)
    assert "OFFHOOK_SECRETS_S must be a whole number from 1 to 3600" in caught.value.failure.sentence
    assert "OFFHOOK_SECRETS_GRACE_S must be a whole number from 0 to 86400" in caught.value.failure.sentence


def test_a_secret_is_not_fetched_in_the_clear_from_another_machine() -> None:
    elsewhere = {"AWS_ENDPOINT_URL": "http://elsewhere:4566"}
    with pytest.raises(ConfigurationInvalid, match="AWS_ENDPOINT_URL must begin with https://"):
        read_secret_settings({**NAMED, **elsewhere})
    assert read_secret_settings(elsewhere) == SecretSettings("", 60, 900, "")
