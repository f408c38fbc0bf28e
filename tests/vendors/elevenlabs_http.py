"""ElevenLabs' HTTP streams: `/v1/text-to-speech/{voice}/stream` and `/stream/with-timestamps`."""

import base64

import orjson

from tests.vendors.elevenlabs_errors import of_status
from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import NOT_JSON, Mishap
from tests.vendors.paced import Paced
from tests.vendors.script import Fault, Speaking
from tests.vendors.speech_tone import RATE_HZ, Piece, spoken

_Sent = tuple[bytes, int]


class SpeechStream:
    """One answer, running by timers until its end, a fault or the client's leaving. Answers 200 at the first audio."""

    def __init__(
        self,
        exchange: Exchange,
        text: str,
        speaking: Speaking,
        at_s: float,
        meters: Meters,
        number: int,
        *,
        timestamps: bool,
    ) -> None:
        """`at_s`: when the request came, on the loop's clock."""
        self._exchange, self._meters, self._number, self._timestamps = exchange, meters, number, timestamps
        self._started = self._stalled = False
        self._paced: Paced[_Sent] | None = None
        fault = speaking.fault
        silent = fault is not None and fault.kind == "silence"
        meters.characters += len(text)
        pieces = spoken(text, speaking.character_ms, speaking.piece_characters, speaking.lead_silence_ms, silent=silent)
        self._mishap = Mishap(fault, self._strike)
        exchange.on_gone = self._gone
        if fault is not None and fault.at_once and fault.kind in ("close", "error"):
            self._strike(fault)
            return
        self._paced = Paced(self._timed(pieces, speaking, at_s), self._send, self._done)

    def _timed(self, pieces: list[Piece], speaking: Speaking, at_s: float) -> list[tuple[float, _Sent]]:
        moment_s = at_s + speaking.first_byte_ms / 1000
        timed = []
        for piece in pieces:
            timed.append((moment_s, (stamped(piece) if self._timestamps else piece.audio, len(piece.audio))))
            moment_s += piece.duration_ms / speaking.times_realtime / 1000
        return timed

    def _send(self, sent: _Sent) -> None:
        if self._exchange.over or self._stalled:
            return
        if not self._started:
            self._start()
            self._meters.moment(self._number, "first audio")
        data, audio_bytes = sent
        self._meters.audio_s_sent += audio_bytes / RATE_HZ
        self._exchange.send(data)
        self._mishap.sent()

    def _start(self) -> None:
        self._started = True
        kind = "application/json" if self._timestamps else "audio/basic"
        self._exchange.start(200, "OK", (("content-type", kind), ("request-id", f"sim-{self._number}")))

    def _done(self) -> None:
        self._mishap.stop()
        if not self._stalled:
            self._exchange.end()

    def _gone(self) -> None:
        self._meters.requests_cut += 1
        self._stop()

    def _stop(self) -> None:
        self._mishap.stop()
        if self._paced is not None:
            self._paced.stop()

    def _strike(self, fault: Fault) -> None:
        if not self._started and not self._exchange.over:
            self._start()
        match fault.kind:
            case "stall":
                self._stalled = True
                return
            case "garbage":
                self._exchange.send(NOT_JSON + b"\n")
                return
            case "drop":
                self._exchange.drop()
            case "reset":
                self._exchange.reset()
            case "error":
                self._exchange.send(of_status(500).body + b"\n")
                self._exchange.end()
            case _:
                self._exchange.end()
        self._stop()


def stamped(piece: Piece) -> bytes:
    """A line of `/stream/with-timestamps`: times count from the beginning of the answer, in seconds."""
    alignment = {
        "characters": list(piece.characters),
        "character_start_times_seconds": [start / 1000 for start in piece.starts_ms],
        "character_end_times_seconds": [(start + piece.character_ms) / 1000 for start in piece.starts_ms],
    }
    audio = base64.b64encode(piece.audio).decode()
    return orjson.dumps({"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment}) + b"\n"
