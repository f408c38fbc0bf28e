"""Takes card numbers, e-mail addresses and telephone numbers out of spoken words, before they are kept or sent. Pure.

A recogniser writes numbers as digits, as words, or as both, so runs of either are what is looked at:

card    13 to 19 digits that pass Luhn's check, or 15 or 16 digits whatever the check says (one misheard digit breaks
        it, and no telephone number in use is that long)
phone   7 to 15 digits in a run, and whatever phonenumbers finds in the text
email   name@host.tld, and "name at host dot tld", spelled letters before it included

What cannot be found: a number said in pieces over several turns, and number words in languages other than English.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from calls.conversation import Turn
from calls.desk_words import NUMBERS

CARD, EMAIL, PHONE = "[card]", "[email]", "[phone]"
SHORTEST_PHONE, LONGEST_PHONE = 7, 15
SHORTEST_CARD, LONGEST_CARD = 13, 19
_LIKELY_CARD = (15, 16)

_VALUES = {**NUMBERS, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "oh": 0, "o": 0}
_DIGIT_WORDS = "|".join((*_VALUES, "double", "triple"))
_TOKEN = rf"(?:\+?\(?\d+\)?|\b(?:{_DIGIT_WORDS})\b)"
_RUN = re.compile(rf"{_TOKEN}(?:[\s,.\-–/]{{0,3}}{_TOKEN})*", re.IGNORECASE)
_PART = re.compile(rf"\d+|\b(?:{_DIGIT_WORDS})\b", re.IGNORECASE)
_WRITTEN_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SPOKEN_EMAIL = re.compile(
    r"(?:\b\w[ ,.-]{1,2})*"  # letters that are spelled one by one
    r"\b[\w-]+(?:(?:,? (?:dot|underscore|dash|hyphen|plus) |\.)[\w-]+)*,?(?: at )[\w-]+(?:(?: dot |\.)[\w-]+)*"
    r"(?:,? dot |\.)(?:com|org|net|edu|gov|io|co|info|biz|[a-z]{2})\b",
    re.IGNORECASE,
)


def redacted(text: str, what: Collection[str]) -> str:
    """The text without what is asked for: any of "card", "email", "phone"."""
    return _without(text, _spans(text, what))


def redacted_turn(turn: Turn, what: Collection[str]) -> Turn:
    """The turn with nothing of what is asked for in its words. Where a number was cut off in the middle, the part that
    was heard is no number any more by itself: so what was heard is looked at as the beginning of what was said."""
    if not what:
        return turn
    spans = _spans(turn.said, what)
    said = _without(turn.said, spans)
    if turn.said.startswith(turn.heard):
        begun = [(start, end, label) for start, end, label in spans if start < len(turn.heard)]
        return replace(turn, said=said, heard=_without(turn.heard, begun))
    return replace(turn, said=said, heard=redacted(turn.heard, what))


def turn_redactor(what: Collection[str]) -> Callable[[Turn], Turn]:
    """`redacted_turn` for one agent."""
    return lambda turn: redacted_turn(turn, what)


Span = tuple[int, int, str]
"""Where something is, from and to, and what stands in its place."""


def _spans(text: str, what: Collection[str]) -> list[Span]:
    """None overlaps another: what was found first stays."""
    found: list[Span] = []
    for start, end, label in _found(text, what):
        if all(end <= before or start >= after for before, after, _ in found):
            found.append((start, end, label))
    return sorted(found)


def _found(text: str, what: Collection[str]) -> Iterator[Span]:
    if "email" in what:
        for pattern in (_WRITTEN_EMAIL, _SPOKEN_EMAIL):
            yield from ((*match.span(), EMAIL) for match in pattern.finditer(text))
    if "card" in what or "phone" in what:
        yield from (span for match in _RUN.finditer(text) if (span := _number(match, what)))
    if "phone" in what:
        yield from _phones(text)


def _number(run: re.Match[str], what: Collection[str]) -> Span | None:
    digits = digits_of(run[0])
    end = run.start() + len(run[0].rstrip())
    if "card" in what and is_card(digits):
        return run.start(), end, CARD
    if "phone" in what and SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE:
        return run.start(), end, PHONE
    return None


def _without(text: str, spans: Iterable[Span]) -> str:
    for start, end, label in sorted(spans, reverse=True):
        text = text[:start] + label + text[end:]
    return text


def digits_of(run: str) -> str:
    """The digits of a run of digits and number words: "four 15, double five, forty-two" is "4155542"."""
    digits, repeat, is_tens = "", 1, False
    for part in map(str.lower, _PART.findall(run)):
        if part in ("double", "triple"):
            repeat = 2 if part == "double" else 3
            continue
        value = part if part.isdigit() else str(_VALUES[part])
        if is_tens and len(value) == 1 and value != "0" and not part.isdigit():
            digits = digits[:-1]
        digits += value * repeat
        repeat, is_tens = 1, not part.isdigit() and len(value) == 2 and value[0] != "1"
    return digits


def is_card(digits: str) -> bool:
    """Whether so many digits are, or are likely to be, a payment card's."""
    if len(digits) in _LIKELY_CARD:
        return True
    return SHORTEST_CARD <= len(digits) <= LONGEST_CARD and passes_luhn([int(digit) for digit in digits])


def passes_luhn(digits: Sequence[int]) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _phones(text: str) -> Iterator[Span]:
    """What else phonenumbers (libphonenumber) takes for a number of the United States or of a country that is named."""
    if not any(character.isdigit() for character in text):
        return
    from phonenumbers import PhoneNumberMatcher

    yield from ((match.start, match.end, PHONE) for match in PhoneNumberMatcher(text, "US"))


def redactor(what: Collection[str]) -> Callable[[str], str]:
    """`redacted` for one agent."""
    return lambda text: redacted(text, what)
