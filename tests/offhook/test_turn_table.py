from io import StringIO

from rich.console import Console

from calls.conversation import Conversation
from calls.latency import Waterfall
from offhook.turn_table import BAR_CELLS, turn_table, waterfall_bar
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, GREETING, QUESTION


def test_the_table_holds_every_turn_with_what_was_heard() -> None:
    text = StringIO()
    Console(file=text, width=160).print(turn_table(CONVERSATION, ANSWERED_MS))
    shown = text.getvalue()
    assert "We open at nine." in shown
    assert "endpointing 540 model 5" in shown
    assert "ours 30" in shown
    assert shown.count("caller") == 2
    assert shown.count("agent") == 2


def test_the_longest_answer_fills_the_bar() -> None:
    bar = waterfall_bar(Waterfall(total=1000, endpointing=500, speech=500), 1000)
    assert bar.plain.splitlines()[0] == "█" * BAR_CELLS


def test_the_first_clause_is_a_stage_of_its_own() -> None:
    bar = waterfall_bar(Waterfall(total=1000, model=400, clause=100, speech=500), 1000)
    assert bar.plain.splitlines()[0] == "█" * BAR_CELLS
    assert "clause 100" in bar.plain


def test_what_no_stage_explains_is_drawn_apart() -> None:
    bar = waterfall_bar(Waterfall(total=1000, endpointing=500), 1000)
    assert bar.plain.splitlines()[0] == "█" * 10 + "░" * 10


def test_a_part_alone_gets_no_bar() -> None:
    assert waterfall_bar(Waterfall(model=5), 1000).plain == "model 5"


def test_an_unmeasured_turn_has_no_bar() -> None:
    assert waterfall_bar(Waterfall(), 1000).plain == ""


def test_columns_that_would_be_empty_are_left_out() -> None:
    table = turn_table(Conversation((GREETING, QUESTION)), ANSWERED_MS)
    assert [column.header for column in table.columns] == ["#", "at", "who", "said"]
    table = turn_table(CONVERSATION, ANSWERED_MS)
    assert [column.header for column in table.columns] == ["#", "at", "who", "said", "heard", "ms", "waterfall"]
