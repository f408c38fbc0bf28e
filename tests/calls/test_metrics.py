import pytest

from calls import metrics
from calls.latency import Waterfall
from calls.metrics import DIMENSIONS, METRICS, OTHER, STAGES, Metric, measure
from calls.percentiles import STAGES as STAGES_OF_A_TURN


def test_a_value_that_a_dimension_does_not_have_becomes_another() -> None:
    assert measure(metrics.VENDOR_ERRORS, 1, vendor="openai").labels == (("vendor", "openai"),)
    assert measure(metrics.VENDOR_ERRORS, 1, vendor="CA0123456789").labels == (("vendor", OTHER),)
    assert measure(metrics.CALL_COST, 0.1, mode="+14155550123").labels == (("mode", OTHER),)


def test_an_agent_has_the_name_of_a_file() -> None:
    labels = {"mode": "pipeline", "agent": "front-desk"}
    assert measure(metrics.TURN_LATENCY, 800, **labels).labels == (("agent", "front-desk"), ("mode", "pipeline"))
    odd = measure(metrics.TURN_LATENCY, 800, mode="pipeline", agent="+1 415 555 0123")
    assert dict(odd.labels)["agent"] == OTHER


def test_a_metric_is_told_by_its_own_dimensions_and_no_other() -> None:
    with pytest.raises(ValueError, match=r"LadderSteps is told by \['rung'\], not by \['mode'\]"):
        measure(metrics.LADDER_STEPS, 1, mode="pipeline")


def test_every_metric_is_in_the_table_once() -> None:
    defined = [value for value in vars(metrics).values() if isinstance(value, Metric)]
    assert list(METRICS.values()) == defined
    assert len({metric.name for metric in defined}) == len(defined)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_is_explained_and_its_dimensions_are_bounded(metric: Metric) -> None:
    assert len(metric.meaning) > 20
    assert {name for names in metric.by for name in names} <= set(DIMENSIONS)
    assert not {name for name in DIMENSIONS if "call" in name.lower() or "number" in name}


def test_every_stage_of_a_turn_has_a_metric() -> None:
    assert {"total", *STAGES} == set(STAGES_OF_A_TURN) == set(Waterfall.__dataclass_fields__)
