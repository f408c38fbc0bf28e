"""What a caller said, as words to compare: how a speech recogniser happened to spell it is taken away."""

import re
from functools import lru_cache

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("[’‘`]"), "'"),
    (re.compile(r"\[keys [^\]]*\]"), " "),
    (re.compile(r"\b([ap])(?:\. ?| )m\b\.?"), r"\1m"),  # "p.m." -> "pm"
    (re.compile(r"\b(\d{1,2})[.:](\d{2})\b(?![-.\d])"), r"\1:\2"),  # "4.30" -> "4:30"
    (re.compile(r"'"), ""),  # "o'clock" -> "oclock"
    (re.compile(r"[^\w:]|_|:(?!\d)|(?<!\d):"), " "),
)
_KEYS = re.compile(r"\[keys ([0-9*#]+)\]")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
_CLAUSE_END = re.compile(r"[.!?,;:…—–]+(?=\s|$)|\s-\s|—")


def plain(text: str) -> str:
    """Lower-case words with single spaces between; no punctuation but the colon of a time; keys pressed left out."""
    text = text.lower()
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def keys(text: str) -> str:
    """The keys pressed, all "[keys 12#]" of the text joined."""
    return "".join(_KEYS.findall(text))


def sentences(text: str) -> list[str]:
    """The text's sentences, each in plain words; empty ones left out."""
    return [words for part in _SENTENCE_END.split(text) if (words := plain(part))]


def clauses(text: str) -> list[str]:
    """As `sentences`, divided at commas and the like too."""
    return [words for part in _CLAUSE_END.split(text) if (words := plain(part))]


@lru_cache(maxsize=512)
def any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of the phrases, as whole words, in plain text; nothing where there are no phrases."""
    if not phrases:
        return re.compile(r"(?!)")
    longest_first = sorted({plain(phrase) for phrase in phrases}, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase in longest_first) + r")\b")
