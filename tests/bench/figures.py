"""From moments to figures: percentiles, slopes, and which vendor socket belongs to which call. Pure; seconds and ms."""

import statistics
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, product

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
    """Which socket heard which call, each at most one: a call's turns (when each began) and no other's are followed by
    that socket's signs (sorted), each within `after_s`. Calls speak at moments of their own, so the best fit of all
    together is the right one. A call beyond the number of sockets has none."""

    def waits_s(call: int, socket: int) -> list[float]:
        began_s = calls[call]
        return [sign - began for began in began_s if (sign := within(sockets[socket], began, began + after_s))]

    found, cost = dict[int, int](), dict[tuple[int, int], float]()
    fits = list[tuple[int, float, int, int]]()
    for call, socket in product(calls, sockets):
        waits = waits_s(call, socket)
        missing = len(calls[call]) - len(waits)
        cost[call, socket] = sum(wait**2 for wait in waits) + missing * after_s**2
        fits.append((missing, statistics.pstdev(waits) if waits else 0.0, call, socket))
    taken = set[int]()
    for _, _, call, socket in sorted(fits):
        if call not in found and socket not in taken:
            found[call] = socket
            taken.add(socket)
    _exchange(found, cost)
    return found


def _exchange(found: dict[int, int], cost: Mapping[tuple[int, int], float]) -> None:
    """Two calls exchange their sockets as long as that makes all waits together more even: with signs for every turn
    the waits' sum is the same whoever has which, and the sum of their squares tells."""
    is_better = True
    while is_better:
        is_better = False
        for one, other in combinations(found, 2):
            mine, theirs = found[one], found[other]
            now, then = cost[one, mine] + cost[other, theirs], cost[one, theirs] + cost[other, mine]
            if then < now - 1e-12:
                found[one], found[other], is_better = theirs, mine, True


def shown(values: Iterable[float], *percents: int) -> list[str]:
    """Percentiles to a tenth, for a table."""
    kept = list(values)
    return [f"{percentile(kept, percent):.1f}" if kept else "-" for percent in percents]
