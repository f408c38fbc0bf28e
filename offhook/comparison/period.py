"""The stretch of time that a person asks about. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from calls.errors import RequestRefused

_AGO = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """Epoch ms: calls made at or after `since_ms` and before `until_ms`; None is without end."""

    since_ms: int | None = None
    until_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        return (self.since_ms is None or at_ms >= self.since_ms) and (self.until_ms is None or at_ms < self.until_ms)


def moment(text: str, now_ms: int) -> int:
    """Epoch ms of "24h", "7d" (so long ago), "2026-11-22" (its first moment) or "2026-11-22T16:00"; UTC where no
    other offset is given. RequestRefused (code "time-invalid") for anything else."""
    if ago := _AGO.fullmatch(text.strip().lower()):
        return now_ms - int(int(ago[1]) * _UNITS[ago[2]] / timedelta(milliseconds=1))
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise RequestRefused(
            f'"{text}" is no time; write it like 7d, 24h, 2026-11-22 or 2026-11-22T16:00.', code="time-invalid"
        ) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def in_words(period: Period) -> str:
    """ "from 2026-11-21 16:00 to 2026-11-22 16:00 UTC", "of all time"."""
    parts = [("from", period.since_ms), ("to", period.until_ms)]
    told = [f"{word} {_shown(at_ms)}" for word, at_ms in parts if at_ms is not None]
    return f"{' '.join(told)} UTC" if told else "of all time"


def _shown(epoch_ms: int) -> str:
    return f"{datetime.fromtimestamp(epoch_ms / 1000, UTC):%Y-%m-%d %H:%M}"
