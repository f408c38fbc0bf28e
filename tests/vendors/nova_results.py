"""Nova's results over a script: interim and final results of each stretch of voice, and the gap after it.

A stretch ends (speech_final) after `endpointing` of silence, and never sooner than the script's `end_ms`. Each takes
the next part of the script's text.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.vendors.deepgram_parameters import NovaParameters
from tests.vendors.ear import Due, Ear
from tests.vendors.script import Listening, Utterance
from tests.vendors.spoken_words import Word, heard_by, laid_out, parts_of, utterances_of

SILENCE_EVERY_MS = 3000.0
"""In silence an empty final result comes this often."""


@dataclass(frozen=True, slots=True)
class Result:
    """One Results message to be sent; the window is media time."""

    window_ms: tuple[float, float]
    words: tuple[Word, ...]
    is_final: bool
    speech_final: bool = False
    from_finalize: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """SpeechStarted or UtteranceEnd, at a moment of media time."""

    what: Literal["SpeechStarted", "UtteranceEnd"]
    at_ms: float


class NovaResults:
    """The agenda of one Nova socket."""

    def __init__(
        self, listening: Listening, parameters: NovaParameters, tell: Callable[[Result | Mark], None], *, deaf: bool
    ) -> None:
        """`deaf`: words are never heard, whatever is said."""
        self.ear = Ear(listening.threshold, listening.least_voice_ms, self)
        self._listening, self._parameters, self._tell = listening, parameters, tell
        self._script = iter(()) if deaf else _parts(listening)
        self._utterance, self._part = next(self._script, (Utterance(""), ()))
        self._open = self._gap_ahead = False
        self._began_ms = self._window_ms = self._ticked_ms = 0.0
        self._final_words = 0

    def _delay_ms(self, name: str) -> float:
        own = getattr(self._utterance, name)
        return float(getattr(self._listening, name) if own is None else own)

    def next_due(self) -> Due | None:
        ear = self.ear
        if self._open:
            end_ms = max(self._delay_ms("end_ms"), self._parameters.endpointing_ms or 0)
            dues = [ear.since_end("final", end_ms), ear.at("interim", self._ticked_ms + self._listening.interim_ms)]
            return min(dues, key=lambda due: due.media_ms)
        dues = [ear.at("silence", self._window_ms + SILENCE_EVERY_MS)]
        if self._gap_ahead and self._parameters.utterance_end_ms is not None:
            dues.append(ear.since_end("gap", self._parameters.utterance_end_ms))
        if ear.began_ms is not None:
            dues.append(ear.since_start("voice", self._delay_ms("start_ms")))
        return min(dues, key=lambda due: due.media_ms)

    def happen(self, due: Due) -> None:
        match due.what:
            case "voice":
                self._begin(due.media_ms)
            case "interim":
                self._tick(due.media_ms)
            case "final":
                speech = self._parameters.endpointing_ms is not None and self._utterance.speech_final
                self._finish(due.media_ms, len(self._part), speech_final=speech)
            case "gap":
                self._gap_ahead = False
                self._tell(Mark("UtteranceEnd", self.ear.ended_ms))
            case _:
                self._result(due.media_ms, (), is_final=True)

    def finalize(self) -> None:
        """Finalize: all that is heard becomes final at once; what is said after it is the rest of the text."""
        now_ms = self.ear.received_ms
        if self._open:
            self._finish(now_ms, self._heard(now_ms), from_finalize=True)
        else:
            self._result(now_ms, (), is_final=True, from_finalize=True)

    def flush(self) -> None:
        """CloseStream: what is heard and not yet final."""
        if self._open:
            now_ms = self.ear.received_ms
            self._finish(now_ms, self._heard(now_ms))

    def _begin(self, now_ms: float) -> None:
        self._open, self._gap_ahead = True, False
        began_ms = self.ear.began_ms
        self._began_ms = now_ms if began_ms is None else began_ms
        self._final_words = 0
        self._ticked_ms = now_ms
        if self._parameters.vad_events:
            self._tell(Mark("SpeechStarted", self._began_ms))
        if self._parameters.interim_results:
            self._result(now_ms, self._words(self._heard(now_ms)), is_final=False)

    def _tick(self, now_ms: float) -> None:
        self._ticked_ms = now_ms
        heard, size = self._heard(now_ms), self._utterance.segment_words
        if size and heard - self._final_words >= size:
            upto = self._final_words + size
            self._result(now_ms, self._words(upto), is_final=True)
            self._final_words = upto
        elif self._parameters.interim_results:
            self._result(now_ms, self._words(heard), is_final=False)

    def _finish(self, now_ms: float, heard: int, *, speech_final: bool = False, from_finalize: bool = False) -> None:
        words = self._words(heard, ended_ms=self.ear.ended_ms)
        self._result(now_ms, words, is_final=True, speech_final=speech_final, from_finalize=from_finalize)
        self._open = False
        self._gap_ahead = self._utterance.utterance_end and bool(self._part)
        self.ear.forget()
        if heard < len(self._part):
            self._part = self._part[heard:]
        else:
            self._utterance, self._part = next(self._script, (Utterance(""), ()))

    def _heard(self, now_ms: float) -> int:
        start_ms = self._delay_ms("start_ms")
        voice_ms = min(now_ms, max(self.ear.ended_ms, self._began_ms + start_ms)) - self._began_ms
        return heard_by(self._part, voice_ms, start_ms, self._listening.word_ms)

    def _words(self, upto: int, ended_ms: float | None = None) -> tuple[Word, ...]:
        """The words that are not final yet, laid out over the voice so far, or over all of it once it has ended."""
        end_ms = self._began_ms + len(self._part) * self._listening.word_ms if ended_ms is None else ended_ms
        return laid_out(self._part, self._began_ms, end_ms)[self._final_words : upto]

    def _result(
        self,
        now_ms: float,
        words: tuple[Word, ...],
        *,
        is_final: bool,
        speech_final: bool = False,
        from_finalize: bool = False,
    ) -> None:
        self._tell(Result((self._window_ms, now_ms), words, is_final, speech_final, from_finalize))
        if is_final:
            self._window_ms = now_ms


def _parts(listening: Listening) -> Iterator[tuple[Utterance, tuple[str, ...]]]:
    for utterance in utterances_of(listening):
        for part in parts_of(utterance.text) or ((),):
            yield utterance, part
