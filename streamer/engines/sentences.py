"""Text that comes in pieces, cut into sentences as soon as each stands. No I/O."""

import re

# a sentence ends at . ! ? (with closing quotes or brackets) before white space and something that begins a new one
_END = re.compile(r"[.!?]+[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|vs|etc)|\b[A-Za-z](?:\.[A-Za-z])*)\.$")


class Sentences:
    """Feed pieces, take whole sentences. Everything fed comes out, once, in order, white space included."""

    def __init__(self) -> None:
        self._pending = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that `piece` completes. One is complete when the beginning of the next is there."""
        self._pending += piece
        whole: list[str] = []
        begin = 0
        for end in _END.finditer(self._pending):
            sentence = self._pending[begin : end.end()]
            if _ABBREVIATION.search(sentence.rstrip()):
                continue
            whole.append(sentence)
            begin = end.end()
        self._pending = self._pending[begin:]
        return whole

    def rest(self) -> str:
        """What is left when no more pieces come."""
        rest, self._pending = self._pending, ""
        return rest
