import pytest

from calls.errors import ConfigurationInvalid
from calls.settings_fields import SettingsFields


def problems_of(name: str, kind: str, value: str) -> list[str]:
    fields = SettingsFields({name: value})
    getattr(fields, kind)(name)
    return fields.problems


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("https_url", "https://calls.example.com"),
        ("https_url", "https://calls.example.com:8443/base"),
        ("https_url", "http://127.0.0.1:8080"),
        ("https_url", "http://[::1]:8080"),
        ("https_url", "http://localhost:8080"),
        ("wss_url", "wss://stream.example.com"),
        ("wss_url", "ws://127.0.0.1:9090"),
        ("secret", "sixteen, letters"),
        ("secrets", "sixteen-letters1, sixteen-letters2"),
        ("text", "calls"),
    ],
)
def test_good_settings(kind: str, value: str) -> None:
    assert problems_of("NAME", kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("https_url", "", "NAME is missing"),
        ("https_url", "   ", "NAME is missing"),
        ("https_url", "http://calls.example.com", "must begin with https://"),
        ("https_url", "http://127.0.0.1.example.com", "must begin with https://"),
        ("https_url", "wss://calls.example.com", "must be a URL that begins with https://"),
        ("https_url", "calls.example.com", "must be a URL that begins with https://"),
        ("https_url", "https://", "must be a URL that begins with https://"),
        ("https_url", "https://calls.example.com/", "must not end with a slash"),
        ("https_url", "https://calls.example.com?a=b", "without user, query or fragment"),
        ("https_url", "https://calls.example.com?", "without user, query or fragment"),
        ("https_url", "https://user:pw@calls.example.com", "without user, query or fragment"),
        ("https_url", "https://calls.example.com:99999", "is not a URL"),
        ("https_url", "https://[::1", "is not a URL"),
        ("https_url", "https://calls.exa mple.com", "must be a URL that begins with https://"),
        ("wss_url", "ws://stream.example.com", "must begin with wss://"),
        ("wss_url", "https://stream.example.com", "must be a URL that begins with wss://"),
        ("secret", "fifteen-letters", "at least 16 characters"),
        ("secrets", "sixteen-letters1,short", "at least 16 characters"),
        ("secrets", "sixteen-letters1,", "at least 16 characters"),
        ("text", "", "NAME is missing"),
    ],
)
def test_wrong_settings(kind: str, value: str, problem: str) -> None:
    found = problems_of("NAME", kind, value)
    assert len(found) == 1
    assert found[0].startswith("NAME ")
    assert problem in found[0]


def test_values_come_back_whole_and_trimmed() -> None:
    fields = SettingsFields(
        {"A": " https://a.example ", "B": "one-secret, with a comma", "C": "k" * 16 + " , " + "l" * 16}
    )
    assert fields.https_url("A") == "https://a.example"
    assert fields.secret("B") == "one-secret, with a comma"
    assert fields.secrets("C") == ("k" * 16, "l" * 16)


def test_defaults_stand_in_for_absent_and_empty_settings() -> None:
    fields = SettingsFields({"EMPTY": ""})
    assert fields.text("EMPTY", "default") == "default"
    assert fields.wss_url("ABSENT", "") == ""
    assert fields.secret("ABSENT", "") == ""
    assert fields.secrets("ABSENT", "") == ()
    assert fields.port() == 8080
    assert fields.problems == []


@pytest.mark.parametrize("value", ["-1", "65536", "eighty", "8080.0", "\u0668", "9" * 5000])
def test_a_port_is_a_whole_number_within_bounds(value: str) -> None:
    fields = SettingsFields({"PORT": value})
    assert fields.port() == 8080
    assert fields.problems == ["PORT must be a whole number from 0 to 65535"]


def test_one_sentence_names_every_wrong_setting_and_no_value() -> None:
    fields = SettingsFields({"OFFHOOK_STREAM_SECRET": "hunter2"})
    fields.https_url("OFFHOOK_PUBLIC_URL")
    fields.secret("OFFHOOK_STREAM_SECRET")
    with pytest.raises(ConfigurationInvalid) as caught:
        fields.finish()
    assert caught.value.failure.sentence == (
        "The settings cannot work: OFFHOOK_PUBLIC_URL is missing; "
        "OFFHOOK_STREAM_SECRET must be at least 16 characters long."
    )


def test_nothing_wrong_nothing_raised() -> None:
    SettingsFields({}).finish()
