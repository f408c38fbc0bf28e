"""A vendor's breaker, by literal times."""

from streamer.breaker import MOST_OPEN_S, OPEN_S, TRIED_WITHIN_S, WITHIN_S, Breaker


def opened() -> Breaker:
    breaker = Breaker()
    for at_s in (0.0, 1.0, 2.0):
        breaker.failed(at_s)
    return breaker


def test_single_failures_do_not_open_it() -> None:
    breaker = Breaker()
    for at_s in (0.0, WITHIN_S, 2 * WITHIN_S):
        breaker.failed(at_s)
        assert not breaker.is_open(at_s)


def test_many_in_a_short_time_do() -> None:
    assert opened().is_open(2.0)


def test_what_will_not_get_better_opens_it_at_once() -> None:
    breaker = Breaker()
    breaker.failed(0.0, for_good=True)
    assert breaker.is_open(0.1)


def test_after_a_while_one_call_may_try() -> None:
    breaker = opened()
    assert breaker.is_open(2.0 + OPEN_S - 0.1)
    assert not breaker.is_open(2.0 + OPEN_S)
    assert breaker.is_open(2.0 + OPEN_S + 0.1)
    assert not breaker.is_open(2.0 + OPEN_S + TRIED_WITHIN_S)


def test_who_tried_well_closes_it() -> None:
    breaker = opened()
    assert not breaker.is_open(2.0 + OPEN_S)
    breaker.served()
    assert not breaker.is_open(2.0 + OPEN_S + 0.1)
    breaker.failed(20.0)
    assert not breaker.is_open(20.0)


def test_who_tried_in_vain_opens_it_for_longer() -> None:
    breaker, at_s = opened(), 2.0
    for open_s in (OPEN_S, 2 * OPEN_S, 4 * OPEN_S, 8 * OPEN_S, MOST_OPEN_S, MOST_OPEN_S):
        assert breaker.is_open(at_s + open_s - 0.1)
        at_s += open_s
        assert not breaker.is_open(at_s)
        breaker.failed(at_s)


def test_calls_that_were_under_way_do_not_open_it_for_longer() -> None:
    breaker = opened()
    breaker.failed(3.0)
    assert not breaker.is_open(2.0 + OPEN_S)
