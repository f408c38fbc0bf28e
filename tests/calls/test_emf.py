import json

from calls import metrics
from calls.emf import MOST_VALUES, lines
from calls.metrics import measure

AT_MS = 1_795_000_000_000


def test_values_with_the_same_dimensions_share_a_line_each_in_full() -> None:
    told = [measure(metrics.MODEL_TIME, ms, mode="pipeline") for ms in (300, 340)]
    (line,) = lines("Offhook/dev", [*told, measure(metrics.SPEECH_TIME, 210, mode="pipeline")], AT_MS)
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": AT_MS,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Offhook/dev",
                    "Dimensions": [["mode"]],
                    "Metrics": [
                        {"Name": "ModelTime", "Unit": "Milliseconds"},
                        {"Name": "SpeechTime", "Unit": "Milliseconds"},
                    ],
                }
            ],
        },
        "service": "calls",
        "mode": "pipeline",
        "ModelTime": [300, 340],
        "SpeechTime": 210,
    }


def test_other_dimensions_have_a_line_of_their_own() -> None:
    one, other = measure(metrics.LADDER_STEPS, 1, rung="pipeline"), measure(metrics.LADDER_STEPS, 1, rung="traditional")
    found = [json.loads(line) for line in lines("n", [one, other, one], AT_MS)]
    assert [(line["rung"], line["LadderSteps"]) for line in found] == [("pipeline", [1, 1]), ("traditional", 1)]


def test_no_line_holds_more_values_than_the_specification_allows() -> None:
    many = [measure(metrics.WATCHDOG, 1)] * (2 * MOST_VALUES + 50)
    few = [measure(metrics.APOLOGIES, 1)]
    found = [json.loads(line) for line in lines("n", many + few, AT_MS)]
    assert [len(line["WatchdogRedirects"]) for line in found] == [100, 100, 50]
    assert [line.get("Apologies") for line in found] == [1, None, None]
    assert [len(line["_aws"]["CloudWatchMetrics"][0]["Metrics"]) for line in found] == [2, 1, 1]


def test_nothing_is_told_without_a_namespace_or_a_measure() -> None:
    assert lines("", [measure(metrics.WATCHDOG, 1)], AT_MS) == []
    assert lines("n", [], AT_MS) == []
