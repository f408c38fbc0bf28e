from datetime import UTC, datetime

from offhook.box.calls import BoxCall, CallPlan, CallStatus, new_sid

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def call(direction: str = "outbound-api") -> BoxCall:
    plan = CallPlan("+14155550100", "+15005550006", "inbound" if direction == "inbound" else "outbound-api")
    return BoxCall("AC1", plan, NOON, sid="CA1")


def test_a_sid_is_two_letters_and_32_digits() -> None:
    assert len(new_sid("CA")) == 34
    assert new_sid("CA") != new_sid("CA")


def test_every_webhook_carries_the_documented_parameters() -> None:
    form = call().form({"Digits": "1"})
    documented = {
        "AccountSid": "AC1",
        "ApiVersion": "2010-04-01",
        "CallSid": "CA1",
        "CallStatus": "queued",
        "Direction": "outbound-api",
        "From": "+15005550006",
        "To": "+14155550100",
        "Digits": "1",
    }
    assert documented.items() <= form.items()
    assert form["FromCity"] == ""
    assert "StirVerstat" not in form
    assert call("inbound").form()["StirVerstat"] == "TN-Validation-Passed-A"


def test_duration_is_shown_once_the_call_is_over() -> None:
    live = call()
    assert (live.as_json()["duration"], live.as_json()["end_time"]) == (None, None)
    live.status, live.duration_s, live.ended = CallStatus.COMPLETED, 61, NOON
    assert live.over
    assert live.as_json()["duration"] == "61"
    assert live.as_json()["end_time"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert live.as_json()["uri"] == "/2010-04-01/Accounts/AC1/Calls/CA1.json"
