"""What a `<Gather>` tells its `partialResultCallback` while the caller speaks.

twilio.com/docs/voice/twiml/gather#partialresultcallback: requests in real time as speech is recognised; they are
asynchronous, and nothing in their answers is looked at. They carry `UnstableSpeechResult`, which may still change,
and in practice `StableSpeechResult`, `Stability` and a `SequenceNumber` from 0. How often they come, and when words
count as stable, is not documented. Here the recogniser is asked once in each pause of the caller and every so often
in long speech (each time for the whole of it: `Ears` have no memory), one question at a time; what it understood in
a pause is stable. Words that end the utterance are not recognised twice.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from offhook.box.gather import FRAME_MS, Collector
from offhook.box.ports import Ears, Line
from offhook.box.verbs import Gather

PAUSE_MS = 200
EVERY_MS = 1_500
STABLE, UNSTABLE = "0.9", "0.3"

Tell = Callable[[dict[str, str]], None]
"""Sends the parameters of one partial result, and does not wait."""


@dataclass(frozen=True, slots=True)
class Partial:
    """The words of the utterance up to its loud frame at `until_ms`."""

    words: str
    until_ms: int


class PartialResults:
    """Those of one gather. `run` listens until it is cancelled."""

    def __init__(self, verb: Gather, collector: Collector, line: Line, ears: Ears, tell: Tell) -> None:
        self._verb = verb
        self._collector = collector
        self._line = line
        self._ears = ears
        self._tell = tell
        self._sequence = 0
        self._told = ("", "")
        self._asking: asyncio.Task[None] | None = None
        self._newest: Partial | None = None
        self._asked_until_ms = self._asked_at_ms = 0

    async def run(self) -> None:
        """Raises LineEnded when the call ends, and what `Ears` raise; what is still asked of them then is dropped."""
        try:
            while True:
                self._look()
                await self._line.pause(FRAME_MS)
        finally:
            if self._asking:
                self._asking.cancel()
                await asyncio.gather(self._asking, return_exceptions=True)

    async def words_of_all(self) -> str | None:
        """The words of the whole utterance, if a pause has already had them recognised; None if not."""
        until_ms = self._collector.voiced_until_ms
        if self._asking and self._asked_until_ms == until_ms:
            await asyncio.wait({self._asking})
        newest = self._newest
        return newest.words if newest and newest.until_ms == until_ms and newest.words else None

    def _look(self) -> None:
        collector, now_ms = self._collector, self._line.now_ms
        if self._asking:
            if not self._asking.done():
                return
            self._asking.result()
        if not collector.is_speaking:
            return
        until_ms = collector.voiced_until_ms
        in_pause = collector.pause_ms >= PAUSE_MS and until_ms != self._asked_until_ms
        since_ms = max(self._asked_at_ms, collector.input_ms[0])
        if in_pause or (not collector.pause_ms and now_ms - since_ms >= EVERY_MS):
            self._asked_until_ms, self._asked_at_ms = until_ms, now_ms
            self._asking = asyncio.create_task(self._ask(collector.speech, until_ms, stable=in_pause))

    async def _ask(self, mulaw: bytes, until_ms: int, *, stable: bool) -> None:
        words = (await self._ears.recognise(mulaw)).strip()
        self._newest = Partial(words, until_ms) if stable else None
        told = (words, "") if stable else ("", words)
        if not words or told == self._told:
            return
        self._told = told
        self._tell(
            {
                "StableSpeechResult": told[0],
                "UnstableSpeechResult": told[1],
                "Stability": STABLE if stable else UNSTABLE,
                "SequenceNumber": str(self._sequence),
                "Language": self._verb.language,
            }
        )
        self._sequence += 1
