from dataclasses import replace

import pytest

from calls.conversation import Conversation, Role, Turn
from calls.responsiveness import greeting, interruptions
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, CUT_ANSWER, GREETING, INTERRUPTION, QUESTION, RECORD


def test_the_greeting_sounds_so_long_after_the_answer() -> None:
    assert greeting(RECORD, CONVERSATION) == (GREETING, 100)


@pytest.mark.parametrize(
    "first",
    [
        QUESTION,
        replace(GREETING, heard=""),
        replace(GREETING, mode="traditional"),
    ],
)
def test_a_greeting_that_nobody_timed_or_heard_is_none(first: Turn) -> None:
    assert greeting(RECORD, Conversation((first,))) is None
    assert greeting(RECORD, Conversation()) is None
    assert greeting(replace(RECORD, answered_at_ms=None), CONVERSATION) is None


def test_an_interruption_is_from_the_callers_first_sound_to_the_agents_last() -> None:
    assert interruptions(CONVERSATION) == [(CUT_ANSWER, INTERRUPTION, 200)]


def test_an_answer_that_was_silent_within_a_chunk_took_no_time() -> None:
    late = replace(INTERRUPTION, started_at_ms=ANSWERED_MS + 3450)
    assert interruptions(Conversation((CUT_ANSWER, late))) == [(CUT_ANSWER, late, 0)]


@pytest.mark.parametrize(
    "turns",
    [
        (CUT_ANSWER,),  # the line went
        (CUT_ANSWER, replace(INTERRUPTION, started_at_ms=ANSWERED_MS + 3600)),  # the caller spoke after it
        (replace(CUT_ANSWER, heard=""), INTERRUPTION),
        (replace(CUT_ANSWER, cut=False), INTERRUPTION),
        (replace(CUT_ANSWER, mode="traditional"), INTERRUPTION),
        (CUT_ANSWER, replace(INTERRUPTION, role=Role.AGENT)),
    ],
)
def test_what_is_no_interruption(turns: tuple[Turn, ...]) -> None:
    assert interruptions(Conversation(turns)) == []
