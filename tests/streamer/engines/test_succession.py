"""When another session takes a call over."""

from streamer.engines.succession import REPLACED_ONCE_IN_S, SPARE_AGAIN_S, Succession


def test_a_session_without_a_limit_is_never_followed() -> None:
    succession = Succession()
    succession.began(100.0, 0.0, 0.0)
    assert not succession.is_due(1e9)
    assert not succession.is_urgent(1e9)


def test_the_next_one_is_made_ready_before_the_limit_and_not_twice() -> None:
    succession = Succession()
    succession.began(100.0, 0.0, 100.0)
    assert [succession.is_due(now_s) for now_s in (179.0, 180.0)] == [False, True]
    assert [succession.is_urgent(now_s) for now_s in (194.0, 195.0)] == [False, True]
    assert [succession.may_spare(180.0), succession.may_spare(180.2)] == [True, False]


def test_one_that_could_not_be_had_is_asked_for_a_little_later() -> None:
    succession = Succession()
    assert succession.may_spare(180.0)
    succession.no_spare(181.0)
    assert not succession.may_spare(181.0 + SPARE_AGAIN_S - 0.1)
    assert succession.may_spare(181.0 + SPARE_AGAIN_S)


def test_a_lost_session_is_replaced_once_in_a_while() -> None:
    succession = Succession()
    assert [succession.may_replace(now_s) for now_s in (0.0, REPLACED_ONCE_IN_S - 1, REPLACED_ONCE_IN_S)] == [
        True,
        False,
        True,
    ]
