"""The dashboard and the alarms as they are deployed, into ministack, which keeps them and evaluates none: they look at
what was deployed beside them. That they see what they should is in tests/dashboards."""

import json
from typing import Any

import pytest

from tests.dashboards.board import alarms
from tests.infra.deployed import Deployed, client

pytestmark = pytest.mark.sam


@pytest.fixture
def body(aws: str, stack: Deployed) -> dict[str, Any]:
    name = stack.outputs["DashboardUrl"].rsplit("/", 1)[1]
    told: dict[str, Any] = json.loads(client(aws, "cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    return told


def test_nothing_of_the_template_is_left_in_the_dashboard(body: dict[str, Any]) -> None:
    text = json.dumps(body)
    assert not [sign for sign in ("Fn::", '"Ref"', "${") if sign in text]
    for widget in body["widgets"]:
        assert all(isinstance(widget[side], int) for side in ("x", "y", "width", "height"))
        if widget["type"] == "metric":
            assert widget["properties"]["region"] == "us-east-1"
            assert isinstance(widget["properties"]["period"], int)


def test_it_looks_at_the_functions_the_table_and_the_namespace_that_were_deployed(
    body: dict[str, Any], stack: Deployed
) -> None:
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", ())]
    asked = {part for row in rows for part in row if isinstance(part, str)}
    namespace = stack.task["OFFHOOK_METRICS_NAMESPACE"]
    assert {namespace, stack.outputs["TableName"], "AWS/ECS", "AWS/ApplicationELB", "AWS/ApiGateway"} <= asked
    assert {one.environment["OFFHOOK_METRICS_NAMESPACE"] for one in stack.functions.values()} == {namespace}
    assert "none" not in asked


def test_its_first_widget_shows_every_alarm_and_all_lead_to_the_topic(
    aws: str, body: dict[str, Any], stack: Deployed
) -> None:
    kept = client(aws, "cloudwatch").describe_alarms()["MetricAlarms"]
    ours = [one for one in kept if "docs/runbook.md#" in one["AlarmDescription"]]
    assert len(ours) == len(alarms())
    assert set(body["widgets"][0]["properties"]["alarms"]) == {one["AlarmArn"] for one in ours}
    for one in ours:
        assert one["AlarmActions"] == one["OKActions"] == [stack.outputs["AlarmsTopic"]]
        assert not [dimension for dimension in one["Dimensions"] if dimension["Value"] == "none"]
