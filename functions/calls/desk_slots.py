"""Days, times and telephone numbers in what a caller said. Each reader takes plain words (`utterance.plain`) whose
numbers are in digits (`numerals`) and gives back what it found and the words it left over."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass

from calls.desk_table import WEEKDAYS, Opening
from calls.desk_words import FILLERS, NUMBERS, ORDINALS, SOUNDS_LIKE_DIGIT

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WHOLE_NUMBER_DIGITS = 7
MOST_DIGITS = 15
WITHHELD = "#" * WHOLE_NUMBER_DIGITS
"""A number that was said, and that is private: the conversation has it no more."""

_TENS_UNIT = re.compile(
    r"\b(twenty|thirty|forty|fifty) (one|two|three|four|five|six|seven|eight|nine"
    r"|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b"
)
_NUMBER = re.compile(rf"\b({'|'.join(NUMBERS)})\b")
# "second" is an ordinal only where a day of the month can stand ("one second" is none).
_ORDINAL = re.compile(rf"\b((?:the|{'|'.join(MONTHS)}) (?:the )?)({'|'.join(ORDINALS)})\b")
_DIGIT_RUN = re.compile(r"\b(?:(?:(?:double|triple) \d|oh|o|\d+)\b ?)+")
_REPEATED = re.compile(r"\b(double|triple) (\d)\b")


def numerals(words: str) -> str:
    """The words with their numbers in digits: "twenty first" is "21st", "three thirty" is "3 30"."""

    def joined(match: re.Match[str]) -> str:
        unit = NUMBERS.get(match[2], 0) or ORDINALS.get(match[2], 0)
        return f"{NUMBERS[match[1]] + unit}{'' if match[2] in NUMBERS else 'th'}"

    words = _TENS_UNIT.sub(joined, words)
    words = _ORDINAL.sub(lambda match: f"{match[1]}{ORDINALS[match[2]]}th", words)
    return _NUMBER.sub(lambda match: str(NUMBERS[match[1]]), words)


# --- days ------------------------------------------------------------------------------------------------------------

_MONTH = f"(?P<month>{'|'.join(MONTHS)})"
_DATE = r"(?P<date>\d{1,2})(?:st|nd|rd|th)?"


def _on_month_day(match: re.Match[str], today: datetime.date) -> datetime.date | None:
    """The next such date, today included; None where there is none (February 30)."""
    for year in (today.year, today.year + 1):
        try:
            day = datetime.date(year, MONTHS.index(match["month"]) + 1, int(match["date"]))
        except ValueError:
            continue
        if day >= today:
            return day
    return None


def _on_date(match: re.Match[str], today: datetime.date) -> datetime.date | None:
    """The next day with that number, in this month or a later one."""
    coming = (today + datetime.timedelta(days) for days in range(62))
    return next((day for day in coming if day.day == int(match["date"])), None)


def _on_weekday(match: re.Match[str], today: datetime.date) -> datetime.date:
    """The next such weekday after today: who means today says "today"."""
    ahead = (WEEKDAYS.index(match["weekday"]) - today.weekday() - 1) % 7 + 1
    return today + datetime.timedelta(ahead)


_DAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime.date], datetime.date | None]], ...] = (
    (re.compile(rf"\b{_MONTH} (?:the )?{_DATE}\b(?! (?:am|pm|oclock))"), _on_month_day),
    (re.compile(rf"\b(?:the )?{_DATE} (?:of )?{_MONTH}\b"), _on_month_day),
    (re.compile(r"\b(?:the )?(?P<date>\d{1,2})(?:st|nd|rd|th)\b"), _on_date),
    (re.compile(r"\bday after tomorrow\b"), lambda _, today: today + datetime.timedelta(2)),
    (re.compile(r"\btomorrow\b"), lambda _, today: today + datetime.timedelta(1)),
    (re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening))\b"), lambda _, today: today),
    (re.compile(rf"\b(?P<weekday>{'|'.join(WEEKDAYS)})s?\b"), _on_weekday),
)


def day_in(words: str, today: datetime.date) -> tuple[datetime.date | None, str]:
    """The day meant, the most exact way of naming it first."""
    found = None
    for pattern, day_of in _DAYS:
        match = pattern.search(words)
        if match:
            found = found or day_of(match, today)
            words = _without(words, match)
    return found, words


# --- times -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes since midnight. Not `certain`: it may as well be twelve hours away."""

    minute: int
    certain: bool


