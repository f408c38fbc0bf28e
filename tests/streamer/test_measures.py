import json
import logging
from typing import Any

import pytest

from calls.errors import Blame, Failure
from calls.metrics import WATCHDOG, measure
from calls.record import Do, Mode, NextStep
from streamer import measures
from streamer.breaker import Breakers
from streamer.events import ChangeEngine, CommitNext, CommitTurn
from streamer.measures import Measures
from tests.offhook.calls_made import CUT_ANSWER, QUESTION

LOST = Failure("deepgram-lost", Blame.PROVIDER, "The connection broke.", retryable=True)


def taken(noted: Measures) -> list[dict[str, Any]]:
    return [json.loads(line) for line in noted.take("Offhook/test", 5)]


def test_a_turn_is_told_by_its_mode_and_agent_and_once() -> None:
    noted = Measures()
    noted.written(CommitTurn(CUT_ANSWER), "default")
    noted.written(CommitTurn(QUESTION), "default")
    stages, whole = taken(noted)
    assert (stages["mode"], stages["SpeechTime"], stages["OursTime"]) == ("pipeline", 190, 30)
    assert (whole["agent"], whole["mode"], whole["TurnLatency"]) == ("default", "pipeline", 800)
    assert whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"], ["mode"], ["agent", "mode"]]
    assert taken(noted) == []


def test_another_engine_is_a_step_and_what_comes_next_is_none_here() -> None:
    noted = Measures()
    noted.written(ChangeEngine(Mode.PIPELINE, LOST), "default")
    noted.written(CommitNext(NextStep(Do.GATHER), None, LOST), "default")
    (line,) = taken(noted)
    assert (line["rung"], line["LadderSteps"]) == ("pipeline", 1)


def test_every_failure_that_the_breakers_hear_of_is_told_by_its_vendor() -> None:
    noted = Measures()
    Breakers(lambda: 0.0, noted.vendor_failed).failed("deepgram/nova-3", LOST)
    (line,) = taken(noted)
    assert (line["vendor"], line["VendorErrors"]) == ("deepgram", 1)


def test_what_is_noted_is_bounded_and_what_is_left_out_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(measures, "MOST", 2)
    noted = Measures()
    noted.note([measure(WATCHDOG, 1)] * 3)
    noted.note([measure(WATCHDOG, 1)])
    with caplog.at_level(logging.ERROR):
        (line,) = taken(noted)
    assert line["WatchdogRedirects"] == [1, 1]
    assert "2 values of metrics are left out" in caplog.text
