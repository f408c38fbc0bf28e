"""Fixed phrases, synthesised once and kept on disk as mu-law, in front of any speaker.

A file holds one phrase: a line of JSON with the size and words of every piece, then the pieces' audio. Its name is the
hash of who speaks and what is said, so another voice, model or wording is another file. Files are written beside and
moved into place, so a reader never sees half of one; the folder may be shared by processes.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from streamer.engines.ports import Speaker, Spoken

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
"""About two hours of speech on disk."""
MOST_IN_MEMORY_BYTES = 8 * 1024 * 1024
_SUFFIX = ".mulaw"


@dataclass(frozen=True, slots=True)
class Speech:
    """Who speaks: provider, model and voice, as the agent names them."""

    provider: str
    model: str
    voice: str

    def key(self, text: str) -> str:
        """The name under which `text` is kept."""
        return hashlib.sha256("\0".join((self.provider, self.model, self.voice, text)).encode()).hexdigest()


class PhraseFolder:
    """Phrases by key, on disk and in memory, the longest unused dropped first. One for the process.

    Nothing raises: a folder that cannot be read or written is a cache that is empty, and a line in the log.
    """

    def __init__(
        self, folder: Path, most_bytes: int = MOST_BYTES, most_in_memory_bytes: int = MOST_IN_MEMORY_BYTES
    ) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._most_in_memory_bytes, self._in_memory_bytes = most_in_memory_bytes, 0
        self._known: dict[str, tuple[Spoken, ...]] = {}

    def has(self, key: str) -> bool:
        """Whether there is something under `key`; whether it can be read, `get` says."""
        return key in self._known or _stat(self._folder / (key + _SUFFIX)) is not None

    async def get(self, key: str) -> tuple[Spoken, ...] | None:
        known = self._known.pop(key, None)
        if known is not None:
            self._known[key] = known
            return known
        read = await asyncio.to_thread(self._read, key)
        if read is not None:
            self._remember(key, read)
        return read

    async def put(self, key: str, pieces: Sequence[Spoken]) -> None:
        self._remember(key, tuple(pieces))
        await asyncio.to_thread(self._write, key, tuple(pieces))

    def _remember(self, key: str, pieces: tuple[Spoken, ...]) -> None:
        self._in_memory_bytes += _size(pieces) - _size(self._known.pop(key, ()))
        self._known[key] = pieces
        while self._in_memory_bytes > self._most_in_memory_bytes:
            self._in_memory_bytes -= _size(self._known.pop(next(iter(self._known))))

    def _read(self, key: str) -> tuple[Spoken, ...] | None:
        path = self._folder / (key + _SUFFIX)
        try:
            head, _, audio = path.read_bytes().partition(b"\n")
            os.utime(path)
            return _pieces(head, audio)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            log.warning("a kept phrase cannot be read: %s", type(error).__name__)
            return None

    def _write(self, key: str, pieces: tuple[Spoken, ...]) -> None:
        head = orjson.dumps([[len(piece.mulaw), piece.text] for piece in pieces])
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(head + b"\n" + b"".join(piece.mulaw for piece in pieces))
                os.replace(beside, self._folder / (key + _SUFFIX))
            except OSError:
                with contextlib.suppress(OSError):  # the first failure is the one to tell
                    os.unlink(beside)
                raise
            self._bound()
        except OSError as error:
            log.warning("a phrase cannot be kept: %s", type(error).__name__)

    def _bound(self) -> None:
        """Drop the longest unused files until the folder is small enough."""
        found = ((_stat(path), path) for path in self._folder.glob("*" + _SUFFIX))
        kept = sorted((stat.st_mtime_ns, stat.st_size, path) for stat, path in found if stat is not None)
        excess = sum(size for _, size, _ in kept) - self._most_bytes
        for _, size, path in kept:
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= size


class CachedSpeaker:
    """Implements `streamer.engines.ports.PhraseSpeaker`: the fixed phrases from the folder, all else from `speaker`."""

    def __init__(self, speaker: Speaker, speech: Speech, folder: PhraseFolder, phrases: Iterable[str]) -> None:
        self._speaker, self._speech, self._folder = speaker, speech, folder
        self._phrases = frozenset(phrases)

    async def run(self) -> None:
        """See `Speaker.run`."""
        await self._speaker.run()

    def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        """See `Speaker.speak_all`. What a model thinks of is no fixed phrase: it goes past the folder."""
        return self._speaker.speak_all(texts)

    def has(self, text: str) -> bool:
        """See `PhraseSpeaker.has`."""
        return text in self._phrases and self._folder.has(self._speech.key(text))

    async def keep(self, text: str, mulaw: bytes) -> None:
        """See `PhraseSpeaker.keep`."""
        if text in self._phrases:
            await self._folder.put(self._speech.key(text), [Spoken(mulaw, text)])

    async def prepare(self) -> None:
        """Synthesise every phrase that is not kept yet, one after the other.

        Raises ProviderFailed at the first that cannot be; those before it are kept.
        """
        for phrase in sorted(self._phrases):
            async with contextlib.aclosing(self.speak(phrase)) as pieces:
                async for _ in pieces:
                    pass

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        """See `Speaker.speak`. A fixed phrase that had to be synthesised to its end is kept."""
        is_fixed = text in self._phrases
        key = self._speech.key(text)
        kept = await self._folder.get(key) if is_fixed else None
        if kept is not None:
            for piece in kept:
                yield piece
            return
        spoken: list[Spoken] = []
        async with contextlib.aclosing(self._speaker.speak(text)) as pieces:
            async for piece in pieces:
                spoken.append(piece)
                yield piece
        if is_fixed and "".join(piece.text for piece in spoken) == text:
            await self._folder.put(key, spoken)


def _pieces(head: bytes, audio: bytes) -> tuple[Spoken, ...]:
    """The pieces of a file. ValueError or TypeError when it is not one."""
    pieces: list[Spoken] = []
    begin = 0
    for size, text in orjson.loads(head):
        if not isinstance(text, str):
            raise TypeError("a piece without words")
        pieces.append(Spoken(audio[begin : begin + size], text))
        begin += size
    if begin != len(audio) or not pieces:
        raise ValueError("audio and its index differ in size")
    return tuple(pieces)


def _size(pieces: Iterable[Spoken]) -> int:
    return sum(len(piece.mulaw) for piece in pieces)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
