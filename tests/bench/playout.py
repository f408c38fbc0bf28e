"""Twilio's end of the agent's audio: a buffer that plays in real time, marks that come back, `clear`. Pure; seconds."""

from collections import deque

BYTES_PER_S = 8000
_SILENT = bytes(code for code in range(256) if (code & 0x7F) >= 0x73)


class Playout:
    """One call's. An *answer* is what comes from `expect` on, up to a `clear` or the next `expect`."""

    def __init__(self) -> None:
        self.until_s = 0.0
        """When everything received so far has been played."""
        self.first_s: float | None = None
        """When the first sound of the answer was heard; None before it."""
        self.late_s: list[float] = []
        """For each message that goes on with an answer: how long the buffer had been empty."""
        self.cleared_s: float | None = None
        """When the last `clear` came that found something to drop, or nothing but an answer."""
        self._marks: deque[tuple[float, str]] = deque()
        self._is_answer = True

    def expect(self) -> None:
        """The caller has said the last word: what comes next is the answer."""
        self.first_s, self._is_answer = None, True

    def media(self, mulaw: bytes, now_s: float) -> None:
        if self._is_answer:
            if self.first_s is None:
                voiced = mulaw.lstrip(_SILENT)
                if voiced:
                    self.first_s = max(self.until_s, now_s) + (len(mulaw) - len(voiced)) / BYTES_PER_S
            else:
                self.late_s.append(max(0.0, now_s - self.until_s))
        self.until_s = max(self.until_s, now_s) + len(mulaw) / BYTES_PER_S

    def mark(self, name: str) -> None:
        self._marks.append((self.until_s, name))

    def clear(self, now_s: float) -> list[str]:
        """Drops what has not been played. Returns the marks that come back at once."""
        self.cleared_s, self.until_s, self._is_answer = now_s, now_s, False
        names = [name for _, name in self._marks]
        self._marks.clear()
        return names

    def played(self, now_s: float) -> list[str]:
        """The marks whose audio has been played by now."""
        names = []
        while self._marks and self._marks[0][0] <= now_s:
            names.append(self._marks.popleft()[1])
        return names

    def is_quiet(self, now_s: float) -> bool:
        return now_s >= self.until_s
