import audioop
import io
import wave

import numpy as np
import pytest

from offhook.box import sound
from offhook.box.sound import SoundError
from tests.box.speech import spoken


def wav(pcm: bytes, *, rate_hz: int = 8000, width: int = 2, channels: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate_hz)
        writer.writeframes(pcm)
    return file.getvalue()


def test_level() -> None:
    assert sound.level(spoken(2000)) == pytest.approx(2000, rel=0.05)
    assert sound.level(sound.silence(20)) == 0
    assert sound.level(b"") == 0


def test_a_key_is_its_two_frequencies() -> None:
    tone = sound.tones("5")
    assert len(tone) == 1600
    spectrum = np.abs(np.fft.rfft(np.frombuffer(audioop.ulaw2lin(tone[:800], 2), "<i2")))
    loudest_hz = sorted(int(at) * 10 for at in np.argsort(spectrum)[-2:])
    assert loudest_hz == [pytest.approx(770, abs=10), pytest.approx(1336, abs=10)]


def test_w_waits_half_a_second() -> None:
    assert sound.tones("w") == sound.silence(500)


def test_what_is_no_key() -> None:
    with pytest.raises(ValueError, match="'x'"):
        sound.tones("1x")


def test_wav_of_any_shape_becomes_mulaw() -> None:
    pcm = audioop.ulaw2lin(spoken(2000, 100), 2)
    assert sound.from_wav(wav(pcm)) == spoken(2000, 100)
    assert sound.from_wav(wav(audioop.tostereo(pcm, 2, 1, 1), channels=2)) == spoken(2000, 100)
    assert len(sound.from_wav(wav(pcm * 2, rate_hz=16_000))) == 800
    eight_bit = audioop.bias(audioop.lin2lin(pcm, 2, 1), 1, 128)
    assert sound.level(sound.from_wav(wav(eight_bit, width=1))) == pytest.approx(2000, rel=0.1)


@pytest.mark.parametrize("content", [b"", b"ID3 not a wav", b"RIFF\0\0\0\0WAVEfmt "])
def test_what_is_no_wav(content: bytes) -> None:
    with pytest.raises(SoundError):
        sound.from_wav(content)
