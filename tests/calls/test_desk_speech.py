from datetime import date

import pytest

from calls.desk_speech import SAYS, hours_of, hours_of_week, spoken_day, spoken_digits, spoken_list, spoken_time
from calls.desk_table import desk_of

WEEK = {
    "monday": "09:00-17:00",
    "tuesday": "09:00-17:00",
    "wednesday": "09:00-17:00",
    "friday": "09:00-12:00",
    "saturday": "09:00-12:00",
}


@pytest.mark.parametrize(
    ("minute", "spoken"),
    [
        (0, "midnight"),
        (540, "9 AM"),
        (605, "10:05 AM"),
        (720, "noon"),
        (750, "12:30 PM"),
        (900, "3 PM"),
        (1440, "midnight"),
    ],
)
def test_times(minute: int, spoken: str) -> None:
    assert spoken_time(minute) == spoken


@pytest.mark.parametrize(
    ("day", "spoken"),
    [
        (date(2026, 11, 24), "Tuesday, November 24th"),
        (date(2026, 12, 1), "Tuesday, December 1st"),
        (date(2026, 12, 2), "Wednesday, December 2nd"),
        (date(2026, 12, 23), "Wednesday, December 23rd"),
        (date(2026, 12, 12), "Saturday, December 12th"),
    ],
)
def test_days(day: date, spoken: str) -> None:
    assert spoken_day(day) == spoken


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("5550134", "5 5 5, 0 1 3 4"),
        ("2025550143", "2 0 2, 5 5 5, 0 1 4 3"),
        ("12025550143", "1, 2 0 2, 5 5 5, 0 1 4 3"),
        ("123456789", "1 2 3, 4 5 6, 7 8 9"),
        ("1234567890123", "1 2 3, 4 5 6, 7 8 9, 0 1 2, 3"),
        ("0134", "0 1 3 4"),
    ],
)
def test_digits_are_spoken_one_by_one(digits: str, spoken: str) -> None:
    assert spoken_digits(digits) == spoken


def test_lists() -> None:
    assert [spoken_list([]), spoken_list(["a"]), spoken_list(["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_neighbouring_days_with_the_same_hours_are_said_together() -> None:
    assert hours_of_week(desk_of({"business": "Maple", "hours": WEEK, "appointment_min": 20})) == (
        "Maple is open Monday to Wednesday from 9 AM until 5 PM and on Friday and Saturday from 9 AM until noon. "
        "We are closed on Thursday and Sunday. "
        "The last appointment of the day begins 20 minutes before we close."
    )


def test_hours_of_one_day() -> None:
    desk = desk_of({"hours": WEEK})
    assert hours_of(desk, date(2026, 11, 27)) == "On Friday we are open from 9 AM until noon."
    assert hours_of(desk, date(2026, 11, 29)) == "On Sunday we are closed."


def test_unknown_hours_are_not_made_up() -> None:
    unknown = "I am sorry, I do not know our opening hours."
    assert hours_of_week(desk_of({})) == unknown
    assert hours_of(desk_of({}), date(2026, 11, 29)) == unknown


def test_sentences_are_made_for_a_voice() -> None:
    assert not [key for key, sentence in SAYS.items() if set(sentence) & set("*#_[]()<>&/")]
