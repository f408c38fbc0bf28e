"""Server-sent events out of bytes as they come. Pure.

Split as bytes: text decoders also break lines inside a JSON string.
"""

DONE = b"[DONE]"
LONGEST_LINE_BYTES = 1 << 20

_DATA = b"data:"


class EndlessLine(Exception):
    pass


class Events:
    """One stream."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of each event that `piece` completes. Raises EndlessLine instead of keeping ever more."""
        *lines, self._pending = (self._pending + piece).split(b"\n")
        if len(self._pending) > LONGEST_LINE_BYTES:
            raise EndlessLine
        return [line[len(_DATA) :].strip() for line in lines if line.startswith(_DATA)]
