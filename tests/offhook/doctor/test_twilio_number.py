from dataclasses import replace

import pytest

from offhook.doctor.finding import State
from offhook.doctor.twilio_number import countries_of, judge_geo, judge_number
from offhook.doctor.twilio_rest import NumberHooks
from offhook.set_up.hooks import of_url

URL, NUMBER = "https://calls.example.com", "+14155550100"
GOOD = of_url(URL)
BARE = NumberHooks(f"{URL}/twilio/voice", "POST", f"{URL}/twilio/lifeline", "POST", f"{URL}/twilio/status", "POST")


@pytest.mark.parametrize(
    ("hooks", "state", "saw"),
    [
        (GOOD, State.PASS, "by POST"),
        (BARE, State.WARN, "gives its webhooks one try"),
        (replace(GOOD, voice_url=f"{URL}/twilio/voice#rc=1"), State.PASS, "again where it fails"),
        (None, State.FAIL, "has no number +1415…00"),
        (replace(GOOD, voice_url="https://demo.twilio.com/welcome"), State.FAIL, "asks demo.twilio.com/welcome"),
        (replace(GOOD, voice_url=""), State.FAIL, "a call asks nothing"),
        (replace(GOOD, voice_method="GET"), State.FAIL, "asks with HTTP GET"),
        (replace(GOOD, application_sid="AP1"), State.FAIL, "given to a TwiML App"),
        (replace(GOOD, trunk_sid="TK1"), State.FAIL, "given to a SIP trunk"),
        (replace(GOOD, status_url=""), State.WARN, "status callback is not set"),
        (replace(GOOD, status_method="GET"), State.WARN, "not ours, or not POST"),
        (replace(GOOD, fallback_url=""), State.WARN, "has no fallback URL"),
    ],
)
def test_where_a_number_leads(hooks: NumberHooks | None, state: State, saw: str) -> None:
    finding = judge_number(hooks, NUMBER, URL)
    assert finding.state is state
    assert saw in finding.saw
    assert NUMBER not in repr(finding)


def test_countries_are_found_for_numbers_that_nobody_has_too() -> None:
    assert countries_of(["+493012345678", "", "+15551230101", "+15005550006", "nonsense"]) == ["DE", "US"]


def test_a_country_that_is_off() -> None:
    assert judge_geo(["US", "DE"], []).state is State.PASS
    finding = judge_geo(["US", "DE"], ["DE"])
    assert finding.state is State.FAIL
    assert "21215" in finding.saw
