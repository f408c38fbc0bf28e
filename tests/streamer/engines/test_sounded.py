import pytest

from streamer.engines.sounded import Sounded, Truncate


def three() -> Sounded:
    """Of reply 1: a tenth of a second in each of three items."""
    sounded = Sounded()
    for item_id in ("first", "second", "third"):
        sounded.add(1, item_id, 0, 400)
        sounded.add(1, item_id, 0, 400)
    return sounded


def test_what_has_come_is_known_by_reply() -> None:
    sounded = three()
    assert (sounded.has(1), sounded.received_ms(1)) == (True, 300)
    assert (sounded.has(2), sounded.received_ms(2)) == (False, 0)
    assert (sounded.has(None), sounded.received_ms(None)) == (False, 0)


@pytest.mark.parametrize(
    ("played_ms", "cuts"),
    [
        (0, [("first", 0), ("second", 0), ("third", 0)]),
        (150, [("second", 50), ("third", 0)]),
        (300, []),
        (5_000, []),
    ],
)
def test_only_what_was_not_heard_is_cut(played_ms: int, cuts: list[tuple[str, int]]) -> None:
    sounded = three()
    assert sounded.cut(1, played_ms, still_comes=False) == [Truncate(item_id, 0, end_ms) for item_id, end_ms in cuts]
    assert list(sounded.settled) == ["first", "second", "third"]


def test_while_more_comes_the_last_is_cut_whatever_was_heard() -> None:
    assert three().cut(1, 5_000, still_comes=True) == [Truncate("third", 0, 100)]


def test_what_was_cut_or_is_forgotten_is_not_cut_again() -> None:
    sounded = three()
    sounded.cut(1, 0, still_comes=False)
    assert sounded.cut(1, 0, still_comes=True) == []
    sounded.add(2, "other", 1, 800)
    sounded.forget(2)
    assert not sounded.has(2)
    assert sounded.cut(2, 0, still_comes=False) == []


def test_the_parts_of_an_item_are_cut_apart() -> None:
    sounded = Sounded()
    sounded.add(1, "item", 0, 800)
    sounded.add(1, "item", 1, 800)
    assert sounded.cut(1, 150, still_comes=False) == [Truncate("item", 1, 50)]


def test_of_many_replies_the_oldest_are_not_kept() -> None:
    sounded = Sounded()
    for reply_id in range(1, 10):
        sounded.add(reply_id, "item", 0, 8)
    assert not sounded.has(1)
    assert sounded.has(2)
