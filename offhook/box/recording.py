"""Calls and prompts as WAV files. Audio in memory is 8 kHz mono mu-law."""

import audioop
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

RATE_HZ = 8000
_PCM, _MULAW, _EXTENSIBLE = 0x0001, 0x0007, 0xFFFE


@dataclass(frozen=True, slots=True)
class Recording:
    """Both sides of a call as mu-law, sample-aligned and of equal length."""

    caller: bytes
    agent: bytes

    @property
    def duration_ms(self) -> int:
        return len(self.caller) * 1000 // RATE_HZ


class WavUnreadable(ValueError):
    """The file is no WAV that a caller can speak."""


def write_wav(path: Path, recording: Recording) -> None:
    """Stereo 16-bit PCM at 8 kHz: caller left, agent right."""
    left = audioop.tostereo(audioop.ulaw2lin(recording.caller, 2), 2, 1, 0)
    right = audioop.tostereo(audioop.ulaw2lin(recording.agent, 2), 2, 0, 1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(audioop.add(left, right, 2))


def read_mulaw(path: Path) -> bytes:
    """A WAV file (8 or 16 bit PCM or mu-law, mono or stereo, any rate) as 8 kHz mono mu-law.

    Raises WavUnreadable with the reason, OSError when the file cannot be read.
    """
    wav = _read(path)
    if (wav.kind, wav.channels, wav.rate_hz, wav.bits) == (_MULAW, 1, RATE_HZ, 8):
        return wav.data
    pcm = _linear(wav)
    if wav.channels == 2:
        pcm = audioop.tomono(pcm, 2, 0.5, 0.5)
    return audioop.lin2ulaw(_resampled(pcm, wav.rate_hz), 2)


def read_sides(path: Path) -> tuple[bytes, ...]:
    """The channels of a WAV file (one or two, the left one first), each as 8 kHz mono mu-law. Raises as `read_mulaw`
    does."""
    wav = _read(path)
    if wav.channels == 1:
        return (read_mulaw(path),)
    pcm = _linear(wav)
    sides = (audioop.tomono(pcm, 2, 1, 0), audioop.tomono(pcm, 2, 0, 1))
    return tuple(audioop.lin2ulaw(_resampled(side, wav.rate_hz), 2) for side in sides)


@dataclass(frozen=True, slots=True)
class _Wav:
    kind: int
    channels: int
    rate_hz: int
    bits: int
    data: bytes


def _read(path: Path) -> _Wav:
    format_chunk, data = _chunks(path.read_bytes())
    kind, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", format_chunk[:16])
    if kind == _EXTENSIBLE and len(format_chunk) >= 26:
        kind = struct.unpack("<H", format_chunk[24:26])[0]
    if channels not in (1, 2) or rate_hz == 0:
        raise WavUnreadable(f"{channels} channels at {rate_hz} Hz; mono or stereo is needed")
    return _Wav(kind, channels, rate_hz, bits, data)


def _linear(wav: _Wav) -> bytes:
    """Whole samples as 16-bit PCM. 8-bit WAV is unsigned."""
    data = wav.data[: len(wav.data) - len(wav.data) % (wav.channels * max(1, wav.bits // 8))]
    match wav.kind, wav.bits:
        case (0x0001, 16):
            return data
        case (0x0001, 8):
            return audioop.lin2lin(audioop.bias(data, 1, -128), 1, 2)
        case (0x0007, 8):
            return audioop.ulaw2lin(data, 2)
    raise WavUnreadable(f"format {wav.kind:#06x} with {wav.bits} bits; 8 or 16 bit PCM or mu-law is needed")


def _resampled(pcm: bytes, rate_hz: int) -> bytes:
    if rate_hz == RATE_HZ or not pcm:
        return pcm
    # Imported here: most callers speak 8 kHz files, and these take longer to load than the rest of the box's audio.
    import numpy as np
    import soxr

    samples = soxr.resample(np.frombuffer(pcm, dtype="<i2"), rate_hz, RATE_HZ)
    return bytes(samples.astype("<i2").tobytes())


def _chunks(riff: bytes) -> tuple[bytes, bytes]:
    """The `fmt ` and `data` chunks. The stdlib's reader knows no mu-law."""
    if riff[:4] != b"RIFF" or riff[8:12] != b"WAVE":
        raise WavUnreadable("not a WAV file")
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(riff):
        name, size = riff[at : at + 4], int.from_bytes(riff[at + 4 : at + 8], "little")
        found.setdefault(name, riff[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    if len(found.get(b"fmt ", b"")) < 16 or b"data" not in found:
        raise WavUnreadable("a WAV file without format or data")
    return found[b"fmt "], found[b"data"]
