"""Sounds as 8 kHz mono mu-law bytes: how loud they are, keys as tones, WAV files read."""

import audioop
import io
import math
import wave
from array import array

RATE_HZ = 8000
FRAME_BYTES = 160
SILENCE = b"\xff"
# Row and column frequencies in Hz of ITU-T Q.23; a tone and the gap after it last 100 ms each.
_DTMF_HZ = {
    key: (row, column)
    for row, keys in ((697, "123"), (770, "456"), (852, "789"), (941, "*0#"))
    for column, key in zip((1209, 1336, 1477), keys, strict=True)
}
TONE_MS = 100
WAIT_MS = 500


class SoundError(Exception):
    """The bytes are not a sound the box can play."""


def level(mulaw: bytes) -> int:
    """Root mean square of the samples, 0 to 32767; 0 for no samples."""
    return audioop.rms(audioop.ulaw2lin(mulaw, 2), 2) if mulaw else 0


def silence(duration_ms: int) -> bytes:
    """Mu-law silence of this length."""
    return SILENCE * (duration_ms * RATE_HZ // 1000)


def tones(digits: str) -> bytes:
    """The keys as DTMF; `w` and `W` wait half a second. Raises ValueError on any other character."""
    return b"".join(silence(WAIT_MS) if key in "wW" else _tone(key) + silence(TONE_MS) for key in digits)


def _tone(key: str) -> bytes:
    if key not in _DTMF_HZ:
        raise ValueError(f"{key!r} is not a key of a telephone")
    row_hz, column_hz = _DTMF_HZ[key]
    pcm = array("h")
    for position in range(TONE_MS * RATE_HZ // 1000):
        turn = 2 * math.pi * position / RATE_HZ
        pcm.append(int(6000 * (math.sin(row_hz * turn) + math.sin(column_hz * turn))))
    return audioop.lin2ulaw(pcm.tobytes(), 2)


def from_wav(content: bytes) -> bytes:
    """A PCM WAV of any rate, 1 or 2 channels, 8 to 32 bits. Raises SoundError when it is something else."""
    try:
        with wave.open(io.BytesIO(content)) as reader:
            channels, width, rate_hz = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
            pcm = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError) as error:
        raise SoundError(f"not a PCM WAV file: {error}") from error
    if channels not in (1, 2) or width not in (1, 2, 3, 4):
        raise SoundError(f"{channels} channels of {width} bytes cannot be played")
    if width == 1:
        pcm = audioop.bias(pcm, 1, -128)  # 8-bit WAV is unsigned
    pcm = audioop.lin2lin(pcm, width, 2)
    if channels == 2:
        pcm = audioop.tomono(pcm, 2, 0.5, 0.5)
    if rate_hz != RATE_HZ:
        pcm, _ = audioop.ratecv(pcm, 2, 1, rate_hz, RATE_HZ, None)
    return audioop.lin2ulaw(pcm, 2)
