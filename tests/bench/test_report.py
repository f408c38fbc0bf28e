"""What a table says of a server that does not carry its calls."""

from rich.console import Console
from rich.table import Table

from tests.bench.dialogue import Turn
from tests.bench.level import Level
from tests.bench.report import cost_table, latency_table, peers_table, stages_table
from tests.bench.stream_caller import Called
from tests.bench.usage import Usage
from tests.bench.vendor_process import Delays

SCRIPT = Delays()


def answered(after_ms: float | None) -> Turn:
    turn = Turn(0.0, is_interruption=False)
    turn.ended_s = 1.0
    turn.answered_s = None if after_ms is None else 1.0 + after_ms / 1000
    return turn


def level(calls: int, *after_ms: float | None, gaps_s: tuple[float, ...] = (), was_cut: bool = False) -> Level:
    called = Called(1, turns=[answered(ms) for ms in after_ms], gaps_s=list(gaps_s), was_cut=was_cut)
    return Level(calls, [called], 0.0, Usage(cpu_s_per_call_minute=0.5, stolen=0.07, busy_mb=float(calls)))


def rows(table: Table) -> list[list[str]]:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines() if line[:40].strip()][3:]


def test_a_level_is_full_when_answers_do_not_come_or_break_up() -> None:
    assert not level(1, *[870.0] * 40).is_full
    assert not level(1, *[870.0] * 40, None, gaps_s=(0.0,) * 200 + (0.05,)).is_full
    assert level(1, *[870.0] * 20, None).is_full
    assert level(1, *[870.0] * 20, was_cut=True).is_full
    assert level(1, *[870.0] * 20, gaps_s=(0.0,) * 50 + (0.05,)).is_full


def test_a_full_server_has_no_latency_and_no_ratio() -> None:
    ours = [level(1, 870.0, 870.0), level(25, 870.0, 870.0), level(50, 870.0, 870.0)]
    theirs = [level(1, 960.0, 960.0), level(25, 150.0, None)]

    assert [row[2] for row in rows(latency_table("theirs", theirs, SCRIPT))] == ["100.0", "full"]
    compared = rows(peers_table(ours, {"peer": theirs}, SCRIPT))
    assert [row[:4] for row in compared] == [["peer", "1", "1.1", "10.0"], ["peer", "25", "full", "-"]]
    crossed = rows(peers_table(theirs[1:], {"peer": ours[1:2]}, SCRIPT))
    assert [row[:4] for row in crossed] == [["peer", "25", "ours", "full"]]


def test_how_many_calls_a_core_has_the_seconds_for() -> None:
    table = rows(cost_table("ours", [level(1, 870.0), level(50, 870.0, None)]))
    assert [row[:3] for row in table] == [["1", "0.50", "120"], ["50", "0.50", "full"]]
    assert [row[-1] for row in table] == ["7%", "7%"]


def test_the_hosts_own_share_is_beside_what_the_caller_waited() -> None:
    ran = level(2, 900.0, 910.0)
    ran.stages = [
        {"vendor: x": 880.0, "host: a": 3.0, "host: b": 5.0},
        {"vendor: x": 890.0, "host: a": 1.0, "host: b": 6.0},
    ]
    (row,) = rows(latency_table("ours", [ran], SCRIPT))
    assert row[2:7] == ["45.0", "49.5", "49.9", "7.5", "8.0"]
    whole = rows(stages_table(ran))
    assert whole[-1] == ["host", "in", "all", "7.5", "8.0"]
