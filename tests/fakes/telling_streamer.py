"""`python -m tests.fakes.telling_streamer`: light providers; the caller tells what is private, and the agent says it
back."""

import sys
from collections.abc import AsyncGenerator, Callable

from calls.agent import Agent
from calls.conversation import Conversation
from calls.record import Mode
from calls.reply import EndCall, ReplyPart, Words
from streamer.__main__ import main
from streamer.engines.engine import Engine
from streamer.engines.pipeline import PipelineEngine
from streamer.engines.ports import Spoken
from tests.fakes.light import LightEngines, LoudnessRecogniser, ToneSpeaker

CARD, EMAIL, PHONE = "4242 4242 4242 4242", "ann.lee@example.com", "415 555 0123"
TOLD = (
    f"It is Ann, my card is {CARD}, write to {EMAIL} or call {PHONE}.",
    "Or five five five oh one three four, that is bob at example dot org.",
)
TRACES = ("4242", "ann.lee", "example.com", "example dot org", "0123", "one three four", "bob at")
"""What of the above may be found nowhere, whichever way it is written down."""


class Caller(LoudnessRecogniser):
    def words(self) -> str:
        self._turns += 1
        return TOLD[self._turns - 1] if self._turns <= len(TOLD) else "Goodbye."


class Parrot:
    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        words = " ".join(turn.heard for turn in conversation.unanswered)
        yield Words(f"I have noted: {words}")
        if "oodbye" in words:
            yield EndCall("caller-goodbye")


class QuickSpeaker(ToneSpeaker):
    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        yield Spoken(bytes([0x10, 0x90]) * (4 * 10 * max(1, len(text.strip()))), text)


class TellingEngines(LightEngines):
    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        return PipelineEngine(Caller(), Parrot(), QuickSpeaker())


if __name__ == "__main__":
    sys.exit(main(TellingEngines()))
