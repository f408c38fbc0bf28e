import pytest

from streamer.engines.session_life import SessionLife, life


@pytest.mark.parametrize(("left_s", "longest_s", "bound_s"), [(3_600, 0, 3_600), (0, 600, 600), (3_600, 600, 600)])
def test_the_shorter_of_the_vendors_limit_and_the_agents(left_s: float, longest_s: float, bound_s: float) -> None:
    assert life(5.0, left_s, longest_s) == SessionLife(5.0, bound_s)


def test_the_next_is_prepared_at_four_fifths_and_forced_before_the_end() -> None:
    session = SessionLife(10.0, 100.0)
    assert [session.is_due(at_s) for at_s in (89.9, 90.0)] == [False, True]
    assert [session.is_urgent(at_s) for at_s in (104.9, 105.0)] == [False, True]


def test_one_that_nobody_limits_goes_on() -> None:
    session = life(0.0, 0.0, 0.0)
    assert not session.is_due(1e9)
    assert not session.is_urgent(1e9)
