"""A caller's turns from voice, words and the model's answers: literal values, exact events."""

from streamer.engines.live_turns import (
    COMPLETE_MS,
    COMPLETE_UNDER_ANSWER_MS,
    MOST_PENDING,
    UNWORDED_MS,
    WORDLESS_MS,
    CallerTurns,
)
from streamer.events import Draft, EngineEvent, SpeechStarted, SpeechStopped, TurnTaken, TurnWorded


def spoken(turns: CallerTurns, words: str = "two words", at_ms: int = 1_000) -> list[EngineEvent]:
    """A voice of 500 ms that begins at `at_ms` and has `words`; its end is known 500 ms later."""
    out = turns.began(at_ms, at_ms + 100)
    turns.heard(at_ms + 500)
    out += turns.words(words, at_ms + 400, at_ms + 600) if words else []
    return out + turns.ended(at_ms + 500, at_ms + 1_000)


def test_a_voice_with_words_is_a_turn_once_it_is_silent() -> None:
    turns = CallerTurns()
    assert spoken(turns) == [SpeechStarted(1_000), Draft("two words"), TurnTaken("live-1", 1_000, 1_500)]
    assert turns.due(600 + 1_000 + COMPLETE_MS - 1) == []
    assert turns.due(600 + 1_000 + COMPLETE_MS) == [TurnWorded("live-1", "two words")]
    assert not turns.is_busy


def test_words_that_come_behind_the_end_belong_to_the_turn() -> None:
    turns = CallerTurns()
    spoken(turns, "two")
    assert turns.words(" words", 1_450, 2_100) == []
    assert turns.due(2_100 + COMPLETE_MS) == [TurnWorded("live-1", "two words")]


def test_a_voice_without_words_is_none() -> None:
    turns = CallerTurns()
    assert spoken(turns, "") == [SpeechStarted(1_000)]
    assert turns.due(2_000 + WORDLESS_MS) == [SpeechStopped()]
    assert turns.waiting_since_ms is None


def test_a_voice_that_goes_on_before_its_words_came_is_one_turn() -> None:
    turns = CallerTurns()
    spoken(turns, "")
    assert turns.began(2_200, 2_300) == []
    assert turns.words("at last", 2_400, 2_500) == [Draft("at last")]
    assert turns.ended(2_600, 3_100) == [TurnTaken("live-1", 1_000, 2_600), TurnWorded("live-1", "at last")]


def test_the_model_that_begins_to_speak_ends_the_turn() -> None:
    turns = CallerTurns()
    turns.began(1_000, 1_100)
    turns.heard(1_400)
    assert turns.agent_begins(1_450) == [TurnTaken("live-1", 1_000, 1_400)]
    assert turns.waiting_since_ms is None
    assert turns.words("well", 1_300, 1_600) == []
    assert turns.ended(1_500, 2_000) == []
    assert turns.due(1_600 + COMPLETE_UNDER_ANSWER_MS) == [TurnWorded("live-1", "well")]


def test_a_short_noise_when_the_model_begins_is_no_turn() -> None:
    turns = CallerTurns()
    turns.began(1_000, 1_100)
    turns.heard(1_200)
    assert turns.agent_begins(1_250) == [SpeechStopped()]
    assert not turns.is_busy


def test_a_turn_that_was_answered_and_never_worded_has_no_words() -> None:
    turns = CallerTurns()
    turns.began(1_000, 1_100)
    turns.heard(1_500)
    turns.agent_begins(1_600)
    turns.ended(1_500, 2_000)
    assert turns.due(1_600 + UNWORDED_MS) == [TurnWorded("live-1", "")]


def test_words_said_before_a_new_voice_belong_to_the_turn_before() -> None:
    turns = CallerTurns()
    spoken(turns, "first")
    turns.began(2_300, 2_350)
    assert turns.words(" of all", 1_450, 2_360) == []
    assert turns.words("second", 2_400, 2_450) == [Draft("second")]
    assert turns.due(2_360 + COMPLETE_MS) == [TurnWorded("live-1", "first of all")]


def test_words_of_a_voice_too_soft_to_notice_are_a_turn() -> None:
    turns = CallerTurns()
    turns.heard(4_000)
    assert turns.words("hello", 3_900, 4_100) == []
    assert turns.due(4_120) == [TurnTaken("live-1", 4_000, 4_000)]
    assert turns.due(4_100 + COMPLETE_MS) == [TurnWorded("live-1", "hello")]


def test_such_words_wait_while_the_model_speaks_as_they_may_be_late_words_of_what_it_answers() -> None:
    turns = CallerTurns()
    spoken(turns)
    turns.due(2_100)
    turns.agent_begins(2_150)
    turns.words("late", 1_500, 5_000)
    assert turns.due(5_020) == []
    turns.agent_ends()
    assert [type(event) for event in turns.due(6_000)] == [TurnTaken, TurnWorded]


def test_who_waits_for_an_answer_is_known() -> None:
    turns = CallerTurns()
    spoken(turns)
    assert turns.waiting_since_ms == 2_000
    turns.due(3_000)
    assert turns.waiting_since_ms == 2_000
    turns.agent_begins(3_500)
    assert turns.waiting_since_ms is None


def test_a_sign_of_listening_waits_for_nothing() -> None:
    turns = CallerTurns()
    spoken(turns, "uh-huh")
    turns.due(3_000)
    assert turns.waiting_since_ms is None


def test_a_caller_who_speaks_on_behind_a_mm_hm_of_the_models_waits_for_more() -> None:
    turns = CallerTurns()
    turns.began(1_000, 1_100)
    turns.words("I want to", 1_300, 1_400)
    turns.agent_begins(1_500)
    turns.agent_ends()
    turns.words(" book a table", 2_900, 3_000)
    turns.ended(3_000, 3_500)
    assert turns.waiting_since_ms == 3_500
    assert turns.due(4_100) == [TurnWorded("live-1", "I want to book a table")]


def test_turns_that_wait_for_words_are_bounded() -> None:
    turns = CallerTurns()
    out: list[EngineEvent] = []
    for number in range(MOST_PENDING + 1):
        turns.began(number * 1_000, number * 1_000)
        turns.heard(number * 1_000 + 500)
        out += turns.agent_begins(number * 1_000 + 500)
    assert out[-1] == TurnWorded("live-1", "")


def test_a_lost_session_leaves_what_is_known() -> None:
    turns = CallerTurns()
    spoken(turns, "first")
    turns.began(3_000, 3_100)
    turns.words("and sec", 3_200, 3_300)
    assert turns.words_so_far == "first and sec"
    assert turns.close() == [SpeechStopped(), TurnWorded("live-1", "first")], "who still speaks is heard again"
    turns.began(5_000, 5_100)
    assert turns.close() == [SpeechStopped()]


def test_a_session_that_hears_the_voice_again_gets_its_time_for_the_words() -> None:
    turns = CallerTurns()
    spoken(turns, "")
    assert turns.voice_since_media_ms == 1_000
    turns.heard_anew(9_000)
    assert turns.due(9_000 + WORDLESS_MS - 1) == []
    assert turns.due(9_000 + WORDLESS_MS) == [SpeechStopped()]
