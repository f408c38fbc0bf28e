"""What the scripted desk understands of one utterance of the caller."""

import datetime
import re
from dataclasses import dataclass

from calls.closing import caller_needs_nothing, caller_says_goodbye
from calls.desk_slots import WHOLE_NUMBER_DIGITS, WITHHELD, Clock, clock_in, day_in, digits_in, numerals
from calls.desk_table import Desk
from calls.desk_words import ALONE, DENIED, KEY_NO, KEY_PERSON, KEY_YES, NO, PHRASES, YES
from calls.redaction import PHONE
from calls.utterance import any_of, keys, plain, sentences

_YES, _YES_OR_NO, _DENIED = any_of(YES), any_of(YES + NO), re.compile(DENIED)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`hours_day` is the day whose hours are asked for, `day` the day wanted; `answer` is yes, no, or neither."""

    intents: frozenset[str]
    facts: tuple[str, ...]
    answer: bool | None
    day: datetime.date | None
    hours_day: datetime.date | None
    clock: Clock | None
    digits: str
    service: str
    needs_nothing: bool
    goodbye: bool


def meaning_of(desk: Desk, text: str, today: datetime.date, asked: str) -> Meaning:
    """What `text` means where the desk's last question was `asked`: that decides what a number or
    a key alone is."""
    withheld = PHONE in text
    text = text.replace(PHONE, " ")
    words = plain(text)
    typed = keys(text).strip("#")
    intents = _intents(desk, words)
    hours_day = None
    if "hours" in intents:
        asking = [sentence for sentence in sentences(text) if "hours" in _intents(desk, sentence)]
        hours_day = day_in(numerals(" ".join(asking)), today)[0]
        words = " ".join(sentence for sentence in sentences(text) if sentence not in asking)
    day, clock, digits = _slots(words, typed, today, asked)
    if typed == KEY_PERSON and asked != "phone":
        intents.add("person")
    return Meaning(
        intents=frozenset(intents),
        facts=tuple(fact.answer for fact in desk.facts if any_of(fact.phrases).search(plain(text))),
        answer=_answer(plain(text), typed if asked != "phone" else ""),
        day=day,
        hours_day=hours_day,
        clock=clock,
        digits=WITHHELD if withheld else digits,
        service=next((name for name in desk.services if any_of((name, f"{name}s")).search(plain(text))), ""),
        needs_nothing=caller_needs_nothing(text),
        goodbye=caller_says_goodbye(text),
    )


def _intents(desk: Desk, words: str) -> set[str]:
    found = {ALONE[words]} if words in ALONE else set()
    for intent, phrases in PHRASES.items():
        words, times = any_of(phrases + desk.phrases[intent]).subn("|", words)
        if times:
            found.add(intent)
    return found


def _answer(words: str, typed: str) -> bool | None:
    if typed in (KEY_YES, KEY_NO):
        return typed == KEY_YES
    found = [match[0] for match in _YES_OR_NO.finditer(words)]
    return all(_YES.fullmatch(phrase) for phrase in found) if found else None


def _slots(words: str, typed: str, today: datetime.date, asked: str) -> tuple[datetime.date | None, Clock | None, str]:
    """A whole telephone number is taken out first, then the day, then the time; what is left may be part of a number
    where one was asked for."""
    digits, rest = digits_in(numerals(_DENIED.sub("|", words)), WHOLE_NUMBER_DIGITS)
    day, rest = day_in(rest, today)
    clock, rest = clock_in(rest, bare=day is not None or asked in ("day", "time", "visit"))
    if asked == "phone":
        digits = digits or "".join(key for key in typed if key.isdigit()) or digits_in(rest, 2)[0]
    return day, clock, digits
