"""Hears one caller with Deepgram Nova (`/v1/listen`): words from the vendor, the end of a turn from three signs.

speech_final (a pause in the sound), UtteranceEnd (a gap between words) and our own deadline after the last words: the
first to come ends the turn, the others find nothing left. https://developers.deepgram.com/docs/understand-endpointing-interim-results
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from streamer.events import Draft, Heard, SpeechStarted, SpeechStopped, TurnEnded, TurnLikely, TurnResumed
from streamer.metering import unmetered
from streamer.providers import deepgram_failures
from streamer.providers.deepgram_recogniser import DeepgramRecogniser, Patience
from streamer.providers.sent_audio import MediaClock
from streamer.providers.vendor_socket import Connect, socket_base

STALLED_S = 8.0
"""In silence Nova tells something every few seconds only."""
KEEP_ALIVE = b'{"type":"KeepAlive"}'

_WITHOUT_WORDS_S = 1.5
"""A voice that has no words after so long was none."""
_OLD_MS = 60
"""A word that began this long before the end of a finished turn belongs to it."""


@dataclass(frozen=True, slots=True)
class NovaOptions:
    """`endpointing_ms` of silence bring speech_final, `utterance_end_ms` (1000 to 5000) without a word UtteranceEnd.

    Our own deadlines count from the last news: `final_s` when every word is final, `interim_s` when some are not.
    Words that have not changed for `stable_ms` of audio are likely to be all.
    """

    endpointing_ms: int = 300
    utterance_end_ms: int = 1_000
    final_s: float = 1.2
    interim_s: float = 2.5
    stable_ms: int = 200
    mip_opt_out: bool = True


DEFAULTS = NovaOptions()
PATIENCE = Patience(STALLED_S)


def nova_url(
    base_url: str, model: str, language: str, keyterms: Sequence[str] = (), options: NovaOptions = DEFAULTS
) -> str:
    """Where to connect. `base_url` is http, https, ws or wss; `model` as Deepgram names it; `language` as "en-US"."""
    query = [("model", model), ("language", language), ("encoding", "mulaw"), ("sample_rate", "8000")]
    query += [("channels", "1"), ("interim_results", "true"), ("vad_events", "true"), ("smart_format", "true")]
    query += [("endpointing", str(options.endpointing_ms)), ("utterance_end_ms", str(options.utterance_end_ms))]
    query += [("keyterm", term) for term in keyterms]
    if options.mip_opt_out:
        query.append(("mip_opt_out", "true"))
    return f"{socket_base(base_url)}/v1/listen?{urlencode(query)}"


class DeepgramNovaRecogniser(DeepgramRecogniser):
    """Implements `streamer.engines.ports.Recogniser`. `connect` opens `nova_url`, or takes a warm socket to it."""

    def __init__(
        self,
        connect: Connect,
        options: NovaOptions = DEFAULTS,
        patience: Patience = PATIENCE,
        metered: Callable[[int], None] = unmetered,
    ) -> None:
        super().__init__(connect, NovaTurns(options), patience, KEEP_ALIVE, metered)


@dataclass(frozen=True, slots=True)
class _Words:
    """Some words of a turn and when they were spoken, in media time."""

    text: str
    first_ms: int
    last_ms: int


class NovaTurns:
    """Implements `deepgram_recogniser.Turns`."""

    def __init__(self, options: NovaOptions = DEFAULTS) -> None:
        self._options = options
        self.is_speaking = False
        self.confirmed_ms = 0
        self.due_at_s: float | None = None
        self._finals: list[_Words] = []
        self._interim: _Words | None = None
        self._likely: str | None = None
        self._draft = ""

    def take(self, message: dict[str, Any], clock: MediaClock, now_s: float) -> tuple[Heard, ...]:
        match message["type"]:
            case "Results":
                return self._results(message, clock, now_s)
            case "SpeechStarted":
                return self._begin(clock.began(float(message["timestamp"])), now_s)
            case "UtteranceEnd":
                is_old = clock.ended(float(message["last_word_end"])) <= self.confirmed_ms
                return () if is_old or not self._text() else self._end()
            case "Error":
                raise deepgram_failures.said(message.get("variant") or message.get("code"))
        return ()

    def due(self, now_s: float) -> tuple[Heard, ...]:
        """The end that no message brought."""
        return self._end() if self.due_at_s is not None and now_s >= self.due_at_s else ()

    def reopened(self, _replayed_ms: float, now_s: float) -> None:
        """The new connection hears the whole turn again."""
        self._finals.clear()
        self._interim = None
        if self.is_speaking:
            self.due_at_s = now_s + self._options.interim_s

    def _begin(self, media_ms: int, now_s: float) -> tuple[Heard, ...]:
        if self.is_speaking or media_ms < self.confirmed_ms:
            return ()
        self.is_speaking = True
        self.due_at_s = now_s + _WITHOUT_WORDS_S
        return (SpeechStarted(media_ms),)

    def _results(self, message: dict[str, Any], clock: MediaClock, now_s: float) -> tuple[Heard, ...]:
        words = self._new_words(message["channel"]["alternatives"][0], clock)
        is_final, is_over = message["is_final"] is True, message["speech_final"] is True
        told = self._begin(max(words.first_ms, self.confirmed_ms), now_s) if words is not None else ()
        if not self.is_speaking:
            return told
        if is_final:
            self._finals += [words] if words is not None else []
            self._interim = None
        else:
            self._interim = words
        if is_over:
            return (*told, *self._end())
        end_ms = clock.ended(float(message["start"]) + float(message["duration"]))
        return (*told, *self._said(words, end_ms, now_s))

    def _said(self, words: _Words | None, end_ms: int, now_s: float) -> tuple[Heard, ...]:
        """What the words so far tell; `end_ms` is how far the vendor has listened."""
        text, options = self._text(), self._options
        if text == self._draft:
            if text and self._interim is None and self.due_at_s is not None:
                self.due_at_s = min(self.due_at_s, now_s + options.final_s)
            return self._is_likely(text, end_ms)
        told: tuple[Heard, ...] = (TurnResumed(),) if self._likely is not None else ()
        self._likely, self._draft = None, text
        self.due_at_s = now_s + (options.interim_s if self._interim is not None else options.final_s)
        return (*told, Draft(text), *(self._is_likely(text, end_ms) if words is not None else ())) if text else told

    def _is_likely(self, text: str, end_ms: int) -> tuple[Heard, ...]:
        if not text or self._likely == text or end_ms - self._last_ms() < self._options.stable_ms:
            return ()
        self._likely = text
        return (TurnLikely(text, self._first_ms(), self._last_ms()),)

    def _end(self) -> tuple[Heard, ...]:
        text = self._text()
        resumed = (TurnResumed(),) if self._likely is not None and self._likely != text else ()
        told: Heard = SpeechStopped()
        if text:
            told = TurnEnded(text, self._first_ms(), self._last_ms())
            self.confirmed_ms = self._last_ms()
        self.is_speaking, self.due_at_s, self._likely, self._draft = False, None, None, ""
        self._finals.clear()
        self._interim = None
        return (*resumed, told)

    def _new_words(self, alternative: dict[str, Any], clock: MediaClock) -> _Words | None:
        """The words that no finished turn has had already."""
        timed = [(word, clock.began(float(word["start"]))) for word in alternative["words"]]
        new = [(word, first_ms) for word, first_ms in timed if first_ms >= self.confirmed_ms - _OLD_MS]
        if not new:
            return None
        text = alternative["transcript"].strip() if len(new) == len(timed) else _joined(new)
        return _Words(text, new[0][1], clock.ended(float(new[-1][0]["end"]))) if text else None

    def _parts(self) -> list[_Words]:
        return [*self._finals, self._interim] if self._interim is not None else self._finals

    def _text(self) -> str:
        return " ".join(part.text for part in self._parts())

    def _first_ms(self) -> int:
        return self._parts()[0].first_ms

    def _last_ms(self) -> int:
        return self._parts()[-1].last_ms


def _joined(words: Sequence[tuple[dict[str, Any], int]]) -> str:
    return " ".join(word.get("punctuated_word") or word["word"] for word, _ in words)
