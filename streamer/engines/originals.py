"""What a voice is given, and what that stood for: "3 PM" is spoken "three p m" and told as it was written. No I/O."""

from collections import deque

from calls.speakable import Piece, pieces


class Originals:
    """One reply. `add` a text to get what to speak for it; as the voice tells what it has spoken, `of` gives the
    original words back. Everything added comes back, once, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Piece] = deque()
        self._spoken_chars = 0

    def add(self, text: str) -> str:
        """The spoken form of `text`; without a letter or digit where there is nothing to say."""
        found = pieces(text)
        self._waiting.extend(found)
        return "".join(piece.spoken for piece in found)

    def of(self, spoken: str) -> str:
        """The original words whose last sound is in `spoken`, the voice's next words."""
        self._spoken_chars += len(spoken)
        originals: list[str] = []
        while self._waiting and len(self._waiting[0].spoken) <= self._spoken_chars:
            piece = self._waiting.popleft()
            self._spoken_chars -= len(piece.spoken)
            originals.append(piece.original)
        return "".join(originals)

    def rest(self) -> str:
        """What was added and never spoken: marks of the page at the end of a reply."""
        rest = "".join(piece.original for piece in self._waiting)
        self._waiting.clear()
        return rest
