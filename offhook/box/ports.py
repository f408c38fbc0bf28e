"""What the box needs from outside: ears for `<Gather>` and a voice for `<Say>`. Audio is 8 kHz mono mu-law."""

from typing import Protocol


class Ears(Protocol):
    async def recognise(self, mulaw: bytes) -> str:
        """The words in one utterance; empty when there are none. Heavy work happens off the event loop."""


class Mouth(Protocol):
    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        """The text as speech."""
