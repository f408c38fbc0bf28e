"""Turns that wait for their words, by literal times."""

from streamer.reply_in_progress import TurnEnd
from streamer.unworded import MOST_UNWORDED, UnwordedTurn, UnwordedTurns

END = TurnEnd(1_000, 1_300)


def test_a_turn_is_taken_once_by_its_name() -> None:
    turns, turn = UnwordedTurns(), UnwordedTurn("a", 500, END)
    turns.add(turn)
    assert turns.take("b") is None
    assert turns.take("a") == turn
    assert turns.take("a") is None


def test_only_a_turn_over_the_agent_becomes_overdue() -> None:
    turns = UnwordedTurns()
    turns.add(UnwordedTurn("answered", 500, END))
    over = UnwordedTurn("over", 500, END, decide_at_ms=2_000)
    turns.add(over)
    assert turns.overdue(1_999) is None
    assert turns.overdue(2_000) == over
    assert turns.overdue(9_000) is None


def test_too_many_let_the_oldest_go() -> None:
    turns = UnwordedTurns()
    added = [UnwordedTurn(str(number), 500, END) for number in range(MOST_UNWORDED + 1)]
    assert [turns.add(turn) for turn in added[:-1]] == [None] * MOST_UNWORDED
    assert turns.add(added[-1]) == added[0]
    assert turns.take_all() == added[1:]
    assert turns.take_all() == []
