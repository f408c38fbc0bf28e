import pytest

from streamer.providers.openai_events import DONE, LONGEST_LINE_BYTES, EndlessLine, Events


def test_events_come_when_their_line_is_whole() -> None:
    events = Events()
    assert events.feed(b'data: {"a"') == []
    assert events.feed(b": 1}") == []
    assert events.feed(b"\n\ndata:2\r\n: a comment\nevent: x\ndata: [DO") == [b'{"a": 1}', b"2"]
    assert events.feed(b"NE]\n") == [DONE]


def test_a_line_that_never_ends_is_not_kept() -> None:
    events = Events()
    assert events.feed(b"x" * LONGEST_LINE_BYTES) == []
    with pytest.raises(EndlessLine):
        events.feed(b"x")
