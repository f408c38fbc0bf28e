"""The ports of the pipeline engine: a recogniser, a thinker and a speaker. One set per call; heavy models are shared
by the process and loaded before the first call. Every failure is a `calls.errors.ProviderFailed`."""

from collections.abc import AsyncGenerator, AsyncIterable, Callable
from dataclasses import dataclass
from typing import Protocol

from calls.conversation import Conversation
from calls.reply import ReplyPart
from streamer.events import Heard


class Recogniser(Protocol):
    """Hears one caller."""

    async def run(self, emit: Callable[[Heard], None]) -> None:
        """Own everything the recogniser needs until cancelled. `emit` never blocks and is called on the event loop
        only. Raises ProviderFailed when it can no longer hear."""

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        """Take the caller's next audio (usually 160 bytes) that began at `media_ms`. Never blocks, never raises;
        when the recogniser cannot keep up beyond a bound, the oldest audio is dropped and counted."""


class Thinker(Protocol):
    """Thinks of replies."""

    def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        """The answer to the caller's unanswered words, in pieces as they come: Words and ExpectKeys, then
        at most one action, last.
        Closing the iterator stops the work. Raises ProviderFailed."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """`mulaw` speaks `text`; long texts come as several pieces, in order. The texts joined are the text asked for."""

    mulaw: bytes
    text: str


class Speaker(Protocol):
    """Speaks text."""

    async def run(self) -> None:
        """Own whatever connections speaking needs, until cancelled; return at once where it needs none."""

    def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        """Speak one reply whose texts (clauses, sentences) are still coming, each as soon as it is there. The joined
        texts of the pieces are the joined texts asked for. Closing the iterator stops the work. Raises
        ProviderFailed, and whatever `texts` raises."""

    def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        """Synthesise `text` (a sentence or a few) as 8 kHz mu-law, leading and trailing silence trimmed to a natural
        pause, in pieces as they come. Closing the iterator stops the work. Raises ProviderFailed."""


class PhraseSpeaker(Speaker, Protocol):
    """A speaker that keeps fixed phrases once they have been spoken."""

    def has(self, text: str) -> bool:
        """Whether `text` is kept, and can be spoken at once. Looks at memory and at one file's name, no more."""

    async def keep(self, text: str, mulaw: bytes) -> None:
        """Keep what somebody else made of `text`, where it is a phrase to be kept. Never raises."""
