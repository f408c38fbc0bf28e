"""What the handlers tell of calls, as it happens."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from calls import metrics
from calls.errors import ProviderFailed
from calls.metrics import measure
from calls.record import Mode
from calls.reply import Reply
from handlers import measures, resume, stream_status, turn, voice, webhook
from handlers.after_call_measures import call_is_told
from tests.fakes.agents import AGENT
from tests.handlers.after_call_world import ENDED, Killed, world
from tests.handlers.desk import House, ScriptedReplies
from tests.handlers.test_watchdog import Twilio, answered, message, run
from tests.offhook.calls_made import CONVERSATION, RECORD

Told = Callable[[], list[tuple[str, dict[str, str], Any]]]
CALLER = {"From": "+14155550123", "To": "+14155550100"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """The metrics told since the last look: name, dimensions without the service, and values."""
    monkeypatch.setenv(measures.NAMESPACE, "Offhook/test")

    def look() -> list[tuple[str, dict[str, str], Any]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
        found = []
        for line in lines:
            (directive,) = line["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "Offhook/test"
            names = {name for names in directive["Dimensions"] for name in names} - {"service"}
            for metric in directive["Metrics"]:
                found.append((metric["Name"], {name: line[name] for name in names}, line[metric["Name"]]))
        return found

    return look


def test_nothing_is_told_where_no_namespace_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert measures.tell([measure(metrics.WATCHDOG, 1)], {}) is False
    assert capsys.readouterr().out == ""


def test_a_stream_that_stands_is_told_once_with_the_time_it_took(told: Told) -> None:
    house = answered()
    told()
    for _ in range(2):
        house.post(stream_status, "/twilio/stream-status/1", {"StreamEvent": "stream-started"})
    success, took = told()
    assert success == ("SetUpSuccess", {}, 100)
    assert took[0] == "SetUpTime"
    assert took[2] > 0


def test_a_stream_that_could_not_be_opened_is_told_and_one_that_broke_later_is_none(told: Told) -> None:
    refused, broken = answered(), answered()
    told()
    error = {"StreamEvent": "stream-error", "StreamErrorCode": "31920"}
    refused.post(stream_status, "/twilio/stream-status/1", error)
    assert told() == [("SetUpSuccess", {}, 0)]
    broken.post(stream_status, "/twilio/stream-status/1", {"StreamEvent": "stream-started"})
    told()
    broken.post(stream_status, "/twilio/stream-status/1", error)
    assert told() == []


def test_a_redirect_by_the_watchdog_is_a_stream_that_failed(told: Told) -> None:
    house = answered()
    told()
    run(house, Twilio(), message(house))
    assert told() == [("SetUpSuccess", {}, 0), ("WatchdogRedirects", {}, 1)]


def test_a_step_down_the_ladder_is_told_with_the_rung(told: Told) -> None:
    house = answered()
    told()
    run(house, Twilio(), message(house))
    told()
    house.post(resume, "/twilio/resume/1", CALLER)
    assert told() == [("LadderSteps", {"rung": "traditional"}, 1)]
    house.post(resume, "/twilio/resume/1", CALLER)  # Twilio asks again, and is answered as before
    assert told() == []


def test_a_turn_in_traditional_mode_tells_where_its_time_went_and_a_lost_reply_its_vendor(told: Told) -> None:
    lost = ProviderFailed("Too many requests.", code="openai-rate-limited")
    house = House(
        ScriptedReplies(Reply("We open at nine."), lost), agents={"default": replace(AGENT, modes=(Mode.TRADITIONAL,))}
    )
    house.post(voice, "/twilio/voice", CALLER)
    assert told() == []
    house.post(turn, "/twilio/turn/1", {"SpeechResult": "When do you open?", **CALLER})
    by_mode = {"mode": "traditional"}
    assert [(name, labels) for name, labels, _ in told()] == [("ModelTime", by_mode), ("OursTime", by_mode)]
    house.post(turn, "/twilio/turn/3", {"SpeechResult": "And on Sunday?", **CALLER})
    assert told()[:2] == [("VendorErrors", {"vendor": "openai"}, 1), ("VendorLimits", {"vendor": "openai"}, 1)]


def test_a_caller_who_hears_an_apology_is_told_of(told: Told) -> None:
    house = answered()
    told()
    house.store.down = True
    house.post(resume, "/twilio/resume/1", CALLER)
    assert told() == [("Apologies", {}, 1)]


def test_so_is_one_whose_webhook_had_no_settings_that_work(told: Told) -> None:
    def unwired() -> Any:
        raise ProviderFailed("The settings are wrong.")

    event: Any = type("Event", (), {"path": "/twilio/voice"})()
    assert webhook.answer_voice(unwired, event, lambda *_: "").status == 200
    assert told() == [("Apologies", {}, 1)]


def test_a_call_that_is_over_is_told_of_once(told: Told) -> None:
    there = world(*CONVERSATION.turns)
    there.deliver(ENDED)
    names = [name for name, _, _ in told()]
    assert names[:4] == ["CallsEnded", "CallFaults", "CallMinutes", "CallsUnpriced"]
    assert set(names[4:]) == {"CallCost", "Greeting", "BargeIn"}
    there.deliver(ENDED)
    assert told() == []


@pytest.mark.parametrize("die_at", range(2, 6))
def test_a_function_that_is_killed_counts_a_call_once_at_most(told: Told, die_at: int) -> None:
    """After the outcome: before and after the call is marked as told, and before and after the webhook."""
    there = world(*CONVERSATION.turns, die_at=die_at)
    with pytest.raises(Killed):
        there.deliver(ENDED)
    there.deliver(ENDED)
    there.deliver(ENDED)
    assert [name for name, _, _ in told()].count("CallsEnded") == 1


def test_of_two_functions_that_are_at_it_at_once_one_tells(told: Told) -> None:
    there = world(*CONVERSATION.turns)
    record = there.store.by_call_id(RECORD.call_id)
    assert record is not None
    for _ in range(2):  # neither has seen the other's mark
        assert call_is_told(there.store, record, CONVERSATION)
    assert [name for name, _, _ in told()].count("CallsEnded") == 1
