"""Runs one `<Gather>` on a line: the prompt plays, the caller speaks or keys, what was said is recognised."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from offhook.box.gather import FRAME_MS, Collector, Digits, Nothing, Utterance
from offhook.box.ports import Ears, Line
from offhook.box.race import race
from offhook.box.verbs import Gather

NOMINAL_CONFIDENCE = "0.9"
"""Twilio sends the recogniser's own; `Ears` has none to give."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The outcome of a gather; both empty when there was no input.

    On the line's clock, in ms: when the voice or the first key began, when the last of it ended, and when the gather
    decided that it was over.
    """

    speech: str = ""
    digits: str = ""
    start_ms: int = 0
    end_ms: int = 0
    decided_ms: int = 0

    def form(self) -> dict[str, str]:
        """The parameters that the action request adds."""
        if self.speech:
            return {"SpeechResult": self.speech, "Confidence": NOMINAL_CONFIDENCE}
        return {"Digits": self.digits} if self.digits else {}


async def gather(verb: Gather, line: Line, ears: Ears, play_prompts: Callable[[], Coroutine[Any, Any, None]]) -> Heard:
    """Raises LineEnded when the call ends first. Cancelling it stops the prompt and the listening."""
    collector = Collector(verb)
    begun = asyncio.Event()

    def on_frame(mulaw: bytes, now_ms: int) -> None:
        collector.frame(mulaw, now_ms)
        if collector.prompt_must_stop:
            begun.set()

    def on_digit(digit: str) -> None:
        collector.key(digit, line.now_ms)
        if collector.prompt_must_stop:
            begun.set()

    stop = line.listen(on_frame, on_digit)
    try:
        if verb.prompts:
            await race(play_prompts(), begun.wait())
        collector.prompt_over(line.now_ms)
        return await _decided(collector, line, ears)
    finally:
        stop()


async def _decided(collector: Collector, line: Line, ears: Ears) -> Heard:
    while True:
        match collector.outcome:
            case None:
                await line.pause(FRAME_MS)
            case Digits(keys):
                return Heard("", keys, *collector.input_ms, line.now_ms)
            case Nothing():
                return Heard()
            case Utterance(mulaw):
                decided_ms = line.now_ms
                speech = (await ears.recognise(mulaw)).strip()
                if speech:
                    return Heard(speech, "", *collector.input_ms, decided_ms)
                collector.resume(line.now_ms)
