from datetime import date

import pytest

from calls.desk_slots import Clock, clock_in, day_in, digits_in, numerals, settled
from calls.desk_table import Opening
from calls.utterance import plain

MONDAY = date(2026, 11, 23)


def words(text: str) -> str:
    return numerals(plain(text))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Tuesday at 3 o'clock.", date(2026, 11, 24)),
        ("Monday", date(2026, 11, 30)),
        ("Sundays", date(2026, 11, 29)),
        ("Today.", date(2026, 11, 23)),
        ("tonight", date(2026, 11, 23)),
        ("Tomorrow", date(2026, 11, 24)),
        ("the day after tomorrow", date(2026, 11, 25)),
        ("December 2nd at 9 o'clock.", date(2026, 12, 2)),
        ("December second", date(2026, 12, 2)),
        ("the 2nd of December", date(2026, 12, 2)),
        ("November the twenty first", date(2027, 11, 21)),
        ("the 25th", date(2026, 11, 25)),
        ("the first", date(2026, 12, 1)),
        ("Wednesday, December 9", date(2026, 12, 9)),
        ("February 29th", None),
        ("the 40th", None),
        ("one second please", None),
        ("may I ask", None),
        ("5 5 5 0 1 3 4", None),
    ],
)
def test_days(text: str, day: date | None) -> None:
    assert day_in(words(text), MONDAY)[0] == day


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("at 3 o'clock.", Clock(180, False)),
        ("at three o'clock", Clock(180, False)),
        ("3 p.m.", Clock(900, True)),
        ("3. PM", Clock(900, True)),
        ("3 o'clock p.m.", Clock(900, True)),
        ("10 AM", Clock(600, True)),
        ("12 a.m.", Clock(0, True)),
        ("12 p.m.", Clock(720, True)),
        ("4.30 PM.", Clock(990, True)),
        ("at four thirty", Clock(270, False)),
        ("at ten oh five", Clock(605, False)),
        ("at ten forty five", Clock(645, False)),
        ("half past two", Clock(150, False)),
        ("quarter to four", Clock(225, False)),
        ("15:30", Clock(930, True)),
        ("3 in the afternoon", Clock(900, True)),
        ("tomorrow morning at 9", Clock(540, True)),
        ("good morning at 3", Clock(180, False)),
        ("noon", Clock(720, True)),
        ("midnight", Clock(0, True)),
        ("three", None),
        ("5 5 5 0 1 3 4", None),
        ("the 25th", None),
    ],
)
def test_times(text: str, clock: Clock | None) -> None:
    assert clock_in(words(text), bare=False)[0] == clock


def test_a_number_alone_is_a_time_only_where_one_is_likely() -> None:
    assert clock_in(words("Um, three please."), bare=True)[0] == Clock(180, False)
    assert clock_in(words("three thirty"), bare=True)[0] == Clock(210, False)
    assert clock_in(words("One moment, please."), bare=True)[0] is None


def test_an_uncertain_time_is_the_one_at_which_the_desk_is_open() -> None:
    day, evening = Opening(540, 1020), Opening(600, 1230)
    assert settled(Clock(180, False), day) == 900
    assert settled(Clock(600, False), day) == 600
    assert settled(Clock(480, False), evening) == 1200
    assert settled(Clock(360, False), day) == 1080
    assert settled(Clock(480, False), None) == 480
    assert settled(Clock(180, True), day) == 180


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("5 5 5 0 1 3 4", "5550134"),
        ("5, 5, 5, 0, 1, 3, 4.", "5550134"),
        ("555-0134", "5550134"),
        ("five five five oh one three four", "5550134"),
        ("Triple five, zero, one, three, four", "5550134"),
        ("double five 5 0 1 3 4", "5550134"),
        ("It's (202) 555-0143, thanks", "2025550143"),
        ("+1 202 555 0143", "12025550143"),
        ("five five five oh one three for", "5550134"),
        ("two five to won too three ate", "2521238"),
        ("555", ""),
        ("Tuesday at 3", ""),
        ("to go for it", ""),
        ("1" * 40, "1" * 15),
    ],
)
def test_telephone_numbers(text: str, digits: str) -> None:
    assert digits_in(words(text), 7)[0] == digits


def test_part_of_a_number_counts_where_a_short_run_will_do() -> None:
    assert digits_in(words("five five five"), 2)[0] == "555"
    assert digits_in("", 2) == ("", "")
