"""What a Live session used: the vendor tells a running total, the record takes what was added. Pure."""

from dataclasses import dataclass

from calls.usage import Kind, Unit, Usage

VENDOR = "openai"


@dataclass(slots=True)
class LiveMeter:
    """One session's. A total that is told twice, or that goes back, adds nothing."""

    session_id: str
    model: str
    told_ms: int = 0
    _told: int = 0

    def total(self, seconds: float) -> Usage | None:
        """The vendor says that the session has used so much until now."""
        return self._add(round(seconds * 1000), is_estimated=False)

    def estimated(self, open_s: float) -> Usage | None:
        """The session is over and the vendor did not say its total: it was open for so long, and silence is billed."""
        return self._add(round(open_s * 1000), is_estimated=True)

    def _add(self, total_ms: int, *, is_estimated: bool) -> Usage | None:
        added_ms = total_ms - self.told_ms
        if added_ms <= 0:
            return None
        self.told_ms = total_ms
        self._told += 1
        amounts = {Unit.MILLISECONDS: added_ms}
        name = f"{self.session_id}-{self._told}"
        return Usage(name, VENDOR, self.model, Kind.LIVE, amounts, is_estimated=is_estimated)
