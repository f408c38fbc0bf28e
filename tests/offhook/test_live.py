from dataclasses import replace
from io import StringIO

from rich.console import Console

from calls.record import Mode, ModeUse
from offhook.live import LiveTranscript, turn_line
from tests.offhook.calls_made import ANSWERED_MS, CUT_ANSWER, GREETING, QUESTION


def test_a_turn_is_one_line_with_its_time_and_speaker() -> None:
    assert turn_line(QUESTION, ANSWERED_MS).plain == " 0:01.1  caller  When?"


def test_a_cut_answer_shows_where_it_was_cut_and_what_was_not_heard() -> None:
    line = turn_line(CUT_ANSWER, ANSWERED_MS)
    assert line.plain == " 0:02.4  agent   We open ✂ heard until 0:03.4 [unheard: at nine.]  800 ms"
    assert [str(span.style) for span in line.spans if "unheard" in line.plain[span.start : span.end]] == ["dim strike"]


def test_an_answer_of_which_nothing_was_heard() -> None:
    line = turn_line(replace(CUT_ANSWER, heard=""), ANSWERED_MS)
    assert "agent    ✂ heard until 0:03.4 [unheard: We open at nine.]" in line.plain


def test_a_change_of_rung_says_why() -> None:
    text = StringIO()
    live = LiveTranscript(Console(file=text, width=120), lambda: ANSWERED_MS)
    live.turn(GREETING)
    live.rung(
        ModeUse(Mode.TRADITIONAL, ANSWERED_MS + 9000),
        ModeUse(Mode.PIPELINE, 0, ANSWERED_MS + 9000, "the stream broke off"),
    )
    live.happened(9100, "alert 31921", bad=True)
    assert text.getvalue().splitlines() == [
        " 0:00.1  agent   Hello.",
        " 0:09.0  mode    traditional (left pipeline: the stream broke off)",
        " 0:09.1  ·       alert 31921",
    ]
