"""What the caller waited for, read from who was audible when. Pure; times are the line's, ms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calls.record import Mode
from tests.chaos.ailing import FIRST_AUDIO_MS, FIRST_SPEECH_MS, FIRST_TOKEN_MS
from tests.whole.silences import Span, silences

GOES_ON_MS = 1_000
"""Who goes on sounding for so long after the fault was not interrupted by it."""
PAUSE_MS = 500
"""Silences shorter than this lie between two words."""
OWN_MS = {
    (Mode.REALTIME, False): FIRST_AUDIO_MS,
    (Mode.PIPELINE, False): FIRST_TOKEN_MS + FIRST_SPEECH_MS,
    (Mode.PIPELINE, True): FIRST_SPEECH_MS,
}
"""What an engine's vendors take for an answer, by its mode and whether the desk gives it."""


@dataclass(frozen=True, slots=True)
class Line:
    """Who was audible, and until when the line stood."""

    caller: Sequence[Span]
    agent: Sequence[Span]
    until_ms: int


def audible_ms(line: Line, since_ms: int) -> int | None:
    """How long, from `since_ms`, nobody heard the agent although the caller was not speaking; 0 where it went on, None
    where it was never heard again."""
    for start_ms, end_ms in line.agent:
        if start_ms > since_ms:
            return start_ms - since_ms - _overlap(line.caller, since_ms, start_ms)
        if end_ms - since_ms >= GOES_ON_MS:
            return 0
    return None


def longest_silence_ms(line: Line, since_ms: int) -> int:
    """Of both, from `since_ms` on."""
    gaps = silences([*line.caller, *line.agent], line.until_ms)
    return max((min(end, line.until_ms) - start for start, end in gaps if end > since_ms), default=0)


def is_owed(line: Line, at_ms: int) -> bool:
    """Whether the caller had spoken, was silent, and nothing of an answer had sounded."""
    said_ms = [end for start, end in line.caller if start <= at_ms]
    if not said_ms or max(said_ms) + PAUSE_MS / 5 > at_ms:
        return False
    return not any(end > max(said_ms) and start <= at_ms for start, end in line.agent)


def answering_ms(line: Line, since_ms: int, bridge_ms: int) -> int | None:
    """From `since_ms` to the first sound behind `bridge_ms` of bridge phrase."""
    left_ms = bridge_ms
    for start_ms, end_ms in line.agent:
        if end_ms <= since_ms:
            continue
        from_ms = max(start_ms, since_ms)
        if end_ms - from_ms > left_ms + 100:
            return from_ms + left_ms - since_ms
        left_ms = max(0, left_ms - (end_ms - from_ms))
    return None


def _overlap(spans: Iterable[Span], from_ms: int, to_ms: int) -> int:
    return sum(max(0, min(end, to_ms) - max(start, from_ms)) for start, end in spans)
