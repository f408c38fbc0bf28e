"""What is told of events that nobody knows."""

from calls.errors import Blame
from streamer.engines.unknown_events import MOST_KINDS, MOST_TOLD, UnknownEvents


def test_what_nobody_knows_is_told_by_its_types() -> None:
    unknown = UnknownEvents()
    for kind in ("response.weather", "session.mood", "response.weather", "", "what the caller said"):
        unknown.note(kind)
    failure = unknown.failure("openai/gpt-live-1")
    assert (unknown.total, failure.code, failure.blame) == (5, "vendor-events-unknown", Blame.OFFHOOK)
    assert failure.sentence.startswith("openai/gpt-live-1 sent 5 events that this version of Offhook does not know: ")
    assert ": response.weather (2), no event at all (2), session.mood (1). " in failure.sentence


def test_kinds_are_bounded() -> None:
    unknown = UnknownEvents()
    for number in range(MOST_KINDS + 5):
        unknown.note(f"{'k' * 55}-{number}")
        unknown.note("session.mood")
    told = unknown.failure("openai/gpt-realtime-2.1-mini").sentence
    others = MOST_KINDS + 5 - (MOST_TOLD - 1)
    assert f"session.mood ({MOST_KINDS + 5}), " in told
    assert f", others ({others}). " in told
    assert unknown.total == 2 * (MOST_KINDS + 5)
    assert len(told) < 600, "a record keeps no longer sentences"
