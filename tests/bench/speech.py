"""Speech to speech: what the simulated OpenAI Realtime or Live is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.attribution import Moments, Row, Rows, socket_rows
from tests.bench.stages import speech_stages
from tests.bench.vendor_process import CHARACTER_MS, REPLY, SAID, START_MS
from tests.vendors.script import OpenAIScript, Script
from tests.vendors.script_speech import (
    Heard,
    LiveConnection,
    LiveScript,
    RealtimeConnection,
    RealtimeScript,
    SpokenReply,
)

PIECE_MS = 100


@dataclass(frozen=True, slots=True)
class Speech:
    """The turn ends `end_ms` after the last voice, the first audio comes `first_audio_ms` after it was asked for. A
    session takes `open_ms` to be established, half of it for the handshake. `is_live`: the full-duplex protocol."""

    end_ms: float = 500.0
    first_audio_ms: float = 350.0
    open_ms: float = 0.0
    is_live: bool = False

    @property
    def overlapped_ms(self) -> float:
        return self.end_ms + self.first_audio_ms

    @property
    def voice_signs(self) -> Sequence[Row]:
        return () if self.is_live else (("realtime", ("speech_started",)),)

    @property
    def ready_sign(self) -> Row | None:
        return ("live", ("session.started",)) if self.is_live else ("realtime", ("session.updated",))

    @property
    def stage_signs(self) -> Sequence[Row]:
        if self.is_live:
            return (("live", ("turn over",)), ("live", ("turn over",)), ("live", ("first audio",)))
        return tuple(("realtime", (what,)) for what in ("committed", "answer asked for", "first audio"))

    def script(self) -> Script:
        half_ms = self.open_ms / 2
        heard = (Heard(SAID),)
        replies = (
            SpokenReply(REPLY, first_audio_ms=self.first_audio_ms, character_ms=CHARACTER_MS, piece_ms=PIECE_MS),
        )
        realtime = RealtimeConnection(
            heard, replies, start_ms=START_MS, end_ms=self.end_ms, accept_ms=half_ms, created_ms=half_ms
        )
        live = LiveConnection(heard, replies, end_ms=self.end_ms, accept_ms=half_ms, started_ms=half_ms)
        # A model's name is all that tells the phrases' session of a Live agent from a call's.
        known = RealtimeScript((realtime,), models=(*RealtimeScript().models, "gpt-live-1"))
        return Script(openai=OpenAIScript(realtime=known, live=LiveScript((live,))))

    def rows(self, heard: Mapping[int, int], moments: Moments) -> dict[int, Rows]:
        return socket_rows(heard, moments, self.stage_signs)

    def staged(self, ended_s: float, answered_s: float, rows: Rows) -> dict[str, float] | None:
        return speech_stages(ended_s, answered_s, self.end_ms, rows)

    def told(self) -> str:
        return (
            f"the turn ends {self.end_ms:.0f} ms after the last voice, the first audio comes "
            f"{self.first_audio_ms:.0f} ms later: {self.overlapped_ms:.0f} in all; a session takes {self.open_ms:.0f} "
            f"to be established, audio comes in pieces of {PIECE_MS} five times as fast as it plays"
        )
