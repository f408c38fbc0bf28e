"""What a vendor still grants, and when that is told of."""

from streamer.engines.rate_limits import RateLimits

TOKENS = {"name": "tokens", "limit": 1_000}


def test_what_is_low_is_told_once() -> None:
    limits = RateLimits()
    told = [limits.told([{"name": "requests"}, {**TOKENS, "remaining": left}], 0.0) for left in (500, 99, 98)]
    assert told == ["", "99 of 1000 tokens", ""]


def test_what_is_used_up_comes_back_after_the_longest_of_them() -> None:
    limits = RateLimits()
    spent = {**TOKENS, "remaining": 0}
    limits.told([{**spent, "reset_seconds": 2.5}, {**spent, "reset_seconds": 1}], 10.0)
    assert [limits.spent_for_s(now_s) for now_s in (10.0, 12.0, 13.0)] == [2.5, 0.5, 0.0]
    limits.told([{**TOKENS, "remaining": 900, "reset_seconds": 3}], 11.0)
    assert limits.spent_for_s(11.0) == 0.0


def test_limits_of_any_shape_do_no_harm() -> None:
    limits = RateLimits()
    assert limits.told([{}, {"limit": None, "remaining": "x"}, {"remaining": -1, "reset_seconds": None}], 0.0) == ""
    assert limits.spent_for_s(0.0) == 0.0
