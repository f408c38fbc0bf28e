"""Providers whose failures and services are told to the task's breakers, as they happen.

A provider that is cancelled has not failed. A fixed phrase comes from memory mostly, so only what a model thought of,
and what was heard of the caller, says that a provider is well. However often one fails within one engine, it counts
once: one call's trouble is not many calls'.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Callable

from calls.conversation import Conversation
from calls.errors import Failure, ProviderFailed
from calls.reply import ReplyPart
from streamer.breaker import Breakers
from streamer.engines.engine import Engine, kept_audio, leads, unknown_events
from streamer.engines.ports import Recogniser, Speaker, Spoken, Thinker
from streamer.events import (
    Draft,
    EngineEvent,
    EngineLost,
    EngineOrder,
    Heard,
    Noted,
    ReplyBegun,
    ReplyLost,
    SpeechStarted,
    TurnEnded,
    TurnTaken,
)
from streamer.twilio_stream import Media


class _Told:
    """What the breakers know of one engine's provider."""

    def __init__(self, provider: str, breakers: Breakers) -> None:
        self._provider, self._breakers = provider, breakers
        self._is_well: bool | None = None

    def failed(self, failure: Failure) -> None:
        if self._is_well is not False:
            self._is_well = False
            self._breakers.failed(self._provider, failure)

    def served(self) -> None:
        if self._is_well is not True:
            self._is_well = True
            self._breakers.served(self._provider)


class GuardedRecogniser:
    """Implements `streamer.engines.ports.Recogniser`."""

    def __init__(self, recogniser: Recogniser, provider: str, breakers: Breakers) -> None:
        self._recogniser, self._told = recogniser, _Told(provider, breakers)

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        self._recogniser.hear(mulaw, media_ms)

    async def run(self, emit: Callable[[Heard], None]) -> None:
        def heard(event: Heard) -> None:
            self._told.served()
            emit(event)

        try:
            await self._recogniser.run(heard)
        except ProviderFailed as failed:
            self._told.failed(failed.failure)
            raise


class GuardedThinker:
    """Implements `streamer.engines.ports.Thinker`."""

    def __init__(self, thinker: Thinker, provider: str, breakers: Breakers) -> None:
        self._thinker, self._told = thinker, _Told(provider, breakers)

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        try:
            async with contextlib.aclosing(self._thinker.reply(conversation)) as parts:
                async for part in parts:
                    yield part
        except ProviderFailed as failed:
            self._told.failed(failed.failure)
            raise
        self._told.served()


class GuardedSpeaker:
    """Implements `streamer.engines.ports.Speaker`."""

    def __init__(self, speaker: Speaker, provider: str, breakers: Breakers) -> None:
        self._speaker, self._told = speaker, _Told(provider, breakers)

    async def run(self) -> None:
        await self._speaker.run()

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async with contextlib.aclosing(self._speaking(self._speaker.speak_all(texts))) as pieces:
            async for piece in pieces:
                yield piece
        self._told.served()

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        async with contextlib.aclosing(self._speaking(self._speaker.speak(text))) as pieces:
            async for piece in pieces:
                yield piece

    async def _speaking(self, speaking: AsyncGenerator[Spoken, None]) -> AsyncGenerator[Spoken, None]:
        try:
            async with contextlib.aclosing(speaking) as pieces:
                async for piece in pieces:
                    yield piece
        except ProviderFailed as failed:
            self._told.failed(failed.failure)
            raise


class GuardedEngine:
    """Implements `streamer.engines.engine.Engine` around one speech-to-speech model, which is heard to be well by what
    it hears and answers. `puzzled` is told the provider, and how many events of it nobody knew, where there were any;
    the call's record gets their kinds (Noted)."""

    def __init__(
        self,
        engine: Engine,
        provider: str,
        breakers: Breakers,
        puzzled: Callable[[str, int], None] = lambda _provider, _events: None,
    ) -> None:
        self._engine, self._told = engine, _Told(provider, breakers)
        self._provider, self._puzzled = provider, puzzled
        self.leads, self.kept = leads(engine), kept_audio(engine)

    def hear(self, frame: Media) -> None:
        self._engine.hear(frame)

    def order(self, order: EngineOrder) -> None:
        self._engine.order(order)

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        def told(event: EngineEvent) -> None:
            match event:
                case EngineLost(failure) | ReplyLost(_, failure):
                    self._told.failed(failure)
                case SpeechStarted() | Draft() | TurnEnded() | TurnTaken() | ReplyBegun():
                    self._told.served()
            emit(event)

        try:
            await self._engine.run(told)
        finally:
            unknown = unknown_events(self._engine)
            if unknown.total:
                self._puzzled(self._provider, unknown.total)
                emit(Noted(unknown.failure(self._provider)))
