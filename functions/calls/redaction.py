"""Takes card numbers, e-mail addresses and telephone numbers out of spoken words, before the words leave a call. Pure.

A recogniser writes numbers as digits, as words, or as both, so runs of either are what is looked at:

card    13 to 19 digits that pass Luhn's check, or 15 or 16 digits whatever the check says (one misheard digit breaks
        it, and no telephone number in use is that long)
phone   7 to 15 digits in a run, and whatever phonenumbers finds in the text
email   name@host.tld, and "name at host dot tld"

What cannot be found: a number said in pieces over several turns, and number words in languages other than English.
"""

import re
from collections.abc import Callable, Collection, Sequence

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
    r"\b[\w-]+(?:(?: dot | underscore |\.)[\w-]+)*(?: at )[\w-]+(?:(?: dot |\.)[\w-]+)*"
    r"(?: dot |\.)(?:com|org|net|edu|gov|io|co|info|biz|[a-z]{2})\b",
    re.IGNORECASE,
)


def redacted(text: str, what: Collection[str]) -> str:
    """The text without what is asked for: any of "card", "email", "phone"."""
    if "email" in what:
        text = _SPOKEN_EMAIL.sub(EMAIL, _WRITTEN_EMAIL.sub(EMAIL, text))
    if "card" in what or "phone" in what:
        text = _RUN.sub(lambda match: _number(match[0], what), text)
    return _phones(text) if "phone" in what else text


def _number(run: str, what: Collection[str]) -> str:
    digits = digits_of(run)
    kept = run[len(run.rstrip()) :]
    if "card" in what and is_card(digits):
        return CARD + kept
    if "phone" in what and SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE:
        return PHONE + kept
    return run


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


def _phones(text: str) -> str:
    """What else phonenumbers (libphonenumber) takes for a number of the United States or of a country that is named."""
    if not any(character.isdigit() for character in text):
        return text
    from phonenumbers import PhoneNumberMatcher

    for match in reversed(list(PhoneNumberMatcher(text, "US"))):
        text = text[: match.start] + PHONE + text[match.end :]
    return text


def redactor(what: Collection[str]) -> Callable[[str], str]:
    """`redacted` for one agent."""
    return lambda text: redacted(text, what)
