"""Realtime's turn detection over the voice that is heard: server_vad and semantic_vad alike, by a script's delays."""

from collections.abc import Callable
from typing import Any

from tests.vendors.ear import Due, Ear
from tests.vendors.realtime_config import end_of_speech_ms
from tests.vendors.script_speech import RealtimeConnection

SEMANTIC_PREFIX_MS = 300


class RealtimeTurns:
    """The agenda of one session's ear. `detection` is the session's turn_detection, replaced at any time."""

    def __init__(
        self,
        connection: RealtimeConnection,
        detection: dict[str, Any] | None,
        started: Callable[[int], None],
        stopped: Callable[[int], None],
    ) -> None:
        """`started` and `stopped` are given audio_start_ms (with the prefix) and audio_end_ms (with the silence)."""
        self.ear = Ear(connection.threshold, connection.least_voice_ms, self)
        self._connection, self._started, self._stopped = connection, started, stopped
        self._detection = detection
        self.is_speaking = False
        """Between speech_started and speech_stopped."""

    def detect(self, detection: dict[str, Any] | None) -> None:
        """Another turn_detection; None: none."""
        self._detection = detection
        if detection is None:
            self.is_speaking = False
        self.ear.look()

    def reset(self) -> None:
        """The audio so far is committed or cleared."""
        self.is_speaking = False
        self.ear.forget()

    def next_due(self) -> Due | None:
        if self._detection is None:
            return None
        if self.is_speaking:
            given_ms = self._connection.end_ms
            return self.ear.since_end("stop", end_of_speech_ms(self._detection) if given_ms is None else given_ms)
        if self.ear.began_ms is None:
            return None
        return self.ear.since_start("start", self._connection.start_ms)

    def happen(self, due: Due) -> None:
        if due.what == "start":
            assert self._detection is not None
            self.is_speaking = True
            prefix_ms = self._detection.get("prefix_padding_ms", SEMANTIC_PREFIX_MS)
            self._started(max(0, round((self.ear.began_ms or 0.0) - prefix_ms)))
        else:
            self.reset()
            self._stopped(round(due.media_ms))
