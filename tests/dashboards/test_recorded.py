"""A hundred calls through the box, as `python -m tests.dashboards --record` kept what they told."""

import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from calls.metrics import DIMENSIONS, METRICS, OTHER, SERVICE
from tests.dashboards.__main__ import recorded
from tests.dashboards.board import Alarm, alarms, is_ours, widgets
from tests.dashboards.metric_store import MetricStore, Name, read
from tests.dashboards.picture import is_in_alarm, picture
from tests.dashboards.verdict import Outage, named_for, seen_at_s, verdict


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return recorded()[0]


@pytest.fixture(scope="module")
def outage() -> Outage:
    return recorded()[1]


@pytest.fixture(scope="module")
def store(lines: list[str]) -> MetricStore:
    return read(lines)


def test_a_hundred_calls_in_every_mode_told_of_their_end(store: MetricStore) -> None:
    ended = [len(values) for name, values in store.values.items() if name.metric == "CallMinutes"]
    assert ended == [100]
    began = {dict(name.dimensions).get("mode") for name in store.values if name.metric == "CallCost"}
    assert began == {None, "pipeline", "realtime", "traditional"}


def test_what_was_told_is_defined_with_its_unit_and_its_values_are_bounded(store: MetricStore) -> None:
    for name in store.values:
        metric = METRICS[name.metric]
        assert tuple(sorted(key for key, _ in name.dimensions)) in {tuple(sorted(names)) for names in metric.by}
        assert store.units[name.metric] == metric.unit.value
        for dimension, value in name.dimensions:
            allowed = DIMENSIONS[dimension]
            assert value == "default" if allowed is None else value in allowed | {OTHER}


def test_no_line_names_a_call_a_number_or_what_was_said(lines: list[str]) -> None:
    for line in lines:
        told = json.loads(line)
        metrics = {one["Name"] for one in told["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
        assert set(told) - metrics - {"_aws", SERVICE} <= set(DIMENSIONS)


def test_the_outage_is_in_the_top_row_and_in_just_the_alarms_that_the_runbook_names(
    store: MetricStore, outage: Outage
) -> None:
    assert named_for("ElevenLabs") == {"VendorFails", "CallsFall"}
    assert verdict(store, outage) == []


def test_an_alarm_that_does_not_come_and_one_that_comes_unasked_are_found_out(
    store: MetricStore, outage: Outage
) -> None:
    quiet = {name: values for name, values in store.values.items() if name.metric != "VendorErrors"}
    loud = {
        **quiet,
        Name("Offhook/box", "Apologies", frozenset({(SERVICE, "calls")})): [(int(outage.away_at_s * 1000), 1.0)],
    }
    assert verdict(MetricStore(quiet, store.units), outage) == ["VendorFails did not come"]
    assert verdict(MetricStore(loud, store.units), outage) == ["ApologyHeard came", "VendorFails did not come"]


def test_whoever_is_called_sees_both_alarms_and_before_the_outage_none_was(store: MetricStore, outage: Outage) -> None:
    ours = [alarm for alarm in alarms() if is_ours(alarm.name)]
    at_s = seen_at_s(store, outage)
    assert {alarm.logical for alarm in ours if is_in_alarm(alarm, store, at_s)} == named_for("ElevenLabs")
    assert not [alarm for alarm in ours if is_in_alarm(alarm, store, outage.away_at_s - 1)]


def test_the_picture_has_the_layout_of_the_dashboard_and_the_size_of_a_document(
    store: MetricStore, outage: Outage
) -> None:
    drawn = picture(widgets(), alarms(), store, seen_at_s(store, outage), "Offhook")
    assert len(drawn) < 300_000
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.width == 1296


def test_missing_data_is_as_the_alarm_says() -> None:
    name = Name("Offhook/box", "Apologies", frozenset({(SERVICE, "calls")}))
    store = MetricStore({name: [(60_000, 5.0), (300_000, 0.0)]})
    every = Alarm("A", "", name, "Sum", 60, 1, 1, 1.0, "GreaterThanOrEqualToThreshold", "notBreaching")
    assert every.is_on_at(store) == [60]
    assert replace(every, missing="breaching").is_on_at(store) == [60, 120, 180, 240]
    assert replace(every, missing="breaching", periods=3, least=3).is_on_at(store) == [180, 240]
