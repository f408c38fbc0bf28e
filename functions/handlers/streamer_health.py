"""Whether a streamer would take a call now: its /readyz, asked quickly and remembered for a moment."""

import time
from collections.abc import Callable

import urllib3

ANSWER_WITHIN_S = 0.3
REMEMBERED_S = 3.0
_SCHEMES = {"wss": "https", "ws": "http"}


class StreamerHealth:
    """`stream_url` is the wss base of the streamer; where it is empty nobody is ready. Safe between threads: two that
    ask at once both ask."""

    def __init__(self, stream_url: str, clock_s: Callable[[], float] = time.monotonic) -> None:
        scheme, _, rest = stream_url.partition("://")
        self._url = f"{_SCHEMES[scheme]}://{rest}/readyz" if stream_url else ""
        self._clock_s = clock_s
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=ANSWER_WITHIN_S), retries=False)
        self._known: tuple[float, bool] | None = None

    def ready(self) -> bool:
        """Within 0.3 s: an answer that takes longer is a no."""
        if not self._url:
            return False
        if self._known and self._clock_s() - self._known[0] < REMEMBERED_S:
            return self._known[1]
        self._known = (self._clock_s(), self._asked())
        return self._known[1]

    def _asked(self) -> bool:
        try:
            return self._pool.request("GET", self._url, redirect=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False
