"""The audio that has come of a speech-to-speech session's replies, and what of it the vendor has to forget. No I/O, no
clock.

A vendor refuses a truncation beyond what it has sent, so what is cut is the least of what was played and received.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

BYTES_PER_MS = 8
_REPLIES_KEPT = 8
_SETTLED_KEPT = 32


@dataclass(frozen=True, slots=True)
class Truncate:
    """Nothing of the item after `audio_end_ms` was heard."""

    item_id: str
    content_index: int
    audio_end_ms: int


@dataclass(slots=True)
class _Part:
    """The audio received of one item's content part."""

    item_id: str
    content_index: int
    received_bytes: int = 0

    @property
    def received_ms(self) -> int:
        return self.received_bytes // BYTES_PER_MS


@dataclass(slots=True)
class Sounded:
    """By reply. `settled` are the items last cut, or heard to their end, of replies that were cut."""

    settled: deque[str] = field(default_factory=lambda: deque(maxlen=_SETTLED_KEPT))
    _parts: OrderedDict[int, list[_Part]] = field(default_factory=OrderedDict)

    def has(self, reply_id: int | None) -> bool:
        """Some audio of the reply has come."""
        return reply_id in self._parts

    def received_ms(self, reply_id: int | None) -> int:
        """How much audio of the reply has come."""
        return 0 if reply_id is None else sum(part.received_ms for part in self._parts.get(reply_id, ()))

    def add(self, reply_id: int, item_id: str, content_index: int, size_bytes: int) -> None:
        parts = self._parts.get(reply_id)
        if parts is None:
            parts = self._parts[reply_id] = []
            if len(self._parts) > _REPLIES_KEPT:
                self._parts.popitem(last=False)
        if not parts or parts[-1].item_id != item_id or parts[-1].content_index != content_index:
            parts.append(_Part(item_id, content_index))
        parts[-1].received_bytes += size_bytes

    def cut(self, reply_id: int, played_ms: int, *, still_comes: bool) -> list[Truncate]:
        """What of its audio the vendor has to forget; where it `still_comes`, also what was made and not sent."""
        cuts: list[Truncate] = []
        before_ms = 0
        parts = self._parts.pop(reply_id, [])
        for part in parts:
            self.settled.append(part.item_id)
            heard_ms = min(part.received_ms, max(0, played_ms - before_ms))
            before_ms += part.received_ms
            if heard_ms < part.received_ms or (still_comes and part is parts[-1]):
                cuts.append(Truncate(part.item_id, part.content_index, heard_ms))
        return cuts

    def forget(self, reply_id: int) -> None:
        """What has come of the reply so far is gone at the vendor, and cannot be cut."""
        self._parts.pop(reply_id, None)
