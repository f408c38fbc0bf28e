from tests.bench.machine import MachineTime, machine_time, machine_time_in

STAT = "cpu  1000 20 300 50000 700 4 56 789 33 0\ncpu0 500 10 150 25000 350 2 28 400 11 0\n"


def test_stolen_time_is_no_time_that_was_used() -> None:
    assert machine_time_in(STAT, 100) == MachineTime(used_s=13.8, stolen_s=7.89)
    assert machine_time_in(STAT.replace("789", "1289"), 100) == MachineTime(used_s=13.8, stolen_s=12.89)


def test_this_machine_tells_it() -> None:
    assert machine_time().used_s > 0
