"""Events that a vendor sends and nobody here knows: a protocol that has grown. They change nothing; they are told once,
when the engine has ended, so that somebody looks."""

from collections import Counter

from calls.errors import Blame, Failure
from calls.faults import EVENTS_UNKNOWN
from streamer.providers.openai_error_fields import word

MOST_KINDS, MOST_TOLD = 16, 5
"""Counted, and told of: what is over them are others."""
NO_EVENT = "no event at all"


class UnknownEvents:
    """One engine's, by type."""

    def __init__(self) -> None:
        self.total = 0
        self._counts: Counter[str] = Counter()

    def note(self, kind: str) -> None:
        """`kind` is what it calls itself; "" where it is none."""
        name = word(kind) or NO_EVENT
        if name in self._counts or len(self._counts) < MOST_KINDS:
            self._counts[name] += 1
        self.total += 1

    def failure(self, provider: str) -> Failure:
        """For the record and the log. No vendor's text but the types, the most frequent ones first."""
        told = self._counts.most_common(MOST_TOLD)
        kinds = [f"{kind} ({count})" for kind, count in told]
        if left := self.total - sum(count for _, count in told):
            kinds.append(f"others ({left})")
        sentence = (
            f"{provider} sent {self.total} events that this version of Offhook does not know: {', '.join(kinds)}. "
            "They were passed over; look for a newer version if that happens often."
        )
        return Failure(EVENTS_UNKNOWN, Blame.OFFHOOK, sentence)
