from decimal import Decimal

from calls.percentiles import Percentiles
from offhook.replay.result import cuts_apart, unlike, words
from tests.offhook.replay.calls_replayed import (
    ANSWER,
    ASKED,
    BREAKING_IN,
    CUT,
    GREETING,
    INTERRUPTED,
    result,
    turn,
)


def test_what_a_call_came_to() -> None:
    whole = result()
    assert (whole.modes, whole.end_reason, whole.length_ms) == (("pipeline",), "caller-goodbye", 12_000)
    assert whole.latency == Percentiles(2, 800, 900, 900, 900)
    assert (whole.turn_end_ms, whole.greeting_ms) == (650, 100)
    assert (whole.usd, whole.is_priced, whole.usd_per_minute) == (Decimal("0.012000"), True, Decimal("0.06"))
    assert whole.fields == {"request": "hours"}
    assert (len(whole.caller_turns), whole.interruptions) == (2, [])


def test_fields_as_a_person_reads_them() -> None:
    found = {"noted": {"value": True}, "guests": {"value": 3}, "day": {"value": None}}
    assert result(outcome={"fields": found}).fields == {"noted": "yes", "guests": "3"}


def test_a_call_of_which_little_was_kept() -> None:
    bare = result(ASKED, cost=None, outcome=None, recordingMs=None, endReason=None)
    assert (bare.usd, bare.usd_per_minute, bare.latency, bare.greeting_ms, bare.turn_end_ms) == (None,) * 5
    assert bare.end_reason == "completed"


def test_an_answer_is_interrupted_by_words_and_not_by_the_end_of_the_call() -> None:
    (interruption,) = result(*INTERRUPTED).interruptions
    assert [turn.heard for turn in interruption] == ["We open at nine", "Goodbye."]
    assert (result(*INTERRUPTED).barge_in_ms, result().barge_in_ms) == (150, None)
    assert result(GREETING, ASKED, CUT).interruptions == []


def test_two_runs_are_the_same_whatever_time_they_took() -> None:
    later = result(
        turn("agent", "hello", 400), ASKED, turn("agent", ANSWER, 5100, 1600), turn("caller", "Goodbye!", 9000)
    )
    sooner = result(GREETING, ASKED, turn("agent", ANSWER, 4300, 800), turn("caller", "goodbye", 8000))
    assert unlike(later, sooner) == []


def test_in_what_two_runs_differ() -> None:
    other = result(
        *INTERRUPTED[:-1],
        endReason="caller-hung-up",
        modes=[{"mode": "pipeline"}, {"mode": "traditional"}],
        failures=[{"code": "stream-lost"}],
        outcome={"fields": {"request": {"value": "book"}}},
    )
    assert unlike(result(), other) == [
        "turns: 5, and 4",
        f'turn 3: agent "{ANSWER}", and agent "{ANSWER}" (cut)',
        "mode: pipeline, and pipeline → traditional",
        "end: caller-goodbye, and caller-hung-up",
        "failures: none, and stream-lost",
        "request: hours, and book",
    ]


def test_an_answer_cut_a_few_words_later_is_the_same_and_more_is_told() -> None:
    late = turn("agent", ANSWER, 4250, 700, heard="We open at nine in the morning, from Monday")
    near = turn("agent", ANSWER, 4250, 700, heard="We open at nine in the")
    first = result(GREETING, ASKED, CUT, BREAKING_IN)
    for other in (near, late):
        assert unlike(first, result(GREETING, ASKED, other, BREAKING_IN)) == []
    assert cuts_apart(first, result(GREETING, ASKED, near, BREAKING_IN)) == []
    assert cuts_apart(first, result(GREETING, ASKED, late, BREAKING_IN)) == [
        'turn 3 was heard up to "We open at nine", and up to "We open at nine in the morning, from Monday"'
    ]


def test_an_answer_cut_in_its_last_words_is_like_one_that_was_not() -> None:
    last = turn("agent", ANSWER, 4250, 700, heard="We open at nine in the morning, from Monday to Friday, and")
    whole = turn("agent", ANSWER, 4250, 700)
    assert unlike(result(GREETING, ASKED, last), result(GREETING, ASKED, whole)) == []
    unheard = turn("agent", "Thank you.", 4250, 700, heard="")
    heard = turn("agent", "Thank you.", 4250, 700)
    assert unlike(result(GREETING, ASKED, unheard), result(GREETING, ASKED, heard)) != []


def test_two_answers_that_were_cut_are_alike_on_either_side_of_the_last_words() -> None:
    """Three words from its end one would pass for heard, four words from it the other would not."""
    three = turn("agent", ANSWER, 4250, 700, heard="We open at nine in the morning, from Monday to Friday, and")
    four = turn("agent", ANSWER, 4250, 700, heard="We open at nine in the morning, from Monday to Friday,")
    whole = turn("agent", ANSWER, 4250, 700)
    assert unlike(result(GREETING, ASKED, three), result(GREETING, ASKED, four)) == []
    assert cuts_apart(result(GREETING, ASKED, three), result(GREETING, ASKED, four)) == []
    assert unlike(result(GREETING, ASKED, four), result(GREETING, ASKED, whole)) == [
        f'turn 3: agent "{ANSWER}" (cut), and agent "{ANSWER}"'
    ]


def test_words_without_their_spelling() -> None:
    assert words("Hello, O'Brien: 5 PM!") == ("hello", "o", "brien", "5", "pm")
