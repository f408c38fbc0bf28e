"""Whether a sound is somebody speaking: what a recogniser that hears no words has to be blamed for. Pure.

A voice is periodic (60 to 400 Hz) for most of its loud moments, and its pitch glides, by some per mille to some per
cent from one hundredth of a second to the next. Noise, coughs and clicks are not periodic; hum, dialling tones, ringing
and instruments hold their pitch and then jump. Songs count as speech, and a voice in as much noise may not.
"""

import numpy as np
import numpy.typing as npt

from streamer.audio import RATE_HZ, Pcm

_FRAME = 256
_STEP = 128
_POINTS = 1024
_LAGS = slice(RATE_HZ // 400, RATE_HZ // 60)
_LONGEST_LAG = 200
_LOUD_SHARE = 1 / 18
_LEAST_RMS = 200.0
_PERIODIC = 0.6
_GLIDE = (0.003, 0.12)
_LEAST_PAIRS = 15
_LEAST_PERIODIC_SHARE = 0.4
_LEAST_GLIDING_SHARE = 0.45

_WINDOW = np.hanning(_FRAME)


def _autocorrelation(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = np.abs(np.fft.rfft(frames * _WINDOW, _POINTS, axis=-1)) ** 2
    return np.asarray(np.fft.irfft(power, axis=-1)[..., :_LONGEST_LAG])


_OF_WINDOW = _autocorrelation(np.ones(_FRAME))


def is_speech(pcm: Pcm) -> bool:
    """Of a second or some; 6 ms of work for 4 s. A quarter of a second is too little to tell, and no speech."""
    lags = _lags(pcm)
    if lags.size < _LEAST_PAIRS:
        return False
    pairs = np.abs(np.log(lags[1:] / lags[:-1]))
    known = pairs[~np.isnan(pairs)]
    if known.size < _LEAST_PAIRS or known.size < _LEAST_PERIODIC_SHARE * pairs.size:
        return False
    gliding = (known > _GLIDE[0]) & (known < _GLIDE[1])
    return bool(gliding.mean() >= _LEAST_GLIDING_SHARE)


def _lags(pcm: Pcm) -> npt.NDArray[np.float64]:
    """The period of every loud frame in samples, in fractions of one; NaN for one that has none."""
    if pcm.size < _FRAME:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(pcm.astype(np.float64), _FRAME)[::_STEP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    rms = np.sqrt((frames**2).mean(axis=1))
    frames = frames[rms >= max(rms.max() * _LOUD_SHARE, _LEAST_RMS)]
    if not frames.size:
        return np.zeros(0)
    alike = _autocorrelation(frames)
    alike = alike / (alike[:, :1] + 1.0) / (_OF_WINDOW / _OF_WINDOW[0])
    peaks = alike[:, _LAGS].argmax(axis=1) + _LAGS.start
    every = np.arange(peaks.size)
    before, there, after = alike[every, peaks - 1], alike[every, peaks], alike[every, peaks + 1]
    bend = before - 2 * there + after
    beside = np.clip(np.divide(0.5 * (before - after), bend, out=np.zeros(peaks.size), where=bend < 0), -1, 1)
    return np.where(there > _PERIODIC, peaks + beside, np.nan)
