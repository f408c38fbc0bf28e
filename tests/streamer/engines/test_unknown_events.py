from streamer.engines.unknown_events import MOST_KINDS, UnknownEvents


def test_what_nobody_knows_is_told_by_its_types() -> None:
    unknown = UnknownEvents()
    for kind in ("response.weather", "session.mood", "response.weather", "", "what the caller said"):
        unknown.note(kind)
    assert unknown.total == 5
    assert unknown.sentence("openai/gpt-live-1").startswith("openai/gpt-live-1 sent 5 events in a call")
    assert ": response.weather (2), no event at all (2), session.mood (1). " in unknown.sentence("openai/gpt-live-1")


def test_kinds_are_bounded() -> None:
    unknown = UnknownEvents()
    for number in range(MOST_KINDS + 5):
        unknown.note(f"kind-{number}")
    assert "others (5)" in unknown.sentence("openai/m")
    assert unknown.total == MOST_KINDS + 5
