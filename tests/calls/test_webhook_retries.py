"""The fragments are what Twilio documents, and what a webhook's signature leaves out."""

import pytest
from twilio.request_validator import RequestValidator

from calls.webhook_retries import QUICK, THINKING, bare
from offhook.box.signature import sign
from offhook.box.webhooks import Timings, overrides

VOICE = "https://calls.example.com/twilio/voice"
FORM = {"CallSid": "CA1", "From": "+14155550123"}


@pytest.mark.parametrize(("fragment", "read_ms"), [(QUICK, 6_000), (THINKING, 10_000)])
def test_twilio_asks_twice_more_and_has_fifteen_seconds_in_all(fragment: str, read_ms: int) -> None:
    policy = frozenset({"5xx", "ct", "rt"})
    assert overrides(f"{VOICE}{fragment}", Timings()) == Timings(5_000, read_ms, 15_000, retries=2, retry_on=policy)


def test_what_is_signed_is_the_url_without_it() -> None:
    signature = sign("token", f"{VOICE}{QUICK}", FORM)
    assert bare(f"{VOICE}{QUICK}") == bare(VOICE) == VOICE
    assert RequestValidator("token").validate(VOICE, FORM, signature)
