"""Speech to text: Whisper tiny.en on CTranslate2. Blocking; `EmbeddedModels` runs it off the event loop."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamer.audio import RATE_HZ, Pcm, Samples, resampled, samples_of
from streamer.providers import log_mel

LONGEST_S = 28
"""More of one utterance than this does not fit into Whisper's window."""

_FULL_FRAMES = 3000
_LEAST_FRAMES = 1500
_ROOM_S = 6
"""A shorter window is quicker, but with less room than this after the speech short answers are heard twice."""

_ANNOTATION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*")
"""Sounds that Whisper describes instead of words: "[BLANK_AUDIO]", "(keyboard clicking)"."""

_FEW_TOKENS = 8
"""A text of so few tokens is often unlikely and right ("cancelled" without a full stop), and the full window has never
been seen to improve it."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    text: str
    tokens: int
    score: float
    no_speech: float


class Ears:
    """One model for the process; up to `lanes` threads may call it at once."""

    def __init__(self, folder: Path, lanes: int) -> None:
        import ctranslate2
        from tokenizers import Tokenizer

        self._storage = ctranslate2.StorageView
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=lanes, intra_threads=1
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._prompt = [self._tokenizer.token_to_id(name) for name in ("<|startoftranscript|>", "<|notimestamps|>")]

    def words_in(self, pcm: Pcm) -> str:
        """The words of one utterance of at most `LONGEST_S`; empty when there are none.

        The window is as short as the utterance allows. It is decoded once more in the full window when the result
        looks like a loop: the token cap reached, an unlikely long text, or one that compresses too well.
        """
        samples = resampled(samples_of(pcm), RATE_HZ, log_mel.RATE_HZ)
        seconds = pcm.size / RATE_HZ
        most_tokens = int(8 + 5.5 * seconds)
        frames = min(_FULL_FRAMES, max(_LEAST_FRAMES, int((seconds + _ROOM_S) * log_mel.FRAMES_PER_S) // 2 * 2))
        decoded = self._decode(samples, frames, most_tokens)
        if frames < _FULL_FRAMES and _is_doubtful(decoded, most_tokens):
            decoded = self._decode(samples, _FULL_FRAMES, most_tokens)
        is_noise = decoded.no_speech > 0.6 and decoded.score < -0.5
        return "" if is_noise else _words_of(decoded.text)

    def _decode(self, samples: Samples, frames: int, most_tokens: int) -> _Decoded:
        features = np.ascontiguousarray(log_mel.log_mel(samples, frames)[None])
        result = self._model.generate(
            self._model.encode(self._storage.from_array(features)),
            [self._prompt],
            beam_size=1,
            max_length=2 * (most_tokens + len(self._prompt)),  # CTranslate2 takes half of it for Whisper
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        ids = result.sequences_ids[0]
        text = self._tokenizer.decode(ids).strip()
        return _Decoded(text, len(ids), float(result.scores[0]), float(result.no_speech_prob))


def _words_of(text: str) -> str:
    words = _ANNOTATION.sub("", text).strip()
    return words if any(sign.isalnum() for sign in words) else ""


def _is_doubtful(decoded: _Decoded, most_tokens: int) -> bool:
    plain = decoded.text.encode()
    repeats = len(plain) / max(1, len(zlib.compress(plain)))
    is_unlikely = decoded.score < -1 and decoded.tokens > _FEW_TOKENS
    return decoded.tokens >= most_tokens or is_unlikely or repeats > 2.2
