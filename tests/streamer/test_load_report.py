"""What a task tells of its load, and when it tells of its calls."""

import asyncio
import io
import json
from typing import Any

from calls.metrics import WATCHDOG, measure
from streamer.admission import Admission, LoopLag
from streamer.load_report import load, report_calls, report_load, tell
from streamer.measures import Measures


def told(admission: Admission) -> dict[str, Any]:
    measures = Measures()
    measures.note(load(admission))
    (line,) = measures.take("Offhook/dev", 1_700_000_000_123)
    found: dict[str, Any] = json.loads(line)
    return found


def test_one_line_holds_the_numbers_and_says_what_they_are() -> None:
    line = told(Admission(50, LoopLag(100.0), active=12))
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == 1_700_000_000_123
    assert (metrics["Namespace"], metrics["Dimensions"], line["service"]) == ("Offhook/dev", [["service"]], "streamer")
    assert {metric["Name"]: (line[metric["Name"]], metric["Unit"]) for metric in metrics["Metrics"]} == {
        "ActiveCalls": (12, "Count"),
        "RoomTaken": (24.0, "Percent"),
        "LoopLagP95": (0.0, "Milliseconds"),
    }


def test_a_task_that_is_late_has_no_room() -> None:
    assert told(Admission(50, LoopLag(100.0, is_busy=True), active=1))["RoomTaken"] == 100.0


async def test_a_task_reports_its_load_until_it_is_told_not_to() -> None:
    out = io.StringIO()
    admission = Admission(50, LoopLag(100.0))
    reporting = asyncio.create_task(report_load("Offhook/dev", admission, Measures(), out, every_s=0.001))
    async with asyncio.timeout(5):
        while out.getvalue().count("\n") < 3:  # noqa: ASYNC110 - the report tells nobody but its output
            await asyncio.sleep(0.001)
    reporting.cancel()
    await asyncio.wait([reporting])
    assert all(json.loads(line)["ActiveCalls"] == 0 for line in out.getvalue().splitlines())


async def test_calls_are_told_of_between_the_loads() -> None:
    out, measures = io.StringIO(), Measures()
    measures.note([measure(WATCHDOG, 1)])
    reporting = asyncio.create_task(report_calls("Offhook/dev", measures, out, every_s=0.001))
    async with asyncio.timeout(5):
        while not out.getvalue():  # noqa: ASYNC110 - the report tells nobody but its output
            await asyncio.sleep(0.001)
    reporting.cancel()
    await asyncio.wait([reporting])
    assert json.loads(out.getvalue())["WatchdogRedirects"] == 1


async def test_nothing_is_told_where_nobody_asked() -> None:
    out, measures = io.StringIO(), Measures()
    await report_load("", Admission(50, LoopLag(100.0)), measures, out)
    await report_calls("", measures, out)
    measures.note([measure(WATCHDOG, 1)])
    tell("", measures, out)
    assert out.getvalue() == ""
