"""Keys the caller presses, gathered into one entry. No I/O."""

import math
from dataclasses import dataclass, field

PAUSE_MS = 1_500
MAX_KEYS = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits in the order they were pressed, the closing # included; epoch ms of the first and the last."""

    digits: str
    first_at_ms: int
    last_at_ms: int


@dataclass(slots=True)
class Keypad:
    """An entry is over with "#", after PAUSE_MS without a key, at MAX_KEYS, or with as many keys as were `expected`
    (0: any number)."""

    expected: int = 0
    _pressed: list[str] = field(default_factory=list)
    _first_at_ms: int = 0
    _last_at_ms: int = 0

    def press(self, digit: str, now_ms: int) -> None:
        if not self._pressed:
            self._first_at_ms = now_ms
        self._pressed.append(digit)
        self._last_at_ms = now_ms

    @property
    def due_at_ms(self) -> float:
        """When `taken` may next give an entry by time alone."""
        return self._last_at_ms + PAUSE_MS if self._pressed else math.inf

    def taken(self, now_ms: int) -> Keys | None:
        """The entry, once it is over; it is taken away."""
        if not self._pressed or not self._is_over(now_ms):
            return None
        keys = Keys("".join(self._pressed), self._first_at_ms, self._last_at_ms)
        self._pressed.clear()
        self.expected = 0
        return keys

    def _is_over(self, now_ms: int) -> bool:
        whole = len(self._pressed) in {self.expected, MAX_KEYS} or self._pressed[-1] == "#"
        return whole or now_ms - self._last_at_ms >= PAUSE_MS
