from datetime import UTC, datetime

import pytest

from offhook.doctor.finding import State
from offhook.doctor.twilio_account import judge_account, judge_alerts, judge_refused
from offhook.doctor.twilio_rest import Account, LoggedAlert, Refused

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("account", "state"),
    [
        (Account("active", "Full"), State.PASS),
        (Account("active", "Trial"), State.WARN),
        (Account("suspended", "Full"), State.FAIL),
    ],
)
def test_accounts(account: Account, state: State) -> None:
    assert judge_account(account).state is state


@pytest.mark.parametrize(
    ("refused", "state"),
    [
        (Refused(401, 20003), State.FAIL),
        (Refused(404, 20404), State.FAIL),
        (Refused(500, 20500), State.WARN),
        (Refused(0), State.WARN),
    ],
)
def test_an_answer_that_did_not_come_proves_nothing(refused: Refused, state: State) -> None:
    assert judge_refused(refused).state is state


def test_alerts_are_counted_explained_and_never_fail() -> None:
    found = [LoggedAlert(code, "error", NOW) for code in (31920, 11200, 31920)]
    finding = judge_alerts(found)
    assert finding.state is State.WARN
    assert "31920 2×: The streamer did not accept the audio stream." in finding.saw
    assert "See `stream-upgrade` in this table." in finding.remedy


def test_what_twilio_writes_after_every_stream_is_no_news() -> None:
    assert judge_alerts([LoggedAlert(31921, "error", NOW), LoggedAlert(11200, "notice", NOW)]).state is State.PASS


def test_a_code_that_is_rare_has_a_page() -> None:
    assert "https://www.twilio.com/docs/api/errors/99999" in judge_alerts([LoggedAlert(99999, "error", NOW)]).remedy
