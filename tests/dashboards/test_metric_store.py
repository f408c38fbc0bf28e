import pytest

from tests.dashboards.metric_store import Name, read, statistic

LINE = (
    '{"_aws":{"Timestamp":1795000020000,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["service"],["mode"]],'
    '"Metrics":[{"Name":"TurnLatency","Unit":"Milliseconds"}]}]},"service":"calls","mode":"pipeline",'
    '"TurnLatency":[700,900]}'
)
ALL = Name("n", "TurnLatency", frozenset({("service", "calls")}))


def test_a_line_tells_each_of_its_dimension_sets_each_value() -> None:
    store = read([LINE, "not a metric", '{"message":"nor this"}'])
    assert {name: len(values) for name, values in store.values.items()} == {
        ALL: 2,
        Name("n", "TurnLatency", frozenset({("mode", "pipeline")})): 2,
    }


def test_a_period_begins_at_a_multiple_of_its_length_and_one_without_values_has_no_point() -> None:
    store = read([LINE, LINE.replace("1795000020000", "1795000200000")])
    assert store.points(ALL, "Sum", 60) == [(1_795_000_020, 1_600.0), (1_795_000_200, 1_600.0)]
    assert store.points(ALL, "p50", 300) == [(1_794_999_900, 700.0), (1_795_000_200, 700.0)]


@pytest.mark.parametrize(
    ("stat", "value"),
    [("Sum", 10), ("Average", 2.5), ("Minimum", 1), ("Maximum", 4), ("SampleCount", 4), ("p50", 2), ("p99", 4)],
)
def test_statistics(stat: str, value: float) -> None:
    assert statistic([4, 1, 3, 2], stat) == value


def test_an_unknown_statistic_is_no_sum() -> None:
    with pytest.raises(ValueError, match="no statistic 'Median'"):
        statistic([1], "Median")
