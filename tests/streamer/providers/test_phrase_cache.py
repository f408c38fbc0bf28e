"""Phrases kept on disk: spoken once, then read; whatever is wrong with the folder, they are spoken."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from calls.errors import ProviderFailed
from streamer.engines.ports import Spoken
from streamer.providers.phrase_cache import CachedSpeaker, PhraseFolder, Speech

SPEECH = Speech("elevenlabs", "eleven_flash_v2_5", "heart")
HELLO = "Hello, this is Acme."
PIECES = [Spoken(b"\x01" * 160, "Hello, "), Spoken(b"\x02\n\x03" * 50, "this is Acme.")]


class TwoPieces:
    """A speaker that says HELLO in two pieces, all else in one, and counts how often it is asked."""

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[str] = []
        self.is_run = False
        self._fails = fails

    async def run(self) -> None:
        self.is_run = True

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        self.asked.append(text)
        for piece in PIECES if text == HELLO else [Spoken(b"\x05", text)]:
            yield piece
            if self._fails:
                raise ProviderFailed("Gone.", code="elevenlabs-lost")

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            yield Spoken(b"\x06", text)


def cached(speaker: TwoPieces, folder: Path, speech: Speech = SPEECH, most_bytes: int = 10_000) -> CachedSpeaker:
    """As after a restart: nothing is in memory."""
    return CachedSpeaker(speaker, speech, PhraseFolder(folder, most_bytes), [HELLO])


async def spoken(speaker: CachedSpeaker, text: str = HELLO) -> list[Spoken]:
    return [piece async for piece in speaker.speak(text)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_phrase_is_synthesised_once_and_comes_back_piece_by_piece(tmp_path: Path) -> None:
    speaker = TwoPieces()
    once, again = cached(speaker, tmp_path / "phrases"), cached(speaker, tmp_path / "phrases")
    await once.prepare()

    assert await spoken(once) == await spoken(again) == PIECES
    assert speaker.asked == [HELLO]


async def test_another_voice_or_model_or_text_is_another_phrase(tmp_path: Path) -> None:
    speaker = TwoPieces()
    await cached(speaker, tmp_path).prepare()
    await cached(speaker, tmp_path, Speech("elevenlabs", "eleven_flash_v2_5", "other")).prepare()
    await cached(speaker, tmp_path, Speech("elevenlabs", "eleven_turbo_v2_5", "heart")).prepare()

    assert len(speaker.asked) == 3
    assert len(files(tmp_path)) == 3
    assert SPEECH.key("a") != SPEECH.key("b")


async def test_what_is_not_fixed_is_not_kept(tmp_path: Path) -> None:
    speaker = TwoPieces()
    await spoken(cached(speaker, tmp_path), "Your number is 12.")

    assert files(tmp_path) == []


async def test_a_phrase_that_breaks_off_or_is_not_wanted_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ProviderFailed):
        await cached(TwoPieces(fails=True), tmp_path).prepare()
    async with aclosing(cached(TwoPieces(), tmp_path).speak(HELLO)) as pieces:
        await anext(pieces)

    assert files(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"not json\n", b'[[5,"Hello"]]\nabc', b"[]\n", b"[[1,2]]\na", b"[1]\n"])
async def test_a_broken_file_is_spoken_again_and_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{SPEECH.key(HELLO)}.mulaw").write_bytes(content)

    assert await spoken(cached(TwoPieces(), tmp_path)) == PIECES
    silent = TwoPieces()
    assert await spoken(cached(silent, tmp_path)) == PIECES
    assert silent.asked == []


async def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert await spoken(cached(TwoPieces(), tmp_path / "file" / "folder")) == PIECES


async def test_the_longest_unused_files_go_first(tmp_path: Path) -> None:
    folder = PhraseFolder(tmp_path, most_bytes=500)
    for name in ("a", "b", "c"):
        await folder.put(name, [Spoken(b"\x01" * 200, name)])
        os.utime(tmp_path / f"{name}.mulaw", (ord(name), ord(name)))
    await folder.put("d", [Spoken(b"\x01" * 200, "d")])

    assert files(tmp_path) == ["c.mulaw", "d.mulaw"]


async def test_memory_is_bounded_and_the_disk_stands_in(tmp_path: Path) -> None:
    folder = PhraseFolder(tmp_path, most_in_memory_bytes=300)
    await folder.put("a", [Spoken(b"\x01" * 200, "a")])
    await folder.put("b", [Spoken(b"\x02" * 200, "b")])
    (tmp_path / "b.mulaw").unlink()

    assert await folder.get("a") == (Spoken(b"\x01" * 200, "a"),)
    assert await folder.get("b") is None


async def test_what_a_model_thinks_of_goes_past_the_folder(tmp_path: Path) -> None:
    async def texts() -> AsyncIterator[str]:
        yield HELLO

    speaker = cached(TwoPieces(), tmp_path)
    assert [piece async for piece in speaker.speak_all(texts())] == [Spoken(b"\x06", HELLO)]


async def test_the_speakers_connections_are_run(tmp_path: Path) -> None:
    inner = TwoPieces()
    async with asyncio.timeout(1):
        await cached(inner, tmp_path).run()

    assert inner.is_run


async def test_what_somebody_else_said_is_kept_where_it_is_a_phrase(tmp_path: Path) -> None:
    speaker = TwoPieces()
    first = cached(speaker, tmp_path)
    assert not first.has(HELLO)
    await first.keep(HELLO, b"\x09" * 80)
    await first.keep("Your number is 12.", b"\x09")
    again = cached(speaker, tmp_path)
    assert (again.has(HELLO), again.has("Your number is 12.")) == (True, False)
    assert await spoken(again) == [Spoken(b"\x09" * 80, HELLO)]
    assert speaker.asked == []
    assert len(files(tmp_path)) == 1
