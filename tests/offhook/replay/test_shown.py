import json
from dataclasses import replace
from io import StringIO

from rich.console import Console

from offhook.replay.difference import Column
from offhook.replay.page import page
from offhook.replay.plain import to_plain
from offhook.replay.terminal import remarks, rendered
from tests.offhook.replay.calls_replayed import AS_IT_IS, CHANGED, INTERRUPTED, result, turn

NOTED = replace(CHANGED, notes=("reply openai/x needs OPENAI_API_KEY, which is not set: scripted took its place.",))
RECORDED = Column("recorded", "the call itself", (result(),))


def shown(*columns: Column) -> str:
    console = Console(width=140, record=True, file=StringIO())
    console.print(rendered(columns))
    return console.export_text()


def test_the_terminal_tells_the_settings_the_figures_and_both_conversations() -> None:
    text = shown(RECORDED, AS_IT_IS, NOTED)
    assert "changed: turn_taking.barge_in_ms = 100 (was 300)\n  reply openai/x needs OPENAI_API_KEY" in text
    assert "650 ms to 670 ms" in text
    assert "We open at nine ✂ 0:05.7" in text
    assert "800 to 840 ms" in text
    assert text.count("When are you open?") == 1
    assert "≠   agent" in text


def test_a_single_column_has_no_second_conversation() -> None:
    assert "What was said" not in shown(AS_IT_IS)


def test_runs_that_were_not_the_same_are_told_below() -> None:
    late = turn("agent", CHANGED.first.turns[2].said, 4250, 700, heard="We open at nine in the morning, from Monday")
    two = Column("two", "", (result(*INTERRUPTED), result(*INTERRUPTED[:2], late, *INTERRUPTED[3:], endReason="limit")))
    assert list(remarks([two])) == [
        "Not the same each time, two: end: caller-goodbye, and limit.",
        'Cut at other words, two: turn 3 was heard up to "We open at nine", and up to "We open at nine in the morning, '
        'from Monday".',
    ]


def test_times_that_cannot_be_compared_say_what_to_do() -> None:
    slow = result(turn("agent", "Hello.", 0, 2000))
    busy = Column("busy", "", (result(turn("agent", "Hello.", 0, 800)), slow))
    assert "--at-once at 1" in next(iter(remarks([busy])))


def test_programs_get_values() -> None:
    plain = json.loads(json.dumps(to_plain([RECORDED, AS_IT_IS, CHANGED])))
    assert [column["name"] for column in plain["columns"]] == ["recorded", "as it is", "changed"]
    assert {one["name"]: (one["left"], one["right"]) for one in plain["differences"]}["interruptions"] == ("0", "1")
    run = plain["columns"][2]["runs"][0]
    assert (run["interruptions"], run["latencyMs"]["p50"], run["usd"]) == (1, 700, "0.012000")
    assert plain["turns"][2]["left"]["latencyMs"] == [800, 840]
    assert [pair["same"] for pair in plain["turns"]] == [True, True, False, True, True]
    assert to_plain([AS_IT_IS])["turns"] == []


def test_the_page_reads_offline_and_escapes_what_was_said() -> None:
    sly = Column("changed", "<b>", (result(turn("agent", "<script>alert(1)</script>", 0)),), ("a note",))
    text = page([AS_IT_IS, sly])
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "a note" in text
    assert "What was said" not in page([AS_IT_IS])
