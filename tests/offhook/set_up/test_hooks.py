from dataclasses import replace

import pytest

from calls.errors import ConfigurationInvalid
from offhook.doctor.twilio_rest import NumberHooks
from offhook.set_up.hooks import Change, changes, of_outputs, of_url

AGAIN = "#rc=2&rp=5xx,ct,rt&rt=6000"
WANTED = NumberHooks(
    f"https://a.example/twilio/voice{AGAIN}",
    "POST",
    f"https://a.example/twilio/lifeline{AGAIN}",
    "POST",
    f"https://a.example/twilio/status{AGAIN}",
    "POST",
)
OUTPUTS = {
    "VoiceWebhook": "https://a.example/twilio/voice",
    "VoiceFallbackUrl": "https://a.example/twilio/lifeline",
    "StatusWebhook": "https://a.example/twilio/status",
    "DocsUrl": "https://a.example/docs",
}


def test_webhooks_of_a_url_and_of_a_stack() -> None:
    assert of_url("https://a.example/") == WANTED
    assert of_outputs(OUTPUTS, "offhook-dev") == WANTED


def test_a_stack_of_somebody_else() -> None:
    with pytest.raises(ConfigurationInvalid, match="no output VoiceFallbackUrl, StatusWebhook"):
        of_outputs({"VoiceWebhook": WANTED.voice_url}, "shop")


@pytest.mark.parametrize("url", ["a.example", "wss://a.example", "https://", "https://a.example?x=1"])
def test_addresses_that_twilio_cannot_call(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="Twilio cannot call"):
        of_url(url)


def test_what_changes() -> None:
    assert changes(WANTED, WANTED) == []
    assert changes(replace(WANTED, voice_method="post"), WANTED) == []
    demo = NumberHooks("https://demo.twilio.com/welcome", "GET", "", "POST", WANTED.status_url, "POST", "AP1", "TK1")
    assert changes(demo, WANTED) == [
        Change("TwiML App", "AP1", ""),
        Change("SIP trunk", "TK1", ""),
        Change("A call comes in", "GET https://demo.twilio.com/welcome", f"POST https://a.example/twilio/voice{AGAIN}"),
        Change("Primary handler fails", "", f"POST https://a.example/twilio/lifeline{AGAIN}"),
    ]
