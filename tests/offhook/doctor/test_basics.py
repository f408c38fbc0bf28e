from dataclasses import replace

import pytest

from offhook.doctor.basics import judge
from offhook.doctor.finding import State
from offhook.doctor.settings import DoctorSettings, read

GOOD = DoctorSettings("https://a.example", account_sid="AC" + "0" * 32, auth_token="a" * 32, from_number="+15005550006")


def test_settings_that_are_well_formed() -> None:
    assert judge(GOOD).state is State.PASS


@pytest.mark.parametrize(
    ("settings", "saw"),
    [
        (replace(GOOD, account_sid="SK" + "0" * 32), "is an API key"),
        (replace(GOOD, auth_token=""), "TWILIO_AUTH_TOKEN is missing"),
        (replace(GOOD, auth_token="short"), "too short"),
        (replace(GOOD, from_number="5005550006"), "E.164"),
        (replace(GOOD, stream_secret="short"), "OFFHOOK_STREAM_SECRET must have 16"),
    ],
)
def test_settings_in_the_wrong_place(settings: DoctorSettings, saw: str) -> None:
    finding = judge(settings)
    assert finding.state is State.FAIL
    assert saw in finding.saw


def test_settings_are_read_by_the_deployments_own_names() -> None:
    source = {"OFFHOOK_PUBLIC_URL": " https://a.example ", "OPENAI_API_KEY": "k" * 20, "TWILIO_AUTH_TOKEN": "t" * 32}
    settings = read(source)
    assert settings.public_url == "https://a.example"
    assert settings.vendors["openai"].base_url == "https://api.openai.com/v1"
    assert set(settings.secrets) == {"k" * 20, "t" * 32}