_AT = r"(?P<at>\b(?:at|around|about|by|before|after) )?"
_OFFSET = r"(?:(?P<offset>half|quarter|5|10|20|25) (?P<way>past|to) )?"
_HOUR = r"\b(?P<hour>1\d|2[0-3]|0?\d)\b(?:(?::| (?:oh |0)?)(?P<minute>[0-5]\d|(?<=oh )\d)\b)?"
_MARKER = r"(?: ?(?P<marker>am|pm|oclock(?: (?P<after>am|pm))?))?"
_TIME = re.compile(_AT + _OFFSET + _HOUR + _MARKER + r"(?! \d)")
_NAMED = re.compile(r"\b(?:at )?(?P<name>noon|midday|midnight)\b")
_HALF_OF_DAY = re.compile(r"(?<!good )\b(?P<half>morning|afternoon|evening|tonight|night)\b")
_CUT = "|"
_FILLERS = FILLERS | {_CUT}
_OFFSETS = {"half": 30, "quarter": 15}


def clock_in(words: str, *, bare: bool) -> tuple[Clock | None, str]:
    """The time of day meant. A number alone is one only where `bare` says that a time is likely, and
    nothing else is said: "one moment" is no time."""
    named = _NAMED.search(words)
    if named:
        return Clock(0 if named["name"] == "midnight" else 12 * 60, True), _without(words, named)
    half = _HALF_OF_DAY.search(words)
    for match in _TIME.finditer(words):
        says_so = match["at"] or match["offset"] or match["marker"] or ":" in match[0] or half
        if says_so or (bare and set(_without(words, match).split()) <= _FILLERS):
            return _clock(match, half["half"] if half else ""), _without(words, match)
    return None, words


def _clock(match: re.Match[str], half: str) -> Clock:
    marker = match["after"] or match["marker"] or ""
    is_pm = marker == "pm" or (marker != "am" and half in ("afternoon", "evening", "tonight", "night"))
    is_am = marker == "am" or (marker != "pm" and half == "morning")
    hour = int(match["hour"])
    certain = is_am or is_pm or hour > 12 or match["hour"].startswith("0")
    if hour <= 12 and (is_am or is_pm):
        hour = hour % 12 + (12 if is_pm else 0)
    minute = hour * 60 + int(match["minute"] or 0)
    if match["offset"]:
        offset = _OFFSETS.get(match["offset"]) or int(match["offset"])
        minute += offset if match["way"] == "past" else -offset
    return Clock(minute % (24 * 60), certain)


def settled(clock: Clock, opening: Opening | None) -> int:
    """The minute of the day that an uncertain clock means: the one at which the desk is open, else the one by day."""
    if clock.certain:
        return clock.minute
    both = (clock.minute % 720, clock.minute % 720 + 720)
    if opening:
        for minute in both:
            if opening.opens_min <= minute < opening.closes_min:
                return minute
    return next(minute for minute in both if minute >= 7 * 60)


# --- telephone numbers -----------------------------------------------------------------------------------------------


def digits_in(words: str, shortest: int) -> tuple[str, str]:
    """The longest run of spoken digits, when it has at least `shortest`; else ""."""
    if all(word in SOUNDS_LIKE_DIGIT or word.isdigit() for word in words.split()):
        words = " ".join(SOUNDS_LIKE_DIGIT.get(word, word) for word in words.split())
    runs = [(_digits(match[0]), match) for match in _DIGIT_RUN.finditer(words)]
    digits, match = max(runs, key=lambda run: len(run[0]), default=("", None))
    if match is None or len(digits) < shortest:
        return "", words
    return digits[:MOST_DIGITS], _without(words, match)


def _digits(run: str) -> str:
    run = _REPEATED.sub(lambda match: match[2] * (2 if match[1] == "double" else 3), run)
    return re.sub(r"\bo(?:h)?\b", "0", run).replace(" ", "")


def _without(words: str, match: re.Match[str]) -> str:
    """A mark stays in place of what was cut out, so that the words around it do not meet."""
    return f"{words[: match.start()]} {_CUT} {words[match.end() :]}".strip()
