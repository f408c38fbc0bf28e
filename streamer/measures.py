"""The task's metrics: gathered as calls go on, written out together some seconds later, off the frame path.

`note` and those beside it only append to a list that is bounded, so that they may be called from any event of a call
but a frame.
"""

import logging

from calls import emf, measured
from calls.errors import Failure
from calls.metrics import Measure
from streamer.events import ChangeEngine, CommitTurn
from streamer.journal import Entry

log = logging.getLogger(__name__)

MOST = 20_000
"""Values between two tellings, which 100 calls do not come near. What is beyond is left out, and the log says so."""


class Measures:
    """One a task, on its event loop."""

    def __init__(self) -> None:
        self._noted: list[Measure] = []
        self._left_out = 0

    def note(self, measures: list[Measure]) -> None:
        room = MOST - len(self._noted)
        self._noted += measures[:room]
        self._left_out += max(0, len(measures) - room)

    def written(self, entry: Entry, agent: str) -> None:
        """What a call of `agent` writes down tells of its turns and of its steps on the ladder."""
        match entry:
            case CommitTurn(turn):
                self.note(measured.of_turn(turn, agent))
            case ChangeEngine(mode):
                self.note(measured.of_step(mode))

    def vendor_failed(self, provider: str, failure: Failure) -> None:
        """`provider` as agents name it ("deepgram/nova-3"), or only the vendor."""
        self.note(measured.of_vendor_failure(provider, failure))

    def vendor_puzzled(self, provider: str, events: int) -> None:
        """`events` of `provider` in one call were of types that nobody here knows."""
        self.note(measured.of_unknown_events(provider, events))

    def take(self, namespace: str, now_ms: int) -> list[str]:
        """What was noted since the last time, as lines of a log dated `now_ms` (epoch)."""
        noted, self._noted = self._noted, []
        if self._left_out:
            log.error("%d values of metrics are left out", self._left_out)
            self._left_out = 0
        return emf.lines(namespace, noted, now_ms)
