"""Hears one caller with Deepgram Flux (`/v2/listen`): the vendor's own model says when a turn is over.

StartOfTurn -> SpeechStarted, Update -> Draft, EagerEndOfTurn -> TurnLikely, TurnResumed -> TurnResumed,
EndOfTurn -> TurnEnded. https://developers.deepgram.com/docs/flux/state
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

STALLED_S = 3.0
"""Flux tells something every 0.25 s of audio, silence included."""
_UNHEARD_MS = 1_500
"""A voice of which a new connection hears nothing, this long after the audio sent again, is over."""
_TAIL_MS = 100
"""After the last word's end its sound may go on for so long."""


@dataclass(frozen=True, slots=True)
class FluxOptions:
    """Deepgram's own ranges: `eager_threshold` 0.3 to 0.9 and not above `threshold`, or None for no TurnLikely;
    `threshold` 0.5 to 1; `timeout_ms` 500 to 60000, the longest silence inside a turn."""

    eager_threshold: float | None = 0.4
    threshold: float = 0.7
    timeout_ms: int = 5_000
    mip_opt_out: bool = True


DEFAULTS = FluxOptions()
PATIENCE = Patience(STALLED_S)


def flux_url(base_url: str, model: str, keyterms: Sequence[str] = (), options: FluxOptions = DEFAULTS) -> str:
    """Where to connect. `base_url` is http, https, ws or wss; `model` as Deepgram names it."""
    query: list[tuple[str, str]] = [("model", model), ("encoding", "mulaw"), ("sample_rate", "8000")]
    if options.eager_threshold is not None:
        query.append(("eager_eot_threshold", f"{options.eager_threshold:g}"))
    query += [("eot_threshold", f"{options.threshold:g}"), ("eot_timeout_ms", str(options.timeout_ms))]
    query += [("keyterm", term) for term in keyterms]
    if options.mip_opt_out:
        query.append(("mip_opt_out", "true"))
    return f"{socket_base(base_url)}/v2/listen?{urlencode(query)}"


class DeepgramFluxRecogniser(DeepgramRecogniser):
    """Implements `streamer.engines.ports.Recogniser`. `connect` opens `flux_url`, or takes a warm socket to it."""

    def __init__(
        self, connect: Connect, patience: Patience = PATIENCE, metered: Callable[[int], None] = unmetered
    ) -> None:
        super().__init__(connect, FluxTurns(), patience, keep_alive=None, metered=metered)  # Flux has no KeepAlive


class FluxTurns:
    """Implements `deepgram_recogniser.Turns`."""

    due_at_s = None

    def __init__(self) -> None:
        self.is_speaking = False
        self.confirmed_ms = 0
        self._first_ms = 0
        self._draft = ""
        self._likely: str | None = None
        self._unheard_after_ms: float | None = None

    def take(self, message: dict[str, Any], clock: MediaClock, _now_s: float) -> tuple[Heard, ...]:
        match message["type"]:
            case "TurnInfo":
                return self._turn(message, clock)
            case "Error":
                raise deepgram_failures.said(message.get("code"))
        return ()

    def due(self, _now_s: float) -> tuple[Heard, ...]:
        """Nothing: Flux has its own time-outs."""
        return ()

    def reopened(self, replayed_ms: float, _now_s: float) -> None:
        self._unheard_after_ms = replayed_ms + _UNHEARD_MS if self.is_speaking else None

    def _turn(self, message: dict[str, Any], clock: MediaClock) -> tuple[Heard, ...]:
        event, text = message["event"], str(message["transcript"]).strip()
        if event == "EndOfTurn":
            return self._end(text, message, clock)
        if not text and event != "StartOfTurn":
            return self._unheard(message)
        begun = self._begin(message, clock)
        match event:
            case "EagerEndOfTurn":
                return (*begun, *self._is_likely(text, message, clock))
            case "TurnResumed":
                return (*begun, *self._resume(), *self._drafted(text))
            case _:
                return (*begun, *self._drafted(text))

    def _begin(self, message: dict[str, Any], clock: MediaClock) -> tuple[Heard, ...]:
        """The turn has begun; said once, also when a new connection hears it begin again."""
        self._unheard_after_ms = None
        if self.is_speaking:
            return ()
        self.is_speaking, self._draft, self._likely = True, "", None
        self._first_ms = clock.began(_first_s(message))
        return (SpeechStarted(self._first_ms),)

    def _drafted(self, text: str) -> tuple[Heard, ...]:
        if not text or text == self._draft:
            return ()
        self._draft = text
        return (Draft(text),)

    def _is_likely(self, text: str, message: dict[str, Any], clock: MediaClock) -> tuple[Heard, ...]:
        if text == self._likely:
            return ()
        resumed = self._resume()
        self._likely = self._draft = text
        return (*resumed, TurnLikely(text, self._first_ms, self._last_ms(message, clock)))

    def _resume(self) -> tuple[Heard, ...]:
        if self._likely is None:
            return ()
        self._likely = None
        return (TurnResumed(),)

    def _end(self, text: str, message: dict[str, Any], clock: MediaClock) -> tuple[Heard, ...]:
        if not text:
            return self._stop()
        begun = self._begin(message, clock)
        resumed = self._resume() if text != self._likely else ()
        last_ms = self._last_ms(message, clock)
        self.is_speaking, self._likely = False, None
        self.confirmed_ms = last_ms + _TAIL_MS
        return (*begun, *resumed, TurnEnded(text, self._first_ms, last_ms))

    def _stop(self) -> tuple[Heard, ...]:
        if not self.is_speaking:
            return ()
        resumed = self._resume()
        self.is_speaking, self._unheard_after_ms = False, None
        return (*resumed, SpeechStopped())

    def _unheard(self, message: dict[str, Any]) -> tuple[Heard, ...]:
        """Nothing is heard. Where a turn was under way on an older connection, it has no end but this."""
        after_ms = self._unheard_after_ms
        return self._stop() if after_ms is not None and message["audio_window_end"] * 1000 > after_ms else ()

    def _last_ms(self, message: dict[str, Any], clock: MediaClock) -> int:
        return max(self._first_ms, clock.ended(_last_s(message)))


def _first_s(message: dict[str, Any]) -> float:
    """Where the turn's first word begins; without its time, the moment the turn was noticed."""
    words = message.get("words") or ()
    start_s = words[0].get("start") if words else None
    return float(message["audio_window_end"] if start_s is None else start_s)


def _last_s(message: dict[str, Any]) -> float:
    words = message.get("words") or ()
    end_s = words[-1].get("end") if words else None
    return float(message["audio_window_end"] if end_s is None else end_s)
