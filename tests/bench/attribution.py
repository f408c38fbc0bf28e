"""Whose moment it was: a vendor's moments by the call that they belong to."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.bench.figures import matched

Row: TypeAlias = tuple[str, tuple[str, ...]]
"""Whose meters, and which moments of theirs."""
Rows: TypeAlias = Sequence[Sequence[float]]
"""Sorted moments of one call, monotonic seconds, one row for each sign."""
SPOKEN_WITHIN_S = 0.5
"""From a reply's first token to the text that goes to the voice."""
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Moments:
    """What vendors noted from `since_s` on; `tell` gives the meters of one as JSON has them."""

    tell: Callable[[str], Mapping[str, Any]]
    since_s: float
    _told: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, row: Row) -> dict[int, list[float]]:
        """When it happened, by the number of the connection or request."""
        found: dict[int, list[float]] = {}
        for at_s, number, happened in self._of_vendor(row[0])["moments"]:
            if happened in row[1] and at_s >= self.since_s:
                found.setdefault(number, []).append(at_s)
        return found

    def asked(self, vendor: str) -> dict[int, str]:
        """What the user had said last, by the number of the request."""
        return dict(self._of_vendor(vendor)["asked"])

    def _of_vendor(self, vendor: str) -> Mapping[str, Any]:
        if vendor not in self._told:
            self._told[vendor] = self.tell(vendor)
        return self._told[vendor]


def socket_rows(heard: Mapping[int, int], moments: Moments, signs: Sequence[Row]) -> dict[int, Rows]:
    """By call, where one vendor's connection is one call: that one's moments. `heard`: the connection of each call."""
    found = [moments.of(row) for row in signs]
    return {call: [row.get(number, []) for row in found] for call, number in heard.items()}


def pipeline_rows(heard: Mapping[int, int], moments: Moments, signs: Sequence[Row]) -> dict[int, Rows]:
    """The same of three vendors, whose signs are: end of turn, request, first token, text, first audio.

    A request to the model belongs to the call whose connection's number is in the words that it asks with. The voice's
    connection, one a call, is the one that is given text after each of that call's first tokens.
    """
    ended, asked, first_token, text, first_audio = (moments.of(row) for row in signs)
    requests: dict[int, list[int]] = {}
    for request, words in moments.asked("openai").items():
        if number := _NUMBER.search(words):
            requests.setdefault(int(number[0]), []).append(request)

    def of_requests(row: Mapping[int, Sequence[float]], call: int) -> list[float]:
        return sorted(at_s for request in requests.get(heard[call], ()) for at_s in row.get(request, ()))

    tokens = {call: of_requests(first_token, call) for call in heard}
    mouths = matched(text, tokens, SPOKEN_WITHIN_S)
    return {
        call: [
            ended.get(number, []),
            of_requests(asked, call),
            tokens[call],
            text.get(mouths.get(call, -1), []),
            first_audio.get(mouths.get(call, -1), []),
        ]
        for call, number in heard.items()
    }
