import numpy as np
import pytest

from streamer.providers.log_mel import log_mel


def tone(frequency_hz: float, duration_s: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.sin(2 * np.pi * frequency_hz * np.arange(int(16_000 * duration_s)) / 16_000).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.0, 0.5, 15.0, 40.0])
def test_any_recording_fills_the_window_asked_for(seconds: float) -> None:
    assert log_mel(tone(440, seconds), 1500).shape == (80, 1500)


def test_silence_is_the_floor_everywhere() -> None:
    assert np.unique(log_mel(np.zeros(16_000, np.float32), 100)).tolist() == [-1.5]


@pytest.mark.parametrize(("frequency_hz", "band"), [(480, 12), (1000, 26), (4000, 62)])
def test_a_tone_stands_in_its_band(frequency_hz: float, band: int) -> None:
    """The middles of the bands: 37.24 Hz apart up to 1 kHz, then 3.9 % apart: 484, 1005 and 4008 Hz are nearest."""
    assert int(log_mel(tone(frequency_hz), 100)[:, 50].argmax()) == band


def test_what_is_8_below_the_loudest_is_cut_off() -> None:
    mel = log_mel(tone(1000, 0.5), 100)
    assert float(mel.max() - mel.min()) == pytest.approx(2.0)
