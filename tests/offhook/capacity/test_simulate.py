import random

from offhook.capacity.arrivals import NO_BURST, Burst, Load
from offhook.capacity.fleet import Fleet, Pace, Size, Step
from offhook.capacity.simulate import Functions, Outcome, Rung, simulate

SIZE = Size(calls_per_task=20, min_tasks=2, max_tasks=20)
USUAL = 8 / 60  # 16 at once


def run(factor: float, *, step: Step | None = None, climbs: bool = False, concurrency: int = 1000) -> Outcome:
    burst = Burst(factor, start_s=600, lasts_s=600) if factor > 1 else NO_BURST
    fleet, load = Fleet(SIZE, Pace(), step), Load(USUAL, 120, burst)
    functions = Functions(concurrency)
    return simulate(load, fleet, 2400, random.Random(3), climbs=climbs, functions=functions)


def test_usual_load_streams() -> None:
    outcome = run(1)
    assert set(outcome.calls) == {Rung.STREAMING}
    assert outcome.calls[Rung.STREAMING] > 200
    assert not outcome.in_burst


def test_a_burst_loses_no_call_and_says_where_each_was_held() -> None:
    outcome = run(10)
    assert outcome.in_burst[Rung.FAILED] == 0
    assert outcome.in_burst[Rung.TRADITIONAL] > 0
    assert set(outcome.calls - outcome.in_burst) == {Rung.STREAMING}
    assert max(look.tasks for look in outcome.looks) > 2
    assert all(look.streaming <= look.room for look in outcome.looks)


def test_a_step_lets_more_of_a_burst_stream() -> None:
    assert run(10, step=Step()).in_burst[Rung.STREAMING] > run(10).in_burst[Rung.STREAMING]


def test_calls_climb_when_there_is_room() -> None:
    stayed, climbed = run(10), run(10, climbs=True)
    assert stayed.in_burst[Rung.TRADITIONAL_AT_FIRST] == 0
    assert climbed.in_burst[Rung.TRADITIONAL_AT_FIRST] == len(climbed.climbed_after_s) > 0
    assert climbed.in_burst[Rung.TRADITIONAL] < stayed.in_burst[Rung.TRADITIONAL]


def test_calls_fail_where_no_function_may_run() -> None:
    assert run(10, concurrency=2).in_burst[Rung.FAILED] > 0


def test_the_same_chance_gives_the_same_run() -> None:
    assert run(10).calls == run(10).calls
