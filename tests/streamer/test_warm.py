"""How many connections to keep: literal values."""

from streamer.warm import WarmSizing

SIZING = WarmSizing(most=8, memory_s=120.0, refill_s=1.0)


def test_none_before_the_first_call_and_none_when_nobody_has_called_for_long() -> None:
    assert SIZING.wanted([], 1_000.0) == 0
    assert SIZING.wanted([800.0, 879.9], 1_000.0) == 0


def test_one_after_a_single_call() -> None:
    assert SIZING.wanted([881.0], 1_000.0) == 1


def test_more_for_a_call_every_two_seconds() -> None:
    assert SIZING.wanted([1_000.0 - 2 * number for number in range(60)], 1_000.0) == 2


def test_more_for_two_calls_a_second() -> None:
    assert SIZING.wanted([1_000.0 - number / 2 for number in range(240)], 1_000.0) == 5


def test_never_more_than_the_bound() -> None:
    assert SIZING.wanted([1_000.0] * 2_000, 1_000.0) == 8


def test_slower_refilling_asks_for_more() -> None:
    assert WarmSizing(refill_s=4.0).wanted([1_000.0 - 2 * number for number in range(60)], 1_000.0) == 5
