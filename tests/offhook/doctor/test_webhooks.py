import pytest

from offhook.doctor.finding import State
from offhook.doctor.webhooks import Answer, form_of, judge_refusal, judge_signature

URL = "https://calls.example.com"


@pytest.mark.parametrize(
    ("answer", "saw"),
    [
        (Answer(0, body="ConnectError"), "broke the connection off (ConnectError)"),
        (Answer(404), "there is no such webhook"),
        (Answer(301, location="https://elsewhere"), "redirects (HTTP 301)"),
        (Answer(401), "asks for a password"),
        (Answer(502), "answers HTTP 502"),
    ],
)
def test_answers_that_are_not_ours(answer: Answer, saw: str) -> None:
    for finding in (judge_refusal(answer, URL), judge_signature(answer, URL, 50)):
        assert finding.state is State.FAIL
        assert saw in finding.saw
        assert finding.cause
        assert finding.remedy


def test_a_stranger_must_be_refused_and_twilio_must_not() -> None:
    assert judge_refusal(Answer(403), URL).state is State.PASS
    assert judge_refusal(Answer(204), URL).state is State.FAIL
    assert judge_signature(Answer(200), URL, 50).state is State.PASS
    assert judge_signature(Answer(200), URL, 4_001).state is State.WARN
    refused = judge_signature(Answer(403), URL, 50)
    assert refused.state is State.FAIL
    assert f"OFFHOOK_PUBLIC_URL is not exactly {URL}" in refused.cause


def test_the_made_up_call_says_whose_it_is() -> None:
    form = form_of("CA1", "AC1", "+15005550006", "in-progress")
    assert (form["From"], form["Direction"], form["CallStatus"]) == ("offhook-doctor", "inbound", "in-progress")
