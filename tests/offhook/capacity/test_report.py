import json
from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from calls.record import Mode
from offhook.capacity.picture import draw
from offhook.capacity.report import Question, answered, share
from offhook.capacity.simulate import Rung
from offhook.cli import app


def test_a_burst_of_ten_times_is_served_without_a_failed_call(tmp_path: Path) -> None:
    answer = answered(Question(1000, runs=2), date(2026, 11, 22))
    assert answer.in_burst[Rung.FAILED] == answer.others[Rung.FAILED] == 0
    assert share(answer.in_burst, list(Rung)) == 100
    assert set(answer.month.vendors) == set(Mode)
    draw(answer, tmp_path / "burst.png")
    assert (tmp_path / "burst.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_as_json_and_in_words() -> None:
    given = ["capacity", "--calls-per-day", "500", "--minutes", "1"]
    told = json.loads(CliRunner().invoke(app, [*given, "--json"]).stdout)
    assert told["inBurst"]["failed"] == 0
    assert told["monthUsd"]["aws"]["tasks"] > 0
    shown = CliRunner().invoke(app, given, env={"COLUMNS": "200"})
    assert "No call failed" in shown.stdout


def test_sizes_that_make_no_sense() -> None:
    refused = CliRunner().invoke(app, ["capacity", "--min-tasks", "5", "--max-tasks", "4"])
    assert refused.exit_code == 2
    assert "no fewer than --min-tasks" in refused.output
