"""When a side of a recording was audible, whatever the noise of its line. Pure; audio is 8 kHz mono mu-law."""

import audioop

from offhook.box.line_stats import VOICED_RMS
from offhook.box.playout import FRAME_BYTES, FRAME_MS

Span = tuple[int, int]

ABOVE_NOISE = 3
"""How far above its line's noise a voice is taken to be (about 10 dB)."""
LOUDEST_NOISE_RMS = 800
"""Noise is never taken to be louder than this: a side that never falls silent would be all noise."""
QUIET_SHARE = 0.2
"""A person on the telephone is silent for more of the time than this."""
LONGEST_GAP_MS = 200
"""Silence up to this long inside speech (stops, breaths) does not end a span, as on the box's line."""


def audible(mulaw: bytes) -> tuple[Span, ...]:
    """The times of sound as (start_ms, end_ms), in order, to 20 ms. What is as quiet as the line's own noise is
    silence."""
    levels = [
        audioop.rms(audioop.ulaw2lin(mulaw[at : at + FRAME_BYTES], 2), 2) for at in range(0, len(mulaw), FRAME_BYTES)
    ]
    least = _least_level(levels)
    loud = [(at * FRAME_MS, at * FRAME_MS + FRAME_MS) for at, level in enumerate(levels) if level >= least]
    return joined(loud, LONGEST_GAP_MS + 1)


def joined(spans: list[Span] | tuple[Span, ...], gap_ms: int) -> tuple[Span, ...]:
    """Spans that are less than `gap_ms` apart become one."""
    found: list[Span] = []
    for start_ms, end_ms in spans:
        if found and start_ms - found[-1][1] < gap_ms:
            found[-1] = (found[-1][0], max(end_ms, found[-1][1]))
        else:
            found.append((start_ms, end_ms))
    return tuple(found)


def _least_level(levels: list[int]) -> int:
    noise = sorted(levels)[int(len(levels) * QUIET_SHARE)] if levels else 0
    return max(VOICED_RMS, ABOVE_NOISE * min(noise, LOUDEST_NOISE_RMS))
