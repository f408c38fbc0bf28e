"""Telephone audio as values: mu-law and linear samples, rates, where the voice in a recording begins and ends. Pure.

`Pcm` is mono int16 at 8 kHz unless a rate is named; mu-law is G.711 at 8 kHz, 8 bytes a millisecond.
"""

import audioop
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import soxr

Pcm: TypeAlias = npt.NDArray[np.int16]
Samples: TypeAlias = npt.NDArray[np.float32]

RATE_HZ = 8000
BYTES_PER_MS = 8
SILENCE = b"\xff"
"""The mu-law byte of a zero sample."""

_FULL_SCALE = 32768
_BLOCK = 32
"""Samples whose energy is taken as one: 4 ms."""
_WHISPER_DB = 40.0


def pcm_of(mulaw: bytes) -> Pcm:
    """Linear samples of mu-law bytes, one each."""
    return np.frombuffer(audioop.ulaw2lin(mulaw, 2), np.int16)


def mulaw_of(pcm: Pcm) -> bytes:
    """Mu-law bytes of linear samples, one each."""
    return audioop.lin2ulaw(pcm.astype("<i2").tobytes(), 2)


def samples_of(pcm: Pcm) -> Samples:
    """The same sound as floats from -1 to 1."""
    return np.asarray(pcm / np.float32(_FULL_SCALE), np.float32)


def pcm_from(samples: Samples) -> Pcm:
    """The same sound as int16; what is louder than full scale is clipped."""
    return np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """A whole recording at another rate, band-limited. Not for pieces of a stream: each would begin and end anew."""
    if from_hz == to_hz or not samples.size:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)


def levels_db(pcm: Pcm) -> npt.NDArray[np.float64]:
    """The energy of every whole 4 ms of `pcm`, in dB above one quantisation step."""
    blocks = pcm[: pcm.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK).astype(np.float64)
    return np.asarray(10 * np.log10(np.mean(blocks * blocks, axis=1) + 1))


def voice_span(pcm: Pcm, below_peak_db: float = 35.0, above_floor_db: float = 10.0) -> tuple[int, int]:
    """First and end sample of the sound that stands out of `pcm`, to 4 ms.

    A block stands out when it is at most `below_peak_db` quieter than the loudest one and at least `above_floor_db`
    louder than the background (the quietest tenth of the blocks). (0, 0) when nothing does.
    """
    levels = levels_db(pcm)
    if not levels.size:
        return 0, 0
    threshold = max(levels.max() - below_peak_db, float(np.percentile(levels, 10)) + above_floor_db)
    loud = np.flatnonzero(levels >= threshold)
    if not loud.size:
        return 0, 0
    return int(loud[0]) * _BLOCK, (int(loud[-1]) + 1) * _BLOCK


def trimmed(pcm: Pcm, lead_ms: int, tail_ms: int) -> Pcm:
    """A spoken sentence with at most `lead_ms` of silence before and exactly `tail_ms` after the voice.

    Made for clean synthetic speech; what is nowhere louder than a whisper (50 dB below full scale) becomes empty.
    """
    if pcm.size < _BLOCK or levels_db(pcm).max() < _WHISPER_DB:
        return pcm[:0]
    first, end = voice_span(pcm, below_peak_db=45.0, above_floor_db=0.0)
    per_ms = RATE_HZ // 1000
    tail = pcm[end : end + tail_ms * per_ms]
    silence = np.zeros(tail_ms * per_ms - tail.size, np.int16)
    return np.concatenate([pcm[max(0, first - lead_ms * per_ms) : end], tail, silence])
