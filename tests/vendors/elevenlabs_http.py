"""ElevenLabs' HTTP streams: `/v1/text-to-speech/{voice}/stream` and `/stream/with-timestamps`."""

import base64

import orjson

from tests.vendors.elevenlabs_errors import of_status
from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import NOT_JSON
from tests.vendors.script import Speaking
from tests.vendors.speech_tone import RATE_HZ, Piece, spoken
from tests.vendors.streamed_answer import Says, StreamedAnswer


def stream_speech(
    exchange: Exchange, text: str, speaking: Speaking, at_s: float, meters: Meters, number: int, *, timestamps: bool
) -> None:
    """Answer with the text spoken. `at_s`: when the request came, by `time.monotonic`; `number` is the request's, in
    the meters."""
    fault = speaking.fault
    silent = fault is not None and fault.kind == "silence"
    meters.characters += len(text)
    pieces = spoken(text, speaking.character_ms, speaking.piece_characters, speaking.lead_silence_ms, silent=silent)

    def counted(piece: Piece) -> bytes:
        if piece is pieces[0]:
            meters.moment(number, "first audio")
        meters.audio_s_sent += len(piece.audio) / RATE_HZ
        return stamped(piece) if timestamps else piece.audio

    kind = "application/json" if timestamps else "audio/basic"
    head = (("content-type", kind), ("request-id", f"sim-{number}"))
    says = Says(head, NOT_JSON + b"\n", of_status(500).body + b"\n")
    StreamedAnswer(exchange, says, _timed(pieces, speaking, at_s), counted, fault, meters)


def _timed(pieces: list[Piece], speaking: Speaking, at_s: float) -> list[tuple[float, Piece]]:
    moment_s = at_s + speaking.first_byte_ms / 1000
    timed = []
    for piece in pieces:
        timed.append((moment_s, piece))
        moment_s += piece.duration_ms / speaking.times_realtime / 1000
    return timed


def stamped(piece: Piece) -> bytes:
    """A line of `/stream/with-timestamps`: times count from the beginning of the answer, in seconds."""
    alignment = {
        "characters": list(piece.characters),
        "character_start_times_seconds": [start / 1000 for start in piece.starts_ms],
        "character_end_times_seconds": [(start + piece.character_ms) / 1000 for start in piece.starts_ms],
    }
    audio = base64.b64encode(piece.audio).decode()
    return orjson.dumps({"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment}) + b"\n"
