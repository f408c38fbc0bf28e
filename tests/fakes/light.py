"""Light providers behind the real ports: an ear that hears loudness, a mind with one answer, a voice that is a tone.

They cost next to nothing, so that a test of many calls at once measures the streamer and not the models.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable

from calls.agent import Agent
from calls.closing import caller_says_goodbye
from calls.conversation import Conversation
from calls.record import Mode
from calls.reply import EndCall, ReplyPart, Words
from streamer.engines.engine import Engine
from streamer.engines.pipeline import PipelineEngine
from streamer.engines.ports import Spoken
from streamer.events import Heard, SpeechStarted, TurnEnded

ANSWER = "This is the first sentence of an answer. And this is the second one."
TURNS_BEFORE_GOODBYE = 3
_QUIET = frozenset(code for code in range(256) if (code & 0x7F) >= 0x60)
_MS_PER_LETTER = 40


class LoudnessRecogniser:
    """A turn is 60 ms or more of loud frames, ended by 300 ms of quiet; its words are "turn 1", "turn 2"…"""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Heard] = asyncio.Queue(100)
        self._loud_since: int | None = None
        self._last_loud = 0
        self._turns = 0
        self._told = False

    async def run(self, emit: Callable[[Heard], None]) -> None:
        while True:
            emit(await self._events.get())

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        if sum(code not in _QUIET for code in mulaw[::16]) >= 3:
            self._loud_since = media_ms if self._loud_since is None else self._loud_since
            self._last_loud = media_ms + 20
            if not self._told and self._last_loud - self._loud_since >= 60:
                self._told = True
                self._events.put_nowait(SpeechStarted(self._loud_since))
        elif self._loud_since is not None and media_ms - self._last_loud >= 300:
            if self._told:
                self._events.put_nowait(TurnEnded(self.words(), self._loud_since, self._last_loud))
            self._loud_since, self._told = None, False

    def words(self) -> str:
        """Of the turn that is over."""
        self._turns += 1
        return "goodbye" if self._turns > TURNS_BEFORE_GOODBYE else f"turn {self._turns}"


class OneAnswerThinker:
    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        for word in ANSWER.split(" "):
            await asyncio.sleep(0)
            yield Words(word + " ")
        if any(caller_says_goodbye(turn.heard) for turn in conversation.unanswered):
            yield EndCall("caller-goodbye")


class ToneSpeaker:
    async def run(self) -> None:
        """There is nothing to own."""

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            async for spoken in self.speak(text):
                yield spoken

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        await asyncio.sleep(0.01)
        yield Spoken(bytes([0x10, 0x90]) * (4 * _MS_PER_LETTER * max(1, len(text.strip()))), text)


class LightEngines:
    """Implements `streamer.server.Engines`."""

    async def load(self) -> None:
        """Nothing is heavy here."""

    async def run(self) -> None:
        """There is nothing to own."""

    def bridge_phrase(self, agent: Agent, mode: Mode) -> bytes:
        return b""

    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        return PipelineEngine(LoudnessRecogniser(), OneAnswerThinker(), ToneSpeaker())
