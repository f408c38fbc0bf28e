"""When a Live session takes the caller to speak: words heard as they are said, a model that gives way, a turn's end."""

from collections.abc import Callable, Iterator
from itertools import cycle

from tests.vendors.ear import Due, Ear
from tests.vendors.live_mouth import Mouth
from tests.vendors.script_speech import Heard, LiveConnection
from tests.vendors.tokens import pieces


class LiveTurns:
    """The agenda of one session's ear."""

    def __init__(
        self,
        connection: LiveConnection,
        mouth: Mouth,
        heard: Callable[[str, int, int], None],
        over: Callable[[float], None],
    ) -> None:
        """`heard` gets each word with its span in ms; `over` the moment at which a turn was over."""
        self.ear = Ear(connection.threshold, connection.least_voice_ms, self)
        self._connection, self._mouth, self._heard, self._over = connection, mouth, heard, over
        self._script: Iterator[Heard] = cycle(connection.heard)
        self._speaking = self._yielded = False
        self._began_ms = 0.0
        self._words: list[str] = []
        self._told = 0

    def next_due(self) -> Due | None:
        if not self._speaking:
            return None if self.ear.began_ms is None else self.ear.since_start("start", 0.0)
        dues = [self.ear.since_end("stop", self._connection.end_ms)]
        if self._words:
            late_ms = (self._told + 1) * self._connection.word_ms + self._connection.transcript_ms
            dues.append(self.ear.since_start("word", late_ms))
        if not self._yielded:
            dues.append(self.ear.since_start("yield", self._connection.yield_ms))
        return min(dues, key=lambda due: due.media_ms)

    def happen(self, due: Due) -> None:
        match due.what:
            case "start":
                self._speaking, self._yielded = True, not self._connection.yielding
                self._began_ms, self._told = due.media_ms, 0
                self._words = pieces(next(self._script, Heard("")).text)
            case "yield":
                self._yielded = self._mouth.is_held = True
                self._mouth.fall_silent()
            case "word":
                self._tell_word()
            case _:
                while self._words:
                    self._tell_word()
                self._speaking = self._mouth.is_held = False
                self.ear.forget()
                self._over(due.media_ms)

    def _tell_word(self) -> None:
        start_ms = round(self._began_ms + self._told * self._connection.word_ms)
        self._told += 1
        self._heard(self._words.pop(0), start_ms, round(start_ms + self._connection.word_ms))
