"""A recogniser's sense of time: audio comes in, and what a script makes due comes out at its moment.

A vendor can only know of silence that it has received. So something is due at a moment of media time, and happens when
the audio up to that moment is there, or on the wall clock when the client is no more than a few frames behind. Audio
that arrives faster than it was spoken is heard just as fast; a client that stops sending stops the clock.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from tests.vendors.paced import Alarm
from tests.vendors.voice_energy import BYTES_PER_MS, VoiceEnergy

BEHIND_MS = 60.0
"""Audio this late is taken to be on its way: a client that sends every 20 ms is always a little behind."""
NOISE_GONE_MS = 150.0
"""What was loud for less than a voice takes is forgotten after this much silence."""
_SLICE_BYTES = 20 * BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class Due:
    """`what` is due at `media_ms` of audio, which is `at_s` of `time.monotonic` if audio keeps coming as spoken."""

    what: str
    media_ms: float
    at_s: float


class Agenda(Protocol):
    """What a recogniser makes of the voice."""

    def next_due(self) -> Due | None:
        """The earliest thing to come, as things stand."""

    def happen(self, due: Due) -> None:
        """It is time. Must change what `next_due` answers."""


class Ear:
    """Feeds an agenda. `hear` from the socket; `stop` when it closes."""

    def __init__(self, threshold: int, least_voice_ms: float, agenda: Agenda) -> None:
        self._energy = VoiceEnergy(threshold)
        self._least_ms, self._agenda = least_voice_ms, agenda
        self._alarm: Alarm | None = None
        self._wakes_at_s = 0.0
        self._origin_s = time.monotonic()
        self._began_s = self._ended_s = 0.0
        self._stopped = False
        self._due_ms = 0.0
        self.ended_ms = 0.0
        """End of the last voice, noise left aside; 0 before the first."""

    @property
    def received_ms(self) -> float:
        return self._energy.received_ms

    @property
    def began_ms(self) -> float | None:
        """Where the present voice began, once there is enough of it."""
        stretch = self._energy.stretch
        return stretch.began_ms if stretch is not None and stretch.voiced_ms >= self._least_ms else None

    def hear(self, mulaw: bytes) -> None:
        """Audio, as it came."""
        self._origin_s = time.monotonic() - (self.received_ms + len(mulaw) / BYTES_PER_MS) / 1000
        for at in range(0, len(mulaw), _SLICE_BYTES):
            was_voice = self.began_ms is not None
            self._listen(mulaw[at : at + _SLICE_BYTES])
            # While nothing begins, what is due can only move later: most frames need no look at the agenda.
            if self.received_ms >= self._due_ms or (self.began_ms is not None) is not was_voice:
                self.look()

    def _listen(self, mulaw: bytes) -> None:
        known = self._energy.stretch
        self._energy.hear(mulaw)
        stretch = self._energy.stretch
        if stretch is None:
            return
        if known is None:
            self._began_s = self._origin_s + stretch.began_ms / 1000
        if self.began_ms is not None:
            if stretch.ended_ms > self.ended_ms:
                self.ended_ms = stretch.ended_ms
                self._ended_s = self._origin_s + stretch.ended_ms / 1000
        elif self.received_ms - stretch.ended_ms > NOISE_GONE_MS:
            self.forget()

    def forget(self) -> None:
        """The present voice is dealt with; the next begins another."""
        self._energy.forget()

    def since_start(self, what: str, delay_ms: float) -> Due:
        began_ms = self.began_ms
        assert began_ms is not None
        return Due(what, began_ms + delay_ms, self._began_s + delay_ms / 1000)

    def since_end(self, what: str, delay_ms: float) -> Due:
        return Due(what, self.ended_ms + delay_ms, self._ended_s + delay_ms / 1000)

    def at(self, what: str, media_ms: float) -> Due:
        return Due(what, media_ms, self._origin_s + media_ms / 1000)

    def stop(self) -> None:
        self._stopped = True
        if self._alarm is not None:
            self._alarm.cancel()

    def look(self) -> None:
        """Lets happen what is due, and wakes up for the next."""
        now_s = time.monotonic()
        while not self._stopped:
            due = self._agenda.next_due()
            if due is None:
                return
            heard = self.received_ms >= due.media_ms
            if not heard and (due.at_s > now_s or self.received_ms < due.media_ms - BEHIND_MS):
                self._due_ms = due.media_ms if due.at_s > now_s else due.media_ms - BEHIND_MS
                self._wake(due.at_s, now_s)
                return
            self._agenda.happen(due)

    def _wake(self, at_s: float, now_s: float) -> None:
        """One timer: moved when something is due sooner, left to run out when it is due later."""
        if at_s <= now_s:
            return
        if self._alarm is not None:
            if self._wakes_at_s <= at_s and not self._alarm.is_over:
                return
            self._alarm.cancel()
        self._alarm, self._wakes_at_s = Alarm(at_s, self._woken), at_s

    def _woken(self) -> None:
        self._alarm = None
        self.look()
