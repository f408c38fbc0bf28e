"""What the caller waited for, from literal spans of sound."""

import pickle

from calls.record import Mode
from tests.chaos import measures
from tests.chaos.measures import Line
from tests.chaos.moments import Moment
from tests.chaos.rows import Fate, Outcome, Row
from tests.chaos.running import all_rows
from tests.chaos.summary import is_well, summary

ASKED = Line(caller=[(2_000, 3_000)], agent=[(0, 1_500), (4_500, 5_640), (6_000, 8_000)], until_ms=8_000)


def test_audible_again_leaves_out_the_callers_own_speaking() -> None:
    assert measures.audible_ms(ASKED, 3_200) == 1_300
    assert measures.audible_ms(ASKED, 2_500) == 1_500
    assert measures.audible_ms(ASKED, 6_500) == 0
    assert measures.audible_ms(ASKED, 7_500) is None


def test_the_longest_silence_counts_from_the_fault_on() -> None:
    assert measures.longest_silence_ms(ASKED, 0) == 1_500
    assert measures.longest_silence_ms(ASKED, 5_000) == 360


def test_an_answer_is_owed_once_the_caller_has_spoken() -> None:
    assert not measures.is_owed(ASKED, 1_700)
    assert not measures.is_owed(ASKED, 2_500)
    assert measures.is_owed(ASKED, 3_200)
    assert not measures.is_owed(ASKED, 5_000)


def test_the_answer_begins_behind_the_bridge_phrase() -> None:
    assert measures.answering_ms(ASKED, 3_200, bridge_ms=1_140) == 2_800
    assert measures.answering_ms(ASKED, 3_200, bridge_ms=0) == 1_300
    one = Line(caller=[], agent=[(1_000, 4_000)], until_ms=4_000)
    assert measures.answering_ms(one, 500, bridge_ms=1_140) == 1_640


def test_a_row_goes_to_another_process_and_back() -> None:
    rows = all_rows()
    assert pickle.loads(pickle.dumps(rows)) == rows
    assert len({row.name for row in rows}) == len(rows)
    assert {row.mode for row in rows if row.moment is Moment.TOOL_RUNNING} == set(Mode)


def test_what_was_not_tried_or_was_said_twice_is_not_well() -> None:
    row: Row = all_rows()[0]
    assert is_well(Outcome(row, Fate.PERSON))
    assert not is_well(Outcome(row, Fate.LOST))
    assert not is_well(Outcome(row, Fate.UNTRIED))
    assert not is_well(Outcome(row, Fate.KEPT, confirmed=2, kept=1))
    assert not is_well(Outcome(row, Fate.KEPT, said_twice=("Hello.",)))
    counted = summary([Outcome(row, Fate.KEPT, audible_ms=100), Outcome(row, Fate.LOST, audible_ms=900)], 60.0)
    assert "lost: 1 (goal 0)" in counted
    assert "a streamer killed, audible again (goal: 3000 ms at most): median 900 ms, p95 900 ms" in counted
