"""What a person on the line does not hear: the times when neither side is audible. Pure."""

from collections.abc import Iterable
from typing import TypeAlias

from offhook.box.line import PhoneLine

Span: TypeAlias = tuple[int, int]


def silences(heard: Iterable[Span], until_ms: int) -> list[Span]:
    """The gaps between `heard`, from its first sound to `until_ms`."""
    gaps: list[Span] = []
    end_ms: int | None = None
    for start_ms, stop_ms in sorted(heard):
        if end_ms is not None and start_ms > end_ms:
            gaps.append((end_ms, start_ms))
        end_ms = max(end_ms or 0, stop_ms)
    if end_ms is not None and until_ms > end_ms:
        gaps.append((end_ms, until_ms))
    return gaps


def longest_silence_ms(line: PhoneLine) -> int:
    """From the first sound of either side to the last."""
    spans = [*line.caller_spans, *line.agent_spans]
    until_ms = max((end for _, end in spans), default=0)
    return max((end - start for start, end in silences(spans, until_ms)), default=0)
