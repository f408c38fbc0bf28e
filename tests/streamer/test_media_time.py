"""Twilio's media clock against ours, by literal values."""

from streamer.media_time import MediaTime


def test_the_earliest_arrival_sets_the_clock() -> None:
    clock = MediaTime(10_000)
    clock.arrived(0, 10_120)
    assert clock.zero_ms == 10_000
    clock.arrived(200, 10_200)
    assert clock.zero_ms == 9_980
    clock.arrived(220, 10_400)
    assert clock.zero_ms == 9_980


def test_nothing_heard_lies_in_the_future() -> None:
    assert MediaTime(10_000).epoch_of(500, 10_900) == 10_500
    assert MediaTime(10_000).epoch_of(2_000, 10_900) == 10_900
