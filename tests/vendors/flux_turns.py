"""Flux's turns over a script: the state machine of Deepgram's docs (flux/state), driven by the voice that is heard.

Initial -StartOfTurn-> ongoing -EagerEndOfTurn-> awaiting the end -EndOfTurn-> Initial, with TurnResumed back from
awaiting to ongoing when voice comes first. Without an eager threshold the same happens unsaid up to EndOfTurn.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.vendors.deepgram_parameters import FluxParameters
from tests.vendors.ear import Due, Ear
from tests.vendors.script import Listening, Utterance
from tests.vendors.spoken_words import Word, heard_by, laid_out, parts_of, utterances_of

UPDATE_EVERY_MS = 250.0
_ONGOING = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """One TurnInfo to be sent. Times in media milliseconds."""

    event: str
    turn_index: int
    window_ms: tuple[float, float]
    words: tuple[Word, ...]
    confidence: float
    trigger: str | None = None


class FluxTurns:
    """The agenda of one Flux socket. `parameters` may be replaced at any time (Configure)."""

    def __init__(
        self, listening: Listening, parameters: FluxParameters, tell: Callable[[Told], None], *, deaf: bool
    ) -> None:
        """`deaf`: words are never heard, whatever is said."""
        self.parameters = parameters
        self.ear = Ear(listening.threshold, listening.least_voice_ms, self)
        self._listening, self._tell = listening, tell
        self._script = iter(()) if deaf else utterances_of(listening)
        self._turn_index = 0
        self._told_ms = 0.0
        self._next_turn()

    def _next_turn(self) -> None:
        self._utterance: Utterance | None = next(self._script, None)
        self._parts = parts_of(self._utterance.text) if self._utterance is not None else ()
        self._part = 0
        self._said: tuple[Word, ...] = ()
        self._ongoing = self._paused = self._eager_told = False
        self._window_ms = self._part_began_ms = self.ear.received_ms

    def _delay_ms(self, name: str) -> float:
        own = getattr(self._utterance, name, None)
        return float(getattr(self._listening, name) if own is None else own)

    def next_due(self) -> Due | None:
        ear, dues = self.ear, [self.ear.at("Update", self._told_ms + UPDATE_EVERY_MS)]
        if self._utterance is None:
            return dues[0]
        if not self._ongoing:
            if ear.began_ms is not None:
                dues.append(
                    ear.since_start("StartOfTurn", self._delay_ms("start_ms"))
                    if self._parts
                    else ear.since_end("unheard", self._delay_ms("end_ms"))
                )
        else:
            if not self._paused:
                dues.append(ear.since_end("EagerEndOfTurn", self._delay_ms("eager_ms")))
            elif ear.began_ms is not None:
                dues.append(ear.since_start("TurnResumed", self._delay_ms("start_ms")))
            if self._sure_of_the_end(self._utterance):
                dues.append(ear.since_end("EndOfTurn", self._delay_ms("end_ms")))
            dues.append(ear.since_end("timeout", self.parameters.timeout_ms))
        return min(dues, key=lambda due: due.media_ms)

    def happen(self, due: Due) -> None:
        match due.what:
            case "Update":
                self._say("Update", due.media_ms, self._words(due.media_ms), _ONGOING)
            case "StartOfTurn":
                self._ongoing = True
                self._window_ms = self._part_began_ms = self.ear.began_ms or 0.0
                self._say("StartOfTurn", due.media_ms, self._words(due.media_ms), _ONGOING)
            case "EagerEndOfTurn":
                self._pause()
                self._say_eager(due.media_ms)
            case "TurnResumed":
                self._resume(due.media_ms)
            case "unheard":
                self.ear.forget()
                self._next_turn()
            case _:
                self._end(due.media_ms, "model" if due.what == "EndOfTurn" else "timeout")

    def force_end(self) -> None:
        """ForceEndTurn: ends the turn in progress on the words so far; without a turn it is ignored."""
        if not self._ongoing:
            return
        now_ms = self.ear.received_ms
        self._said = self._words(now_ms)
        self._paused = True
        self.ear.forget()
        self._say("EndOfTurn", now_ms, self._said, _ONGOING, "manual")
        self._turn_index += 1
        self._next_turn()

    def flush(self) -> None:
        """CloseStream: what is heard of an unfinished turn is told once more."""
        if self._ongoing:
            now_ms = self.ear.received_ms
            self._say("Update", now_ms, self._words(now_ms), _ONGOING)

    def _sure_of_the_end(self, utterance: Utterance) -> bool:
        threshold = self.parameters.threshold
        return threshold < 1.0 and (utterance.confidence is None or utterance.confidence >= threshold)

    def _words(self, now_ms: float) -> tuple[Word, ...]:
        """The turn's words so far: those of finished stretches, and of the present one as far as it is heard."""
        if self._paused or not self._ongoing or self._part >= len(self._parts):
            return self._said
        part, began_ms, word_ms = self._parts[self._part], self._part_began_ms, self._listening.word_ms
        voice_ms = min(now_ms, max(self.ear.ended_ms, began_ms + self._delay_ms("start_ms"))) - began_ms
        count = heard_by(part, voice_ms, self._delay_ms("start_ms"), word_ms)
        return self._said + laid_out(part, began_ms, began_ms + len(part) * word_ms)[:count]

    def _pause(self) -> None:
        """The present stretch of voice is over: all its words are heard."""
        if self._part < len(self._parts):
            self._said += laid_out(self._parts[self._part], self._part_began_ms, self.ear.ended_ms)
        self._paused = True
        self.ear.forget()

    def _resume(self, now_ms: float) -> None:
        self._paused = False
        self._part += 1
        began_ms = self.ear.began_ms
        self._part_began_ms = now_ms if began_ms is None else began_ms
        if self._eager_told:
            self._eager_told = False
            self._say("TurnResumed", now_ms, self._words(now_ms), _ONGOING)

    def _say_eager(self, now_ms: float) -> None:
        eager = self.parameters.eager_threshold
        if eager is None or self._utterance is None:
            return
        words, other = self._said, self._utterance.eager_text
        if other is not None:
            words = laid_out(tuple(other.split()), self._window_ms, self.ear.ended_ms)
        self._eager_told = True
        self._say("EagerEndOfTurn", now_ms, words, max(eager, 0.5))

    def _end(self, now_ms: float, trigger: str) -> None:
        """EndOfTurn, after an EagerEndOfTurn with the same words where these are asked for."""
        utterance, eager = self._utterance, self.parameters.eager_threshold
        assert utterance is not None
        if not self._paused:
            self._pause()
            self._say_eager(now_ms)
        if eager is not None and utterance.eager_text is not None:
            self._say("TurnResumed", now_ms, self._said, _ONGOING)
            self._say("EagerEndOfTurn", now_ms, self._said, max(eager, 0.5))
        sure = utterance.confidence if utterance.confidence is not None else max(self.parameters.threshold, 0.9)
        self._say("EndOfTurn", now_ms, self._said, sure, trigger)
        self._turn_index += 1
        self._next_turn()

    def _say(
        self, event: str, now_ms: float, words: tuple[Word, ...], confidence: float, trigger: str | None = None
    ) -> None:
        self._told_ms = now_ms
        self._tell(Told(event, self._turn_index, (self._window_ms, now_ms), words, confidence, trigger))
