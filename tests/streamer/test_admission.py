"""Who is let in, with literal values."""

import pytest

from streamer.admission import Admission, LoopLag


def lag(*late_ms: float, every_ms: float = 100, max_ms: float = 100) -> LoopLag:
    """After samples of so much lateness, one every 100 ms."""
    measured = LoopLag(max_ms)
    feed(measured, 0, late_ms, every_ms)
    return measured


def feed(measured: LoopLag, from_ms: float, late_ms: tuple[float, ...], every_ms: float = 100) -> list[float]:
    """The times at which it changed its mind."""
    times = [from_ms + number * every_ms for number in range(len(late_ms))]
    return [at_ms for at_ms, late in zip(times, late_ms, strict=True) if measured.add(at_ms, late)]


def admission(measured: LoopLag, active: int = 0, **is_so: bool) -> Admission:
    return Admission(2, measured, active, **{"is_warm": True, **is_so})


@pytest.mark.parametrize(
    ("who", "why_not"),
    [
        (admission(lag(), is_warm=False), "warming up"),
        (admission(lag(), is_draining=True), "draining"),
        (admission(lag(), active=1), ""),
        (admission(lag(), active=2), "full"),
        (admission(lag(*[150.0] * 40)), "busy"),
        (admission(lag(*[150.0] * 40), is_draining=True), "draining"),
    ],
)
def test_why_not(who: Admission, why_not: str) -> None:
    assert who.why_not() == why_not


def test_a_loop_that_is_late_for_three_seconds_is_busy_and_not_before() -> None:
    measured = LoopLag(100)
    assert feed(measured, 0, (150.0,) * 30) == []
    assert not measured.is_busy
    assert feed(measured, 3_000, (150.0,)) == [3_000]
    assert measured.is_busy


def test_one_long_stop_is_not_being_late() -> None:
    measured = lag(*[1.0] * 40)
    assert feed(measured, 4_000, (2_000.0,)) == []
    assert measured.p95_ms == 1.0


def test_it_is_well_again_only_far_below_the_bound() -> None:
    measured = lag(*[150.0] * 40)
    assert feed(measured, 4_000, (50.0,) * 60) == []
    assert measured.is_busy
    assert len(feed(measured, 10_000, (29.0,) * 60)) == 1
    assert not measured.is_busy


def test_a_few_samples_are_no_percentile() -> None:
    assert not lag(*[5_000.0] * 4, every_ms=5_000).is_busy
    assert lag().p95_ms == 0


def test_the_percentile_is_by_nearest_rank() -> None:
    assert lag(*[float(late) for late in range(1, 21)]).p95_ms == 19
