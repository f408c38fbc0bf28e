from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from offhook.box.alerts import AlertLog
from offhook.box.ports import Alert

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAILED = Alert(11200, "error", "CA1", "The answer was HTTP 500.", "https://a.example/voice")
WARNED = Alert(12200, "warning", "CA2", "Element 'Foo' is not a TwiML verb.")


def test_an_alert_reads_like_twilios() -> None:
    log = AlertLog("AC1", now=lambda: NOON)
    log.add(FAILED)
    (logged,) = log.select()
    shown = log.as_json(logged)
    assert logged.sid.startswith("NO")
    assert len(logged.sid) == 34
    assert shown["error_code"] == "11200"
    assert shown["log_level"] == "error"
    assert shown["resource_sid"] == "CA1"
    assert shown["request_url"] == "https://a.example/voice"
    assert shown["date_created"] == "2026-11-22T12:00:00Z"
    assert shown["more_info"] == "https://www.twilio.com/docs/errors/11200"
    assert parse_qs(str(shown["alert_text"]))["Msg"] == ["The answer was HTTP 500."]


def test_newest_first_and_filtered() -> None:
    moments = iter([NOON, NOON.replace(hour=13)])
    log = AlertLog("AC1", now=lambda: next(moments))
    log.add(FAILED)
    log.add(WARNED)
    assert [logged.alert for logged in log.select()] == [WARNED, FAILED]
    assert [logged.alert for logged in log.select(level="error")] == [FAILED]
    assert [logged.alert for logged in log.select(start=NOON.replace(hour=13))] == [WARNED]
    assert [logged.alert for logged in log.select(end=NOON.replace(hour=13))] == [FAILED]
    assert log.codes("CA2") == [12200]


def test_only_so_many_are_kept() -> None:
    log = AlertLog("AC1", keep=2)
    log.add(FAILED)
    log.add(WARNED)
    log.add(WARNED)
    assert len(log) == 2
    assert log.codes("CA1") == []


def test_each_is_told_once() -> None:
    told: list[Alert] = []
    log = AlertLog("AC1", on_alert=told.append)
    log.add(WARNED)
    assert told == [WARNED]


def test_a_level_that_twilio_has_not() -> None:
    log = AlertLog("AC1")
    with pytest.raises(ValueError, match="fatal"):
        log.add(Alert(1, "fatal", "CA1", ""))
