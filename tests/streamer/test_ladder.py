"""Which engine comes next, by literal failures and times."""

from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.ladder import AGAIN_WITHIN_MS, MOST_CHANGES, WELL_MS, Ladder

PASSING = Failure("deepgram-lost", Blame.PROVIDER, "The connection was lost.", retryable=True)
LASTING = Failure("openai-key", Blame.CONFIGURATION, "The key is refused.")
ALL = (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)


def test_what_may_be_over_at_once_is_tried_again_once_then_the_next_rung() -> None:
    ladder = Ladder(ALL, Mode.REALTIME, 0)
    assert ladder.next(PASSING, 100) is Mode.REALTIME
    assert ladder.next(PASSING, 200) is Mode.PIPELINE
    assert ladder.next(PASSING, 300) is Mode.PIPELINE
    assert ladder.next(PASSING, 400) is None


def test_what_lasts_goes_down_at_once() -> None:
    ladder = Ladder(ALL, Mode.REALTIME, 0)
    assert ladder.next(LASTING, 100) is Mode.PIPELINE
    assert ladder.next(LASTING, 200) is None


def test_a_deadline_is_not_waited_for_twice_in_one_mode() -> None:
    assert Ladder(ALL, Mode.REALTIME, 0).next(PASSING, 5_000, AGAIN_WITHIN_MS) is Mode.REALTIME
    assert Ladder(ALL, Mode.REALTIME, 0).next(PASSING, 5_000, AGAIN_WITHIN_MS + 1) is Mode.PIPELINE


def test_an_engine_that_was_well_for_long_is_tried_again() -> None:
    ladder = Ladder((Mode.PIPELINE, Mode.TRADITIONAL), Mode.PIPELINE, 0)
    assert ladder.next(PASSING, 100) is Mode.PIPELINE
    assert ladder.next(PASSING, 100 + WELL_MS) is Mode.PIPELINE
    assert ladder.next(PASSING, 100 + WELL_MS + 5) is None


def test_a_mode_that_the_agent_does_not_name_falls_to_the_first_it_names() -> None:
    assert Ladder((Mode.PIPELINE, Mode.TRADITIONAL), Mode.REALTIME, 0).next(LASTING, 5) is Mode.PIPELINE


def test_changes_come_to_an_end() -> None:
    ladder = Ladder(ALL, Mode.REALTIME, 0)
    found = [ladder.next(PASSING, change * WELL_MS) for change in range(1, MOST_CHANGES + 2)]
    assert found == [Mode.REALTIME] * MOST_CHANGES + [None]


def test_recogniser_and_voice_are_each_replaced_once_in_their_mode() -> None:
    voice = Failure("elevenlabs-refused", Blame.PROVIDER, "It refuses.", retryable=True)
    ladder = Ladder((Mode.PIPELINE, Mode.TRADITIONAL), Mode.PIPELINE, 0)
    assert ladder.next(PASSING, 100, 5_000, has_spare=True) is Mode.PIPELINE
    assert ladder.next(voice, 200, 5_000, has_spare=True) is Mode.PIPELINE
    assert ladder.next(PASSING, 300, has_spare=True) is None
    ladder = Ladder((Mode.PIPELINE, Mode.TRADITIONAL), Mode.PIPELINE, 0)
    assert ladder.next(PASSING, 100, has_spare=True) is Mode.PIPELINE
    assert ladder.next(PASSING, 200, has_spare=True) is None
