from datetime import date

import httpx
import pytest

from offhook.doctor.finding import State
from offhook.doctor.openai_key import _day, judge


@pytest.mark.parametrize(
    ("status", "error", "state", "saw"),
    [
        (200, {}, State.PASS, "a reply was given"),
        (401, {"code": "invalid_api_key"}, State.FAIL, "does not accept OPENAI_API_KEY"),
        (429, {"code": "insufficient_quota"}, State.FAIL, "quota"),
        (429, {"code": "rate_limit_exceeded"}, State.WARN, ""),
        (404, {"code": "model_not_found"}, State.WARN, "OpenAI has no model gpt-6-luna"),
        (503, {}, State.WARN, ""),
    ],
)
def test_what_an_answer_says_of_the_key(status: int, error: dict[str, str], state: State, saw: str) -> None:
    finding = judge(httpx.Response(status, json={"error": error}), "gpt-6-luna")
    assert finding.state is state
    assert saw in finding.saw


def test_no_answer() -> None:
    assert judge(None, "its list of models").state is State.FAIL


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2027-01-20", date(2027, 1, 20)),
        ("2027-01-20T00:00:00Z", date(2027, 1, 20)),
        (1_800_403_200, date(2027, 1, 20)),
        (None, None),
    ],
)
def test_a_shutdown_date_in_any_shape(told: object, day: date | None) -> None:
    assert _day(told) == day
