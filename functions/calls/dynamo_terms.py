"""What was agreed of each call when it was made, as far as the store has met it: whoever appends to a call names only
its callId, and need not know what its agent keeps private."""

from collections.abc import Callable
from dataclasses import dataclass

from calls.dynamo_items import expires_at_s
from calls.record import CallRecord

REMEMBERED = 10_000
"""Calls; a forgotten one costs a read."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`redact` is taken out of what is written (`calls.redaction`); all ends at `expires_at_s` (epoch; None: never)."""

    redact: tuple[str, ...] = ()
    expires_at_s: int | None = None


NONE = Terms()


class TermsOfCalls:
    """`read` gives a call's record from the table. Safe to share between threads."""

    def __init__(self, read: Callable[[str], CallRecord | None]) -> None:
        self._read = read
        self._known: dict[str, Terms] = {}

    def note(self, record: CallRecord) -> None:
        """The record is as it stands in the table, or will stand there."""
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[record.call_id] = Terms(record.redact, expires_at_s(record))

    def of(self, call_id: str) -> Terms:
        """NONE for a call of which there is no record yet. StoreUnavailable."""
        if call_id not in self._known and (record := self._read(call_id)) is not None:
            self.note(record)
        return self._known.get(call_id, NONE)
