import pytest

from offhook.capacity.fleet import Fleet, Pace, Size, Step

SIZE = Size(calls_per_task=10, scale_at_percent=40, min_tasks=2, max_tasks=6)


def filled(fleet: Fleet, calls: int, at_s: float = 0) -> Fleet:
    for _ in range(calls):
        assert fleet.take(at_s) is not None
    return fleet


def test_the_least_busy_task_takes_a_call_until_all_are_full() -> None:
    fleet = filled(Fleet(SIZE), 20)
    assert [task.calls for task in fleet.tasks] == [10, 10]
    assert fleet.take(0) is None
    fleet.leave(fleet.tasks[1])
    assert fleet.take(0) is fleet.tasks[1]


def test_target_tracking_waits_for_three_minutes_and_then_brings_the_room_to_its_target() -> None:
    fleet = filled(Fleet(SIZE), 16)
    fleet.minute(80, 75)
    fleet.minute(80, 135)
    assert len(fleet.tasks) == 2
    fleet.minute(80, 195)
    assert len(fleet.tasks) == 4
    assert fleet.room_taken(200) == 80
    assert fleet.room_taken(255) == 40


def test_one_low_minute_and_it_waits_again() -> None:
    fleet = filled(Fleet(SIZE), 16)
    for number, taken in enumerate((80, 80, 39, 80, 80)):
        fleet.minute(taken, 75 + 60 * number)
    assert len(fleet.tasks) == 2


def test_a_step_doubles_after_one_minute_and_not_again_while_it_cools() -> None:
    fleet = filled(Fleet(SIZE, Pace(cooldown_s=120), Step(70, 100)), 16)
    fleet.minute(80, 75)
    assert len(fleet.tasks) == 4
    fleet.minute(80, 135)
    assert len(fleet.tasks) == 4
    fleet.minute(80, 195)
    assert len(fleet.tasks) == 6


def test_a_task_takes_calls_only_when_it_has_started() -> None:
    fleet = filled(Fleet(SIZE, Pace(start_s=60), Step(70, 50)), 20)
    fleet.minute(100, 75)
    assert len(fleet.tasks) == 3
    assert fleet.take(134) is None
    assert fleet.take(135) is fleet.tasks[2]


def test_a_fleet_shrinks_after_a_quarter_of_an_hour_and_lets_calls_end() -> None:
    fleet = Fleet(SIZE, begins_with=3)
    call = fleet.take(0)
    assert call is fleet.tasks[0]
    for number in range(15):
        fleet.minute(5, 60 * number)
    assert [task.calls for task in fleet.tasks] == [1, 0]
    filled(fleet, 1)
    for number in range(15, 40):
        fleet.minute(5, 60 * number)
    assert len(fleet.tasks) == 2


@pytest.mark.parametrize("taken", [37, 40])
def test_it_does_not_shrink_near_its_target(taken: float) -> None:
    fleet = Fleet(SIZE, begins_with=3)
    for number in range(30):
        fleet.minute(taken, 60 * number)
    assert len(fleet.tasks) == 3
