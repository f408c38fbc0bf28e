from decimal import Decimal

from offhook.call_file import call_file
from offhook.replay.compare import report_of
from offhook.replay.run import Job, Ran
from offhook.replay.tape import Tape
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, RECORD

JOB = Job(Tape("a", b"", ()), "compare-1", "a, pipeline")
NOW_MS = ANSWERED_MS + 60_000


def test_the_table_of_the_calls_that_were_made() -> None:
    store = MemoryCallStore()
    store.create(RECORD)
    made = Ran(JOB, call_file(RECORD, CONVERSATION, ANSWERED_MS))
    report = report_of(store, [made, Ran(JOB, None, why="no")], "desk", ANSWERED_MS, NOW_MS)
    (row,) = report.rows
    assert (row.name, row.calls, row.connected, row.completed, row.fell) == ("pipeline", 1, 1, 1, 1)
    # The store has no turns: these came from the line.
    assert row.latency is not None
    assert (row.latency.p50_ms, row.barge_in and row.barge_in.p50_ms) == (800, 200)
    assert row.total.usd > Decimal(0)
    assert [fault.code for fault in row.faults] == ["stream-lost"]
    assert (report.agent, report.period.since_ms, report.is_cut) == ("desk", ANSWERED_MS, False)
