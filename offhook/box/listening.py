"""Runs one `<Gather>` on a line: the prompt plays, the caller speaks or keys, what was said is recognised."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from offhook.box.gather import FRAME_MS, Collector, Digits, Nothing, Utterance
from offhook.box.partial_results import PartialResults, Tell
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


async def gather(
    verb: Gather,
    line: Line,
    ears: Ears,
    play_prompts: Callable[[], Coroutine[Any, Any, None]],
    tell_partial: Tell = lambda _: None,
) -> Heard:
    """Raises LineEnded when the call ends first. Cancelling it stops the prompt and the listening. `tell_partial` gets
    what is understood so far, where the verb has a `partialResultCallback`."""
    collector = Collector(verb)
    results = PartialResults(verb, collector, line, ears, tell_partial)
    telling = asyncio.create_task(results.run()) if verb.partial_result_callback else None
    try:
        return await _heard(verb, collector, line, play_prompts, lambda mulaw: _recognised(mulaw, results, ears))
    finally:
        if telling:
            telling.cancel()
            # What went wrong there goes wrong again, and is raised, when the whole utterance is recognised.
            await asyncio.gather(telling, return_exceptions=True)


async def _recognised(mulaw: bytes, results: PartialResults, ears: Ears) -> str:
    words = await results.words_of_all()
    return (await ears.recognise(mulaw)).strip() if words is None else words


async def _heard(
    verb: Gather,
    collector: Collector,
    line: Line,
    play_prompts: Callable[[], Coroutine[Any, Any, None]],
    recognise: Callable[[bytes], Coroutine[Any, Any, str]],
) -> Heard:
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
        return await _decided(collector, line, recognise)
    finally:
        stop()


async def _decided(collector: Collector, line: Line, recognise: Callable[[bytes], Coroutine[Any, Any, str]]) -> Heard:
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
                speech = await recognise(mulaw)
                if speech:
                    return Heard(speech, "", *collector.input_ms, decided_ms)
                collector.resume(line.now_ms)
