"""Which words of a script have been heard by when. Pure."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.vendors.script import Listening, Utterance

_BARE = re.compile(r"[^\w'’-]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its punctuation, and where it lies in media time."""

    text: str
    start_s: float
    end_s: float

    @property
    def bare(self) -> str:
        """Without punctuation and capitals."""
        return _BARE.sub("", self.text).lower()


def parts_of(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of each stretch of voice: " | " divides stretches."""
    return tuple(tuple(part.split()) for part in text.split("|") if part.strip())


def utterances_of(listening: Listening) -> Iterator[Utterance]:
    """The utterances of a connection in turn; ends only where they are not taken again, or there are none."""
    while listening.utterances:
        yield from listening.utterances
        if not listening.again:
            return


def numbered(listening: Listening, number: int) -> Listening:
    """The same with the number of its connection where an utterance asks for it."""

    def filled(text: str) -> str:
        return text.replace("{connection}", str(number))

    return replace(
        listening,
        utterances=tuple(
            replace(
                utterance,
                text=filled(utterance.text),
                eager_text=None if utterance.eager_text is None else filled(utterance.eager_text),
            )
            for utterance in listening.utterances
        ),
    )


def heard_by(words: tuple[str, ...], voice_ms: float, start_ms: float, word_ms: float) -> int:
    """How many of a stretch's words are out after `voice_ms` of it: the first after `start_ms`, one each `word_ms`."""
    return max(0, min(len(words), 1 + math.floor((voice_ms - start_ms) / word_ms)))


def laid_out(words: tuple[str, ...], began_ms: float, ended_ms: float) -> tuple[Word, ...]:
    """Words evenly over a stretch of voice."""
    each_s = (ended_ms - began_ms) / 1000 / max(1, len(words))
    began_s = began_ms / 1000
    return tuple(
        Word(text, round(began_s + index * each_s, 3), round(began_s + (index + 1) * each_s, 3))
        for index, text in enumerate(words)
    )
