"""The caller's turns as a speech-to-speech session tells them, on Twilio's clock. No I/O.

The vendor's times count the audio that this one session was sent. With server VAD `audio_start_ms` includes the padding
before the voice, and `audio_end_ms` the silence that ended it (the API reference, at speech_started and
speech_stopped), so both are taken off; with semantic VAD neither is known, and the audio itself is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calls.agent_realtime import RealtimeHearing
from streamer.engines.voice_bounds import voice_end, voice_start
from streamer.events import SpeechStarted, SpeechStopped, TurnTaken
from streamer.providers.openai_realtime_messages import PREFIX_MS
from streamer.providers.sent_audio import KeptAudio, MediaClock

COMMITTED_WITHIN_S = 0.5


@dataclass(slots=True)
class _Voice:
    item_id: str
    first_ms: int
    last_ms: int | None = None
    stopped_at_s: float | None = None


class CallerTurns:
    """One session. `kept` is the newest audio of the call."""

    def __init__(self, hearing: RealtimeHearing, kept: KeptAudio) -> None:
        self._hearing, self._kept = hearing, kept
        self._clock = MediaClock()
        self._voice: _Voice | None = None
        self._taken_until_ms = 0

    @property
    def caller_speaks(self) -> bool:
        """A voice has begun, and nobody knows yet what comes of it."""
        return self._voice is not None

    @property
    def speaks_since_ms(self) -> int | None:
        """Media time at which the voice that goes on began."""
        return self._voice.first_ms if self._voice else None

    @property
    def taken_until_ms(self) -> int:
        """Media time up to which the caller's voice has become turns."""
        return self._taken_until_ms

    def sent(self, size_bytes: int, media_ms: int) -> None:
        """Audio of the caller's went to the session."""
        self._clock.sent(size_bytes, media_ms)

    def started(self, event: Mapping[str, Any]) -> SpeechStarted:
        """speech_started."""
        start_ms = _ms(event, "audio_start_ms")
        if self._hearing.vad == "server":
            first_ms = self._clock.began((start_ms + PREFIX_MS) / 1000)
        else:
            from_ms = self._clock.began(start_ms / 1000)
            found_ms = voice_start(self._kept.since(from_ms), from_ms, self._newest_ms)
            first_ms = from_ms if found_ms is None else found_ms
        self._voice = _Voice(str(event.get("item_id")), max(first_ms, self._taken_until_ms))
        return SpeechStarted(self._voice.first_ms)

    def stopped(self, event: Mapping[str, Any], now_s: float) -> None:
        """speech_stopped; a commit follows."""
        if self._voice is None:
            return
        end_ms = _ms(event, "audio_end_ms")
        if self._hearing.vad == "server":
            last_ms = self._clock.ended(max(0, end_ms - self._hearing.silence_ms) / 1000)
        else:
            until_ms = self._clock.ended(end_ms / 1000)
            found_ms = voice_end(self._kept.since, self._voice.first_ms, until_ms)
            last_ms = until_ms if found_ms is None else found_ms
        self._voice.last_ms, self._voice.stopped_at_s = max(last_ms, self._voice.first_ms), now_s

    def committed(self, event: Mapping[str, Any]) -> TurnTaken:
        """committed: the turn is the caller's, whoever saw it begin."""
        voice, self._voice = self._voice, None
        newest_ms = self._newest_ms
        first_ms = voice.first_ms if voice else max(self._taken_until_ms, newest_ms)
        last_ms = voice.last_ms if voice and voice.last_ms is not None else max(first_ms, newest_ms)
        self._taken_until_ms = last_ms + 1
        return TurnTaken(str(event.get("item_id")), first_ms, last_ms)

    def false_alarm(self, now_s: float) -> SpeechStopped | None:
        """A voice that ended long enough ago without becoming a turn."""
        stopped_at_s = self._voice.stopped_at_s if self._voice else None
        if stopped_at_s is None or now_s - stopped_at_s < COMMITTED_WITHIN_S:
            return None
        self._voice = None
        return SpeechStopped()

    @property
    def _newest_ms(self) -> int:
        return self._clock.ended(self._clock.sent_ms / 1000)


def _ms(event: Mapping[str, Any], name: str) -> int:
    value = event.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else 0
