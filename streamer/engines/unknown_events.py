"""Events that a vendor sends and nobody here knows: a protocol that has grown. They change nothing; they are told once,
when the engine has ended, so that somebody looks."""

from collections import Counter

from streamer.providers.openai_error_fields import word

MOST_KINDS = 16
NO_EVENT = "no event at all"


class UnknownEvents:
    """One engine's, by type."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return self._counts.total()

    def note(self, kind: str) -> None:
        """`kind` is what it calls itself; "" where it is none."""
        name = word(kind) or NO_EVENT
        if name not in self._counts and len(self._counts) >= MOST_KINDS:
            name = "others"
        self._counts[name] += 1

    def sentence(self, provider: str) -> str:
        """For the log. No vendor's text but the types."""
        kinds = ", ".join(f"{kind} ({count})" for kind, count in self._counts.most_common())
        return (
            f"{provider} sent {self.total} events in a call that this version of Offhook does not know: {kinds}. "
            "They were passed over; look for a newer version if that happens often."
        )
