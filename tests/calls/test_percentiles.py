import pytest

from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall
from calls.percentiles import AnsweredTurn, Percentiles, answered, by, nearest_rank, percentiles
from calls.record import CallRecord, Direction

AT_MS = 1_795_305_600_000
CALL = CallRecord("01A", Direction.INBOUND, "desk", "+14155550100", "+12025550123", AT_MS)


def turn(number: int, total: int | None, mode: str = "pipeline", model: int | None = None) -> Turn:
    latency = Waterfall(total=total, model=model)
    return Turn(f"t{number}", Role.AGENT, "Hi", "Hi", False, AT_MS + number, AT_MS + number, mode, latency)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (99, 99), (100, 100), (0.5, 1)])
def test_of_a_hundred_values_the_percentile_is_the_value_of_that_rank(percent: float, value: int) -> None:
    assert nearest_rank(range(1, 101), percent) == value


@pytest.mark.parametrize(
    ("values", "figures"),
    [
        ([7], Percentiles(1, 7, 7, 7, 7)),
        ([300, 100], Percentiles(2, 100, 300, 300, 300)),
        ([5, 1, 4, 2, 3], Percentiles(5, 3, 5, 5, 5)),
        (list(range(1000, 0, -1)), Percentiles(1000, 500, 950, 990, 1000)),
    ],
)
def test_few_values_have_their_slowest_as_the_high_percentiles(values: list[int], figures: Percentiles) -> None:
    assert percentiles(values) == figures


def test_of_nothing_there_are_none() -> None:
    assert percentiles([]) is None


def test_groups_are_computed_from_their_own_turns_and_never_from_other_percentiles() -> None:
    quick = [AnsweredTurn(turn(n, 100), "a", "m", "d") for n in range(99)]
    slow = [AnsweredTurn(turn(100, 9_000), "b", "m", "d")]
    assert by([*quick, *slow], lambda one: one.agent) == {
        "a": Percentiles(99, 100, 100, 100, 100),
        "b": Percentiles(1, 9_000, 9_000, 9_000, 9_000),
    }
    assert by([*quick, *slow], lambda _one: "all") == {"all": Percentiles(100, 100, 100, 100, 9_000)}


def test_a_turn_that_did_not_measure_a_stage_does_not_count_for_it() -> None:
    turns = [AnsweredTurn(turn(1, 700, model=300), "a", "m", "d"), AnsweredTurn(turn(2, 900), "a", "m", "d")]
    assert by(turns, lambda one: one.mode) == {"pipeline": Percentiles(2, 700, 900, 900, 900)}
    assert by(turns, lambda one: one.mode, "model") == {"pipeline": Percentiles(1, 300, 300, 300, 300)}
    assert by(turns, lambda one: one.mode, "queue") == {}


def test_the_measured_turns_of_a_call_know_what_they_are_grouped_by() -> None:
    unmeasured = turn(1, None)
    found = answered(CALL, Conversation((unmeasured, turn(2, 800, "realtime"))), "gpt-6-luna")
    assert [(one.turn.id, one.agent, one.mode, one.model, one.day) for one in found] == [
        ("t2", "desk", "realtime", "gpt-6-luna", "2026-11-22")
    ]
