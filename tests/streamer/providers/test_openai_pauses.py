import pytest

from calls.openai_failures import RateLimited, rate_limited
from streamer.providers.openai_pauses import MOST_S, Pauses


def limited(retry_after: str | None) -> Pauses:
    pauses = Pauses()
    pauses.note("a", rate_limited(retry_after, "a"), 100.0)
    return pauses


def test_a_model_that_asks_to_wait_comes_after_the_others_until_then() -> None:
    pauses = limited("5")
    assert pauses.in_order(("a", "b"), 104.0) == ["b", "a"]
    assert pauses.in_order(("a", "b"), 105.0) == ["a", "b"]


def test_of_two_that_ask_to_wait_the_one_free_first_comes_first() -> None:
    pauses = limited("5")
    pauses.note("b", rate_limited("3", "b"), 100.0)
    assert pauses.in_order(("a", "b", "c"), 100.0) == ["c", "b", "a"]


def test_a_short_pause_is_waited_for_and_a_long_one_is_the_answer() -> None:
    pauses = limited("5")
    assert pauses.wait_s("a", within_s=2.0, now_s=104.0) == 1.0
    with pytest.raises(RateLimited, match="asks to wait 5 s"):
        pauses.wait_s("a", within_s=2.0, now_s=101.0)
    assert pauses.wait_s("a", within_s=0.0, now_s=105.0) == 0.0
    assert pauses.wait_s("b", within_s=0.0, now_s=101.0) == 0.0


def test_a_limit_without_a_time_only_puts_others_first() -> None:
    pauses = limited(None)
    assert pauses.in_order(("a", "b"), 100.5) == ["b", "a"]
    assert pauses.wait_s("a", within_s=0.1, now_s=100.5) == 0.0


def test_nobody_is_left_alone_for_ever() -> None:
    assert limited("99999").wait_s("a", within_s=1.0, now_s=100.0 + MOST_S) == 0.0
