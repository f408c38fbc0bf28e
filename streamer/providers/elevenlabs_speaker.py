"""Speaks with ElevenLabs: over the call's socket, one context a reply; over HTTP where there is no socket.

texts ─► context ─► pieces with times ─► narration (silence off, words on) ─► Spoken
   └──► HTTP, text by text, when the socket cannot be had, or from the word in which it dies
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable

from calls.errors import ProviderFailed
from streamer.engines.ports import Spoken
from streamer.metering import unmetered
from streamer.providers.elevenlabs_http import SpeechRequests
from streamer.providers.elevenlabs_socket import SpeechContext, SpeechSocket
from streamer.providers.narration import Narration
from streamer.providers.vendor_socket import ConnectionLost

log = logging.getLogger(__name__)

OPENING_S = 0.5
"""How long a text waits for the socket to open before it goes over HTTP."""


class ElevenLabsSpeaker:
    """Implements `streamer.engines.ports.Speaker`; one for each call. `run` owns the socket: while it does not run,
    everything goes over HTTP. `metered` is told how many characters were sent over the socket, spoken to the end or
    not, when their reply is over."""

    def __init__(
        self,
        socket: SpeechSocket,
        requests: SpeechRequests,
        opening_s: float = OPENING_S,
        metered: Callable[[int], None] = unmetered,
    ) -> None:
        self._socket, self._requests, self._opening_s, self._metered = socket, requests, opening_s, metered

    async def run(self) -> None:
        """Keep the call's socket open until cancelled. Raises nothing: failures are told by who speaks."""
        await self._socket.run()
        await asyncio.Event().wait()

    def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        """See `Speaker.speak`. Trailing silence is left: it would hold up the last piece."""
        return self.speak_all(_only(text))

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        """One reply, its texts (clauses or sentences) as they come: each is sent on at once and spoken in one go.

        The texts of the pieces joined are the texts joined. Closing the generator stops the speech at once and closes
        `texts` with it. Raises ProviderFailed, or what `texts` raises.
        """
        asked = _Asked()
        feeding = asyncio.create_task(asked.feed(texts), name="texts to speak")
        try:
            async with contextlib.aclosing(self._over_socket(asked)) as pieces:
                async for piece in pieces:
                    yield piece
            async with contextlib.aclosing(self._over_http(asked)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])

    async def _over_socket(self, asked: "_Asked") -> AsyncGenerator[Spoken, None]:
        """Ends early, at the end of a word, when the socket cannot go on."""
        context = await self._socket.context(self._opening_s)
        if context is None:
            return
        narration = Narration()
        asked.follow(context, narration)
        try:
            while (piece := await context.piece()) is not None:
                if (spoken := narration.take(piece)) is not None:
                    yield spoken
            if (rest := narration.end()) is not None:
                yield rest
            asked.spoken = len(asked.texts)
        except ConnectionLost as lost:
            self._socket.drop()
            if narration.spoken_characters is None:
                raise
            asked.spoken_to(narration.spoken_characters)
            log.warning("%s; speaking on over HTTP", lost.failure.code)
        finally:
            asked.follow(None, narration)
            self._socket.release(context)
            self._metered(context.characters)

    async def _over_http(self, asked: "_Asked") -> AsyncGenerator[Spoken, None]:
        while (text := await asked.next()) is not None:
            narration = Narration()
            narration.add(text)
            if any(sign.isalnum() for sign in text):
                previous = "".join(asked.texts[: asked.spoken])
                async with contextlib.aclosing(self._requests.pieces(text, previous)) as pieces:
                    async for piece in pieces:
                        if (spoken := narration.take(piece)) is not None:
                            yield spoken
            if (rest := narration.end()) is not None:
                yield rest
            asked.spoken += 1


class _Asked:
    """A reply's texts as they come, and how many of them have been spoken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.spoken = 0
        self._is_whole = False
        self._error: Exception | None = None
        self._context: SpeechContext | None = None
        self._narration: Narration | None = None
        self._more = asyncio.Event()

    async def feed(self, texts: AsyncIterable[str]) -> None:
        """Take every text, and hand it on at once to whoever follows."""
        try:
            async for text in texts:
                self.texts.append(text)
                self._tell(text)
                self._more.set()
        except Exception as error:  # whatever the texts raise is raised to who asked for the speech
            self._error = error
            if self._context is not None:
                self._context.fail(error if isinstance(error, ProviderFailed) else _broken(error))
        finally:
            self._is_whole = True
            self._more.set()
        if self._context is not None and self._error is None:
            self._context.finish()

    def follow(self, context: SpeechContext | None, narration: Narration) -> None:
        """From now on `context` speaks the texts, those that are there already first; None: nobody does."""
        self._context, self._narration = context, narration
        if context is None:
            return
        for text in self.texts:
            self._tell(text)
        if self._is_whole:
            context.finish()

    def spoken_to(self, characters: int) -> None:
        """So much of the texts joined has been spoken; a text in which that ends is divided there."""
        for index, text in enumerate(self.texts):
            if characters < len(text):
                divided = [part for part in (text[:characters], text[characters:]) if part]
                self.texts[index : index + 1] = divided
                self.spoken = index + len(divided) - 1
                return
            characters -= len(text)
        self.spoken = len(self.texts)

    async def next(self) -> str | None:
        """The first text that has not been spoken; None when there is none and no more come."""
        while len(self.texts) <= self.spoken and not self._is_whole:
            self._more.clear()
            await self._more.wait()
        if self._error is not None:
            raise self._error
        return self.texts[self.spoken] if self.spoken < len(self.texts) else None

    def _tell(self, text: str) -> None:
        if self._context is not None and self._narration is not None:
            self._narration.add(text)
            self._context.speak(text)


def _broken(error: Exception) -> ProviderFailed:
    return ProviderFailed(f"The text to speak broke off with {type(error).__name__}.", code="text-lost")


async def _only(text: str) -> AsyncGenerator[str, None]:
    yield text
