"""Until when each call is kept, as far as the store has met it: whoever appends to a call names only its callId."""

from collections.abc import Callable

from calls.record import CallRecord

REMEMBERED = 10_000
"""Calls; a forgotten one costs a read."""


class Lifetimes:
    """`read` gives a call's record from the table. Safe to share between threads."""

    def __init__(self, read: Callable[[str], CallRecord | None]) -> None:
        self._read = read
        self._known: dict[str, int | None] = {}

    def note(self, record: CallRecord) -> None:
        """The record is as it stands in the table, or will stand there."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[record.call_id] = record.expires_at_s

    def of(self, call_id: str) -> int | None:
        """Epoch seconds; None: for ever, also for a call of which there is no record yet. StoreUnavailable."""
        if call_id not in self._known and (record := self._read(call_id)) is not None:
            self.note(record)
        return self._known.get(call_id)
