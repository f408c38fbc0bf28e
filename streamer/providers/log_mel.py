"""The log-mel spectrogram that Whisper was trained on. Pure.

80 bands of Slaney's filter bank (linear to 1 kHz, logarithmic above, unit area) over 25 ms Hann windows every 10 ms at
16 kHz, log10, floored 8 below the loudest value, shifted and scaled (Radford et al. 2022, section 2.2).
"""

import numpy as np

from streamer.audio import Samples

RATE_HZ = 16_000
FRAMES_PER_S = 100

_WINDOW_SAMPLES = 400
_HOP_SAMPLES = RATE_HZ // FRAMES_PER_S
_BANDS = 80
_LINEAR_TO_HZ = 1000.0
_HZ_PER_MEL = 200 / 3
_LOG_STEP = np.log(6.4) / 27


def _mel_of(hz: float) -> float:
    if hz < _LINEAR_TO_HZ:
        return hz / _HZ_PER_MEL
    return float(_LINEAR_TO_HZ / _HZ_PER_MEL + np.log(hz / _LINEAR_TO_HZ) / _LOG_STEP)


def _filter_bank() -> Samples:
    """Bands by frequency bins."""
    bins_hz = np.fft.rfftfreq(_WINDOW_SAMPLES, 1 / RATE_HZ)
    mels = np.linspace(0.0, _mel_of(RATE_HZ / 2), _BANDS + 2)
    bend = _LINEAR_TO_HZ / _HZ_PER_MEL
    edges_hz = np.where(mels < bend, mels * _HZ_PER_MEL, _LINEAR_TO_HZ * np.exp(_LOG_STEP * (mels - bend)))
    widths_hz = np.diff(edges_hz)[:, None]
    ramps = edges_hz[:, None] - bins_hz[None, :]
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / widths_hz[:-1], ramps[2:] / widths_hz[1:]))
    unit_area = 2 / (edges_hz[2:] - edges_hz[:-2])
    return np.asarray(triangles * unit_area[:, None], np.float32)


_FILTERS = _filter_bank()
_HANN = np.hanning(_WINDOW_SAMPLES + 1)[:-1].astype(np.float32)


def log_mel(samples: Samples, frames: int) -> Samples:
    """80 x `frames` (10 ms each) of mono `samples` at 16 kHz, padded with silence or cut to that length."""
    length = frames * _HOP_SAMPLES
    padded = np.pad(samples[:length], (0, max(0, length - samples.size)))
    padded = np.pad(padded, _WINDOW_SAMPLES // 2, mode="reflect")
    slices = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::_HOP_SAMPLES][:frames] * _HANN
    power = np.abs(np.fft.rfft(slices, axis=1)) ** 2
    mel = np.log10(np.maximum(_FILTERS @ power.T, 1e-10))
    return np.asarray((np.maximum(mel, mel.max() - 8) + 4) / 4, np.float32)
