"""The port of the call store: what handlers, streamer and tools may ask of it. `dynamo.py` is the one real engine.

Every read but `recent` is strongly consistent. Every method may raise StoreUnavailable (retryable). Synchronous: the
streamer calls it from worker threads, off the audio path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from calls.conversation import Conversation, Turn
from calls.record import CallRecord
from calls.usage import Usage


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `cursor` is opaque; empty on the last page."""

    records: tuple[CallRecord, ...]
    cursor: str


class CallStore(Protocol):
    def create(self, record: CallRecord) -> None:
        """A new call and, where it has a twilio_sid, its pointer; all or nothing. CallExists if either is there."""

    def claim(self, idempotency_key: str, fingerprint: str, record: CallRecord) -> CallRecord | None:
        """Create `record` under an idempotency key, all or nothing, with the same transaction.

        None when this caller won the key and must dial; else the record that the key made before. RequestRefused
        (code "idempotency-key-reused") when the key was used with another fingerprint. Keys live for 24 hours.
        """

    def by_call_id(self, call_id: str) -> CallRecord | None:
        """The record, or None."""

    def by_sid(self, twilio_sid: str) -> CallRecord | None:
        """The record that Twilio's CallSid points to, or None. Finds it as soon as `create` or `attach_sid` returns."""

    def attach_sid(self, call_id: str, twilio_sid: str) -> CallRecord:
        """Give the call its CallSid and write the pointer, together. Doing it again with the same pair changes
        nothing. CallNotFound; CallExists when the call has another sid or the sid another call."""

    def change(
        self, call_id: str, change: Callable[[CallRecord], CallRecord], seen: CallRecord | None = None
    ) -> CallRecord:
        """Apply a pure function to the newest record and write the result if nobody wrote in between (a condition on
        `version`), again until it holds; returns what stands. `change` may run many times. A `change` that returns
        its argument writes nothing. `seen` is the record as it was read a moment ago: it spares a
        read, and stands where `change` leaves it as it is. CallNotFound."""

    def append_turn(self, call_id: str, turn: Turn) -> None:
        """Write one turn as its own item. A turn whose id is there already stays as it is."""

    def conversation(self, call_id: str) -> Conversation:
        """Every turn written so far, in order."""

    def append_usage(self, call_id: str, usage: Usage) -> None:
        """Write one usage as its own item. A usage whose id is there already stays as it is."""

    def append(self, call_id: str, turns: Sequence[Turn], used: Sequence[Usage]) -> None:
        """Write turns and usages, each as `append_turn` and `append_usage` would, in as few requests as can be."""

    def usage(self, call_id: str) -> tuple[Usage, ...]:
        """Everything used so far, by when it was measured, then by id."""

    def note_spent(self, agent: str, day: str, call_id: str, micro_usd: int) -> None:
        """Write what an ended call of this day ("2026-11-22", UTC) cost, once. Kept for some days."""

    def spent_on(self, agent: str, day: str) -> int:
        """What all calls of the agent's that ended cost on that day, in millionths of a dollar."""

    def recent(self, limit: int, cursor: str = "") -> Page:
        """The newest calls. RequestRefused (code "cursor-invalid") on a cursor that we did not make."""

    def answered_before(self, call_id: str, step: str, answer: str) -> str:
        """Remember `answer` as the answer to one webhook `step` of the call, once. Returns what stands: `answer`
        when this is the first, the earlier one when Twilio asks again."""

    def answer_of(self, call_id: str, step: str) -> str | None:
        """The answer remembered for a step, or None."""

    def keep_once(self, call_id: str, name: str, text: str) -> str:
        """Write `text` as what the call is to keep under `name`, once. Returns what stands: `text` when this is the
        first, the earlier one otherwise. Kept as long as the call is."""

    def kept(self, call_id: str, name: str) -> str | None:
        """What is kept under `name`, or None."""
