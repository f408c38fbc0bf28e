from datetime import UTC, datetime

import pytest
from starlette.datastructures import FormData

from offhook.box.call_requests import CallUpdate, RestError, plan, update
from offhook.box.calls import BoxCall, CallPlan, CallStatus, Hook

OURS = "+15005550006"
WANTED = {"To": "+14155550100", "From": OURS, "Url": "https://a.example/voice"}
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def asked(changes: dict[str, str]) -> FormData:
    return FormData(WANTED | changes)


def call(status: CallStatus) -> BoxCall:
    return BoxCall("AC1", CallPlan("+14155550100", OURS, "outbound-api"), NOON, status=status)


def refused_update(changes: dict[str, str], status: CallStatus) -> int:
    with pytest.raises(RestError) as refused:
        update(FormData(changes), call(status))
    assert refused.value.status == 400
    return refused.value.code


def test_a_plan_with_nothing_but_the_necessary() -> None:
    assert plan(asked({}), {OURS}) == (
        CallPlan("+14155550100", OURS, "outbound-api", voice=Hook("https://a.example/voice", "POST")),
        [],
    )


def test_a_plan_with_everything() -> None:
    changes = {
        "To": "(415) 555-0100",
        "Method": "GET",
        "FallbackUrl": "https://a.example/fallback",
        "StatusCallback": "https://a.example/status",
        "StatusCallbackMethod": "GET",
        "Timeout": "20",
        "TimeLimit": "600",
        "Record": "true",
    }
    form = FormData([*(WANTED | changes).items(), ("StatusCallbackEvent", "ringing"), ("StatusCallbackEvent", "tired")])
    assert plan(form, {OURS}) == (
        CallPlan(
            "+14155550100",
            OURS,
            "outbound-api",
            voice=Hook("https://a.example/voice", "GET"),
            fallback=Hook("https://a.example/fallback", "POST"),
            status_callback=Hook("https://a.example/status", "GET"),
            status_events=frozenset({"ringing"}),
            timeout_s=20,
            time_limit_s=600,
        ),
        ["tired"],
    )


def test_twiml_of_4000_characters_passes() -> None:
    twiml = f"<Response>{' ' * 3979}</Response>"
    assert len(twiml) == 4000
    assert plan(asked({"Url": "", "Twiml": twiml}), {OURS})[0].twiml == twiml


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21201),
        ({"From": ""}, 21213),
        ({"To": "+1415"}, 21211),
        ({"To": "somebody"}, 21211),
        ({"From": "+1"}, 21212),
        ({"From": "+15005550001"}, 21210),
        ({"Url": "/voice"}, 21205),
        ({"Url": "ftp://a.example"}, 21205),
        ({"Url": "https://a example"}, 21205),
        ({"Url": ""}, 21205),
        ({"Twiml": "<Response/>"}, 20001),
        ({"Url": "", "Twiml": "a" * 4001}, 32018),
        ({"Method": "PUT"}, 21209),
        ({"Timeout": "601"}, 21208),
        ({"Timeout": "soon"}, 21208),
        ({"TimeLimit": "0"}, 20001),
        ({"StatusCallback": "nowhere"}, 21609),
        ({"FallbackUrl": "nowhere"}, 21205),
        ({"FallbackMethod": "post"}, 21209),
    ],
)
def test_plans_that_twilio_would_not_take(changes: dict[str, str], code: int) -> None:
    with pytest.raises(RestError) as refused:
        plan(asked(changes), {OURS})
    assert (refused.value.status, refused.value.code) == (400, code)


def test_updates_of_a_call_in_progress() -> None:
    live = call(CallStatus.IN_PROGRESS)
    assert update(FormData({"Status": "completed"}), live) == CallUpdate(end="completed")
    assert update(FormData({"Twiml": "<Response/>"}), live) == CallUpdate(to="<Response/>")
    assert update(FormData({"TimeLimit": "9"}), live) == CallUpdate(time_limit_s=9)
    assert update(FormData({"Url": "http://a/b", "FallbackUrl": "http://a/c"}), live) == CallUpdate(
        to=Hook("http://a/b"), fallback=Hook("http://a/c")
    )


def test_updates_that_twilio_would_not_take() -> None:
    assert refused_update({"Status": "completed"}, CallStatus.COMPLETED) == 21220
    assert refused_update({"Url": "http://a/b"}, CallStatus.RINGING) == 21220
    assert refused_update({"Status": "busy"}, CallStatus.IN_PROGRESS) == 20001
    assert refused_update({"Status": "completed", "Url": "http://a/b"}, CallStatus.IN_PROGRESS) == 20001
