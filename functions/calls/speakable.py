"""Text as a voice should be given it: marks of the page left out, and words for what is written otherwise than said.

Works on a clause as well as on a whole reply; text that has been made speakable stays as it is. The transcript keeps
the words of the model, so what was heard of the spoken text has to be told in the original's: `pieces` says which is
which.
English; text in other languages has markdown, emoji and links undone. Pure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from calls.speakable_rules import ANY, COMMA, NEEDED, RULE_PREFIX, WORDS_FOR

_PLAIN = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """`spoken` is said for `original`; either may be empty."""

    original: str
    spoken: str


def speakable(text: str) -> str:
    """What a voice says for `text`: one line, single spaces; empty (or a space) where there is nothing to say."""
    return "".join(piece.spoken for piece in pieces(text))


def pieces(text: str) -> tuple[Piece, ...]:
    """The text piece by piece, a word or a rule's match each; the originals joined are the text."""
    found: list[Piece] = []
    last = ""
    for original, words in _rewritten(text):
        spoken = _tidy(words, last)
        last = spoken[-1:] or last
        found.append(Piece(original, spoken))
    return tuple(found)


def _rewritten(text: str) -> Iterator[tuple[str, str]]:
    """Stretches of the text, in order, each with the words for it, spaces not yet tidied."""
    at = 0
    for match in ANY.finditer(text) if NEEDED.search(text) else ():
        for plain in _PLAIN.findall(text[at : match.start()]):
            yield plain, plain
        rule = (match.lastgroup or "").removeprefix(RULE_PREFIX)
        yield match[0], WORDS_FOR[rule](match)
        at = match.end()
    for plain in _PLAIN.findall(text[at:]):
        yield plain, plain


def _tidy(words: str, last: str) -> str:
    """`words` with single spaces, behind text that ends in `last`; no comma where a voice pauses already."""
    if words == COMMA and last in ("", *" ,.;:!?"):
        words = " "
    spoken = re.sub(r"\s+", " ", words)
    return spoken.lstrip() if last == " " else spoken
