"""Speaks with the embedded voice, sentence by sentence."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable

from streamer.engines.ports import Spoken
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_voice import NAME, check_name


class EmbeddedSpeaker:
    """Implements `streamer.engines.ports.Speaker`."""

    def __init__(self, models: EmbeddedModels, voice: str = NAME) -> None:
        """ConfigurationInvalid for any voice but the one that ships."""
        check_name(voice)
        self._models = models

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        for piece in self._models.pieces(text):
            yield Spoken(await self._models.mulaw(piece), piece)

    async def run(self) -> None:
        """There is nothing to own."""

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            async for spoken in self.speak(text):
                yield spoken

    async def prepare(self, texts: Iterable[str]) -> None:
        """Speak fixed phrases ahead of the first call, so that they cost nothing when they are needed."""
        for text in texts:
            for piece in self._models.pieces(text):
                await self._models.mulaw(piece)
