from datetime import UTC, datetime

import pytest

from calls.errors import RequestRefused
from offhook.comparison.period import Period, in_words, moment

NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("7d", datetime(2026, 11, 15, 16, 0, tzinfo=UTC)),
        ("24h", datetime(2026, 11, 21, 16, 0, tzinfo=UTC)),
        ("90M", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("2w", datetime(2026, 11, 8, 16, 0, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T16:00", NOW),
        ("2026-11-22T17:00+01:00", NOW),
    ],
)
def test_times_as_people_write_them(text: str, meant: datetime) -> None:
    assert moment(text, NOW_MS) == int(meant.timestamp() * 1000)


@pytest.mark.parametrize("text", ["yesterday", "7", "d", "2026-13-01", "-7d"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RequestRefused, match="write it like 7d"):
        moment(text, NOW_MS)


def test_a_period_holds_its_beginning_and_not_its_end() -> None:
    period = Period(100, 200)
    assert [period.holds(at_ms) for at_ms in (99, 100, 199, 200)] == [False, True, True, False]
    assert Period().holds(0)


def test_a_period_in_words() -> None:
    assert in_words(Period()) == "of all time"
    assert in_words(Period(since_ms=NOW_MS)) == "from 2026-11-22 16:00 UTC"
    assert in_words(Period(NOW_MS - 3_600_000, NOW_MS)) == "from 2026-11-22 15:00 to 2026-11-22 16:00 UTC"
