"""Recordings of people are speech; what else a telephone line carries is not."""

from collections.abc import Callable

import numpy as np
import pytest

from offhook.box.sound import from_wav, tones
from streamer.audio import Pcm, mulaw_of, pcm_of
from streamer.speech_sound import is_speech
from tests.whole.scene import RECORDINGS

SAID = sorted(path.name for path in RECORDINGS.glob("*.wav"))
SECONDS = 3
TIME = np.arange(8_000 * SECONDS) / 8_000
NOTES_HZ = (262, 294, 330, 349, 392, 440, 494, 523, 494, 440, 392, 349)


def sound(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Pcm:
    """As it comes over the line: mu-law and back."""
    return pcm_of(mulaw_of(np.clip(samples, -32_768, 32_767).astype(np.int16)))


def noise(rms: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.random.default_rng(1).normal(0, rms, TIME.size)


def swell() -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.abs(np.sin(2 * np.pi * TIME))


def tone(hz: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.sin(2 * np.pi * hz * TIME)


def melody(overtones: int) -> Pcm:
    beat = np.arange(TIME.size // len(NOTES_HZ)) / 8_000
    played = [
        sum(np.sin(2 * np.pi * hz * number * beat) / number for number in range(1, overtones + 1)) * np.exp(-4 * beat)
        for hz in NOTES_HZ
    ]
    return sound(6_000 * np.concatenate(played))


def recorded(name: str) -> Pcm:
    return pcm_of(from_wav((RECORDINGS / name).read_bytes()))


@pytest.mark.parametrize("name", SAID)
def test_what_people_said_is_speech_loud_or_soft(name: str) -> None:
    assert is_speech(recorded(name))
    assert is_speech(sound(recorded(name).astype(np.float64) / 5))


@pytest.mark.parametrize("name", ["hello.wav", "hours.wav", "goodbye.wav", "one-moment-please.wav"])
def test_speech_over_a_noisy_line_is_speech(name: str) -> None:
    said = recorded(name).astype(np.float64)
    assert is_speech(sound(said + noise(float(np.sqrt(np.mean(said**2))) / 4)[: said.size]))


NO_SPEECH: dict[str, Callable[[], Pcm]] = {
    "silence": lambda: sound(np.zeros(TIME.size)),
    "too short": lambda: recorded("hello.wav")[:200],
    "line noise": lambda: sound(noise(3_000)),
    "coughs": lambda: sound(noise(4_000) * (tone(1.3) > 0.3)),
    "a rumble": lambda: sound(np.cumsum(noise(200))),
    "hum": lambda: sound(8_000 * tone(120)),
    "hum and noise": lambda: sound(4_000 * tone(120) + noise(1_000)),
    "a chord": lambda: sound(3_000 * swell() * (tone(262) + tone(330) + tone(392))),
    "a melody": lambda: melody(1),
    "an instrument": lambda: melody(6),
    "ringing": lambda: sound(5_000 * (tone(440) + tone(480))),
    "keys": lambda: pcm_of(tones("1234567890")),
    "a buzzer": lambda: sound(4_000 * swell() * sum(tone(140 * number) / number for number in range(1, 12))),
    "a siren": lambda: sound(8_000 * np.sin(2 * np.pi * np.cumsum(600 + 200 * tone(0.5)) / 8_000)),
}


@pytest.mark.parametrize("name", NO_SPEECH)
def test_noise_tones_and_music_are_not(name: str) -> None:
    assert not is_speech(NO_SPEECH[name]())
