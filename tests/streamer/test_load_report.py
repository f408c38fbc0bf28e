"""What a task tells of its load."""

import asyncio
import io
import json

from streamer.admission import Admission, LoopLag
from streamer.load_report import line, report


def test_one_line_holds_the_numbers_and_says_what_they_are() -> None:
    told = json.loads(line("Offhook/dev", Admission(50, LoopLag(100.0), active=12), 1_700_000_000_123))
    (metrics,) = told["_aws"]["CloudWatchMetrics"]
    assert told["_aws"]["Timestamp"] == 1_700_000_000_123
    assert (metrics["Namespace"], metrics["Dimensions"], told["service"]) == ("Offhook/dev", [["service"]], "streamer")
    assert {metric["Name"]: (told[metric["Name"]], metric["Unit"]) for metric in metrics["Metrics"]} == {
        "ActiveCalls": (12, "Count"),
        "RoomTaken": (24.0, "Percent"),
        "LoopLagP95": (0.0, "Milliseconds"),
    }


def test_a_task_that_is_late_has_no_room() -> None:
    late = Admission(50, LoopLag(100.0, is_busy=True), active=1)
    assert json.loads(line("Offhook/dev", late, 0))["RoomTaken"] == 100.0


async def test_a_task_reports_until_it_is_told_not_to() -> None:
    out = io.StringIO()
    reporting = asyncio.create_task(report("Offhook/dev", Admission(50, LoopLag(100.0)), out, every_s=0.001))
    async with asyncio.timeout(5):
        while out.getvalue().count("\n") < 3:  # noqa: ASYNC110 - the report tells nobody but its output
            await asyncio.sleep(0.001)
    reporting.cancel()
    await asyncio.wait([reporting])
    assert all(json.loads(told)["ActiveCalls"] == 0 for told in out.getvalue().splitlines())


async def test_nothing_is_told_where_nobody_asked() -> None:
    out = io.StringIO()
    await report("", Admission(50, LoopLag(100.0)), out)
    assert out.getvalue() == ""
