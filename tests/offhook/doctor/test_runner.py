import asyncio
import io
import ssl
from datetime import date

import pytest
from rich.console import Console

from offhook.doctor.checks import CHECKS, chosen
from offhook.doctor.exam import Check, Exam
from offhook.doctor.finding import Finding, Outcome, State, failed, passed, warned
from offhook.doctor.runner import exit_status, run
from offhook.doctor.settings import DoctorSettings
from offhook.doctor.show import as_json, summary, table_of


def exam() -> Exam:
    settings = DoctorSettings("https://a.example", auth_token="a-secret-token")
    return Exam(settings, ssl.create_default_context(), lambda: 0.0, lambda: date(2026, 11, 22))


async def good(_: Exam) -> Finding:
    return passed("well")


async def bad(_: Exam) -> Finding:
    return failed("saw a-secret-token", "cause", "remedy")


async def stuck(_: Exam) -> Finding:
    await asyncio.Event().wait()
    return passed("never")


async def broken(_: Exam) -> Finding:
    raise ValueError


async def test_what_builds_on_a_failure_is_skipped_and_what_only_waits_is_not() -> None:
    heard: list[Outcome] = []
    checks = [
        Check("bad", "", bad),
        Check("upon", "", good, ("bad",)),
        Check("upon-that", "", good, ("upon",)),
        Check("later", "", good, after=("bad",)),
    ]
    outcomes = await run(checks, exam(), heard.append)
    assert [one.state for one in outcomes] == [State.FAIL, State.SKIP, State.SKIP, State.PASS]
    assert outcomes[2].finding.saw == "not checked: upon comes first"
    assert {one.name for one in heard} == {"bad", "upon", "upon-that", "later"}
    assert "a-secret-token" not in repr(outcomes)
    assert exit_status(outcomes) == 1


async def test_a_check_that_hangs_or_breaks_costs_itself_only() -> None:
    outcomes = await run(
        [Check("stuck", "", stuck, deadline_s=0.01), Check("broken", "", broken), Check("good", "", good)], exam()
    )
    assert [one.state for one in outcomes] == [State.FAIL, State.WARN, State.PASS]


def test_one_check_brings_what_it_builds_on() -> None:
    assert [check.name for check in chosen(["twilio-geo"])] == ["settings", "agents", "twilio-account", "twilio-geo"]
    assert chosen([]) == CHECKS
    with pytest.raises(KeyError):
        chosen(["dance"])


def test_every_check_stands_after_those_that_it_waits_for() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for place, check in enumerate(CHECKS):
        assert set(check.needs + check.after) <= set(names[:place])


def test_a_table_says_cause_and_remedy_and_json_has_stable_names() -> None:
    outcomes = [
        Outcome("a", "A", failed("it fails", "a cause", "do this"), 7),
        Outcome("b", "B", warned("it is odd", "look"), 1),
    ]
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(table_of(outcomes))
    shown = console.export_text()
    assert "Likely: a cause" in shown
    assert "Do: do this" in shown
    assert summary(outcomes) == "1 warn, 1 fail"
    assert as_json(outcomes, 1) == {
        "status": 1,
        "checks": [
            {
                "name": "a",
                "title": "A",
                "state": "fail",
                "saw": "it fails",
                "cause": "a cause",
                "remedy": "do this",
                "tookMs": 7,
            },
            {
                "name": "b",
                "title": "B",
                "state": "warn",
                "saw": "it is odd",
                "cause": "",
                "remedy": "look",
                "tookMs": 1,
            },
        ],
    }
