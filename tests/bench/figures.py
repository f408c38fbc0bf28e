"""From moments to figures: percentiles, slopes, and which vendor socket belongs to which call. Pure; seconds and ms."""

import statistics
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from streamer.engines.clauses import Clauses
from tests.vendors.tokens import pieces


def percentile(values: Sequence[float], percent: int) -> float:
    """Not a number where there is no value."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def tokens_to_first_clause(text: str) -> int:
    """How many of the simulated model's tokens have come when the first clause of `text` goes to the voice."""
    clauses, tokens = Clauses(), pieces(text)
    for count, token in enumerate(tokens, 1):
        if clauses.feed(token):
            return count
    return len(tokens)


def slope(times_s: Sequence[float], values: Sequence[float]) -> float:
    """Change of the values in a minute, by least squares; not a number for fewer than two moments."""
    if len(times_s) < 2:
        return float("nan")
    return statistics.linear_regression(times_s, values).slope * 60


def within(moments_s: Sequence[float], from_s: float, until_s: float) -> float | None:
    """The first of the sorted moments at or after `from_s`, and before `until_s`."""
    at = bisect_left(moments_s, from_s)
    return moments_s[at] if at < len(moments_s) and moments_s[at] < until_s else None


def matched(
    sockets: Mapping[int, Sequence[float]], calls: Mapping[int, Sequence[float]], after_s: float
) -> dict[int, int]:
    """Which socket heard which call: a call's turns (when each began) and no other's are followed by that socket's
    signs (sorted), each within `after_s`. Calls speak at moments of their own, so the best fit is the right one."""

    def fit(call: int, socket: int) -> tuple[int, float]:
        began_s = calls[call]
        waits = [sign - began for began in began_s if (sign := within(sockets[socket], began, began + after_s))]
        return len(waits), -statistics.pstdev(waits) if waits else 0.0

    return {call: max(sockets, key=lambda socket: fit(call, socket)) for call in calls} if sockets else {}


def shown(values: Iterable[float], *percents: int) -> list[str]:
    """Percentiles to a tenth, for a table."""
    kept = list(values)
    return [f"{percentile(kept, percent):.1f}" if kept else "-" for percent in percents]
