import random
import statistics

import pytest

from offhook.capacity.arrivals import HOURLY_SHARE, NO_BURST, Burst, Load, busiest_per_s

BURST = Burst(factor=10, start_s=100, lasts_s=50, ramp_s=10)


@pytest.mark.parametrize(
    ("at_s", "factor"), [(0, 1), (99.9, 1), (100, 1), (105, 5.5), (110, 10), (149.9, 10), (150, 1), (900, 1)]
)
def test_a_burst_ramps_up_and_ends(at_s: float, factor: float) -> None:
    assert BURST.at(at_s) == pytest.approx(factor)


def test_calls_come_as_often_as_they_should() -> None:
    load = Load(usual_per_s=2, burst=Burst(factor=5, start_s=1000, lasts_s=1000))
    came = list(load.arrivals(3000, random.Random(7)))
    assert came == sorted(came)
    in_burst = sum(1000 <= at_s < 2000 for at_s in came)
    assert in_burst == pytest.approx(10_000, rel=0.05)
    assert len(came) - in_burst == pytest.approx(4_000, rel=0.05)


def test_no_calls_at_all() -> None:
    assert list(Load(0).arrivals(1000, random.Random(7))) == []


def test_how_long_calls_last() -> None:
    load, chance = Load(1, mean_s=180, burst=NO_BURST), random.Random(7)
    lasted = [load.lasts_s(chance) for _ in range(20_000)]
    assert statistics.mean(lasted) == pytest.approx(180, rel=0.03)
    assert statistics.median(lasted) == pytest.approx(150, rel=0.03)
    assert load.at_once() == 180


def test_a_day_has_all_its_calls() -> None:
    assert len(HOURLY_SHARE) == 24
    assert sum(HOURLY_SHARE) == pytest.approx(1)
    assert busiest_per_s(3600 / 0.14) == pytest.approx(1)
