"""Whether a speech-to-speech session answers the caller's turns unasked. No I/O, no clock.

It spares an answer the way there and back. It is no good while the agent can be heard: a voice over it may be an
"uh-huh", and what was not heard has to be cut before the answer is made. So it is switched on and off by what the
vendor takes "at any time" (session.update), and its events, which come in order, tell what held at a turn's end.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamer.providers.openai_realtime_sessions import table

BEGUN_WITHIN_S = 0.4
"""From a turn's end to the response that the session makes of it."""
KNOWN_WITHIN_S = 0.5
"""Something that the vendor is told may cross with the end of a turn, on the way there and back."""


@dataclass(slots=True)
class Unasked:
    """One session. `now_s` is any steady clock. `holds`: as the vendor said last. `may_answer`: it has ever said so,
    and may tell late of a response that nobody asked for."""

    holds: bool = False
    may_answer: bool = False
    _told: bool = False
    _is_trusted: bool = True
    _turn_over_at_s: float = 0.0
    _told_more_at_s: float = -math.inf

    def to_tell(self, *, wanted: bool) -> bool | None:
        """What the session has to be told, and then has been; None: nothing."""
        wanted = wanted and self._is_trusted
        if wanted is self._told:
            return None
        self._told = wanted
        return wanted

    def updated(self, event: Mapping[str, Any]) -> None:
        """session.updated."""
        hearing = table(table(table(event, "session"), "audio"), "input")
        is_on = table(hearing, "turn_detection").get("create_response") is True
        self.holds, self.may_answer = self._is_trusted and is_on, self.may_answer or is_on

    def told_more(self, now_s: float) -> None:
        """The conversation was added to, or put right."""
        self._told_more_at_s = now_s

    def turn_over(self, now_s: float) -> None:
        self._turn_over_at_s = now_s

    @property
    def knew_all(self) -> bool:
        """What the session was told before the last turn was over must have got there before it."""
        return self._turn_over_at_s - self._told_more_at_s > KNOWN_WITHIN_S

    def is_overdue(self, now_s: float) -> bool:
        """A response to the last turn ought to have begun."""
        return now_s - self._turn_over_at_s > BEGUN_WITHIN_S

    def broke_its_word(self) -> None:
        """It did not begin: from here on this session is asked, and has to be told so."""
        self.holds = self._is_trusted = False
