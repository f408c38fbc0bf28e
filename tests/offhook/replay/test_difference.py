from offhook.replay.difference import Column, aligned, figures, latency_range
from tests.offhook.replay.calls_replayed import (
    AS_IT_IS,
    CHANGED,
    GREETING,
    INTERRUPTED,
    call,
    result,
    turn,
)


def test_the_figures_side_by_side() -> None:
    shown = {figure.name: (*figure.cells, figure.differs) for figure in figures([AS_IT_IS, CHANGED])}
    assert shown == {
        "mode": ("pipeline", "pipeline", False),
        "end": ("The caller said goodbye.", "The caller said goodbye.", False),
        "caller's turns": ("2", "2", False),
        "interruptions": ("0", "1", True),
        "agent fell silent after": ("—", "150 ms", False),
        "turn taken to be over after": ("650 ms to 670 ms", "580 ms", True),
        "answer heard after, median": ("800 ms to 840 ms", "700 ms", True),
        "answer heard after, longest": ("900 ms", "860 ms", True),
        "greeting after": ("100 ms", "100 ms", False),
        "length": ("0:12.0", "0:12.0", False),
        "cost": ("$0.0120", "$0.0120", False),
        "cost per minute": ("$0.0600", "$0.0600", False),
        "request": ("hours", "hours", False),
        "the same each time": ("yes (2 calls)", "yes (2 calls)", False),
    }


def test_ranges_that_meet_do_not_differ() -> None:
    slow = Column(
        "slow",
        "",
        (result(GREETING, turn("agent", "Yes.", 3000, 700)), result(GREETING, turn("agent", "Yes.", 3000, 900))),
    )
    fast = Column("fast", "", (result(GREETING, turn("agent", "Yes.", 3000, 800)),))
    told = {figure.name: figure for figure in figures([slow, fast])}
    assert told["answer heard after, median"].cells == ("700 ms to 900 ms", "800 ms")
    assert not told["answer heard after, median"].differs


def test_what_is_not_known_is_no_difference() -> None:
    unpriced = Column("recorded", "", (result(cost=None),))
    told = {figure.name: figure for figure in figures([unpriced, CHANGED])}
    assert (told["cost"].cells, told["cost"].differs) == (("—", "$0.0120"), False)


def test_a_cost_that_is_not_whole_says_so() -> None:
    partly = Column("traditional", "", (result(cost={"usd": "0.010000", "isWhole": False}),))
    told = {figure.name: figure for figure in figures([CHANGED, partly])}
    assert (told["cost"].cells, told["cost"].differs) == (("$0.0120", "$0.0100 + unpriced"), True)
    assert told["cost per minute"].cells == ("$0.0600", "$0.0500 + unpriced")


def test_a_cost_of_which_nothing_is_priced_is_never_nothing() -> None:
    unpriced = Column("traditional", "", (result(cost={"usd": "0.000000", "isWhole": False}),))
    told = {figure.name: figure for figure in figures([CHANGED, unpriced])}
    assert (told["cost"].cells, told["cost"].differs) == (("$0.0120", "unpriced"), False)
    assert told["cost per minute"].cells == ("$0.0600", "unpriced")


def test_a_column_whose_runs_differ_says_so() -> None:
    two = Column("two", "", (result(), result(*INTERRUPTED)))
    told = {figure.name: figure.cells for figure in figures([two])}
    assert told["interruptions"] == ("0 / 1",)
    assert told["the same each time"] == ("no, see below",)
    assert two.unlike != []


def test_times_that_lie_too_far_apart_are_told() -> None:
    busy = Column("busy", "", (result(), result(GREETING, *result_turns(1900))))
    assert busy.spread_ms == 1100
    assert {figure.name: figure.cells for figure in figures([busy])}["the same each time"] == (
        "yes, but for the times (2 calls)",
    )


def result_turns(total_ms: int) -> list[dict[str, object]]:
    _, asked, answered, bye, closing = call()["turns"]
    return [
        asked,
        answered | {"latencyMs": answered["latencyMs"] | {"total": total_ms}},
        bye,
        closing | {"latencyMs": closing["latencyMs"] | {"total": total_ms}},
    ]


def test_conversations_are_laid_beside_each_other() -> None:
    pairs = aligned(AS_IT_IS.first.turns, CHANGED.first.turns)
    assert [pair.same for pair in pairs] == [True, True, False, True, True]
    assert [one.cut for one in (pairs[2].left, pairs[2].right) if one] == [False, True]


def test_a_turn_that_one_side_has_not_stands_alone() -> None:
    more = result(GREETING, turn("caller", "Well", 2000), turn("agent", "Yes?", 2500), *call()["turns"][1:])
    pairs = aligned(result().turns, more.turns)
    assert [(pair.left is None, pair.right is None) for pair in pairs] == [
        (False, False),
        (True, False),
        (True, False),
        (False, False),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_turns_that_differ_stand_beside_those_of_the_same_speaker() -> None:
    one = result(turn("agent", "Hello.", 0), turn("caller", "Ten.", 1), turn("agent", "Ten it is.", 2)).turns
    other = result(turn("caller", "Tent.", 1), turn("agent", "A tent?", 2)).turns
    assert [(pair.left and pair.left.said, pair.right and pair.right.said) for pair in aligned(one, other)] == [
        ("Hello.", None),
        ("Ten.", "Tent."),
        ("Ten it is.", "A tent?"),
    ]


def test_how_long_one_answer_took_in_all_runs() -> None:
    greeting, _, answer, *_ = AS_IT_IS.first.turns
    assert latency_range(AS_IT_IS, answer) == (800, 840)
    assert latency_range(AS_IT_IS, greeting) is None
