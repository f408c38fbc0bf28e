"""The dashboard and the alarms of infra/observability.yaml, against what is defined, told and written down."""

import re

import pytest

from calls.metrics import CALLS, DIMENSIONS, METRICS, OTHER, STREAMER
from tests.dashboards import page
from tests.dashboards.board import FILE, Alarm, Query, alarms, is_ours, widgets
from tests.dashboards.metric_store import Name
from tests.dashboards.verdict import RUNBOOK
from tests.infra.cloudformation import ROOT, resources, template

METRICS_PAGE = ROOT / "docs" / "metrics.md"
ASKED: list[Query] = [query for widget in widgets() for query in widget.queries]


def names() -> set[Name]:
    """Every metric of ours that a widget or an alarm asks for."""
    asked = {query.name for query in ASKED if query.name} | {alarm.name for alarm in alarms()}
    return {name for name in asked if is_ours(name)}


@pytest.mark.parametrize("name", sorted(names(), key=str), ids=lambda name: f"{name.metric} {dict(name.dimensions)}")
def test_what_is_asked_for_is_defined_with_those_dimensions_and_values(name: Name) -> None:
    metric = METRICS[name.metric]
    assert tuple(sorted(key for key, _ in name.dimensions)) in {tuple(sorted(names)) for names in metric.by}
    for dimension, value in name.dimensions:
        allowed = DIMENSIONS[dimension]
        assert value == metric.service if dimension == "service" else allowed and value in allowed | {OTHER}


def test_every_metric_is_on_the_dashboard() -> None:
    assert {name.metric for name in names()} == set(METRICS)
    assert {metric.service for metric in METRICS.values()} == {CALLS, STREAMER}


def test_widgets_do_not_overlap_and_stay_in_the_grid() -> None:
    cells: set[tuple[int, int]] = set()
    for widget in widgets():
        x, y, w, h = widget.place
        own = {(column, row) for column in range(x, x + w) for row in range(y, y + h)}
        assert not own & cells
        assert x + w <= 24
        cells |= own


def test_the_top_row_has_every_alarm_the_calls_now_the_set_up_the_latency_and_the_errors() -> None:
    top = [widget for widget in widgets() if widget.place[1] == 0]
    assert [widget.kind for widget in top] == ["alarm", "metric", "metric", "metric", "metric"]
    assert set(top[0].alarms) == {alarm.logical for alarm in alarms()}
    firsts = [widget.queries[0] for widget in top[1:]]
    assert [(one.name.metric, one.stat) for one in firsts if one.name] == [
        ("ActiveCalls", "Sum"),
        ("SetUpSuccess", "Average"),
        ("TurnLatency", "p90"),
        ("Apologies", "Sum"),
    ]


def test_without_a_streamer_the_alarm_widget_leaves_out_just_the_streamers_alarms() -> None:
    (dashboard,) = resources("AWS::CloudWatch::Dashboard", FILE).values()
    (shown,) = [one for one in dashboard["DashboardBody"]["Fn::ToJsonString"]["widgets"] if one["type"] == "alarm"]
    _, every, without = shown["properties"]["alarms"]["Fn::If"]
    left_out = {one["Fn::GetAtt"][0] for one in every if one not in without}
    conditional = {name for name, one in template(FILE)["Resources"].items() if one.get("Condition") == "Streamer"}
    assert left_out == conditional == {"NoStreamer", "NoRoom"}


@pytest.mark.parametrize("alarm", alarms(), ids=lambda alarm: alarm.logical)
def test_an_alarm_leads_to_its_section_of_the_runbook_and_tells_when_it_is_over(alarm: Alarm) -> None:
    slug = _slug_of_name(alarm.logical)
    assert alarm.description.endswith(f" docs/runbook.md#{slug}")
    section = _sections()[slug]
    for part in ("What a caller notices.", "Likely causes.", "Look at.", "Do.", "Over when"):
        assert f"**{part}" in section
    plain = resources("AWS::CloudWatch::Alarm", FILE)[alarm.logical]
    assert plain["AlarmActions"] == plain["OKActions"] == [{"Ref": "Topic"}]
    assert plain["AlarmName"]["Fn::Sub"] == f"${{StackName}}-{slug}"


def test_the_runbook_has_no_section_and_no_row_of_an_alarm_that_is_not_there() -> None:
    logical = {alarm.logical for alarm in alarms()}
    assert set(_sections()) == {_slug_of_name(name) for name in logical}
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", _table()))
    assert named - {"ElevenLabs"} <= logical


def test_the_widgets_that_the_runbook_sends_to_are_there() -> None:
    titles = " / ".join(widget.title for widget in widgets())
    pointed_at = set(re.findall(r'"([A-Z][^"]+)"', re.sub(r"\*\*What a caller.*", "", RUNBOOK.read_text("utf-8"))))
    elsewhere = {
        "WARNING",
        "ERROR",
        "OutOfMemory",
        "One moment, please",
        "Start DLQ redrive",
        "The call fell from … to …:",
    }
    assert {one for one in pointed_at if one not in titles} <= elsewhere
    assert len(pointed_at - elsewhere) >= 10


def test_the_page_of_metrics_is_made_from_their_definition() -> None:
    text = METRICS_PAGE.read_text("utf-8")
    assert page.renewed(text, len(alarms())) == text, "python -m tests.dashboards --page"
    assert page.table() in text
    assert "| 3 | " in page.costs(13)


def test_each_agent_adds_its_latency_in_both_streaming_modes_to_the_bill() -> None:
    assert page.most_metrics(2) - page.most_metrics(1) == 2
    assert round(page.dollars_a_month(2, 13) - page.dollars_a_month(1, 12), 2) == 0.70


def _slug_of_name(logical: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", logical).lower()


def _sections() -> dict[str, str]:
    """Those of the runbook by their anchors, as GitHub makes them."""
    parts = re.split(r"^## (.+)$", RUNBOOK.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {title.lower().replace(" ", "-"): text for title, text in zip(parts[::2], parts[1::2], strict=True)}


def _table() -> str:
    return "\n".join(line for line in RUNBOOK.read_text("utf-8").splitlines() if line.startswith("|"))
