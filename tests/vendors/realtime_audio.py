"""The three audio formats of Realtime and Live: to and from the mu-law that the simulators think in. Pure."""

import audioop
import base64
import binascii
from typing import Any

from tests.vendors.openai_errors import Complaint

_LINEAR_RATE_HZ = 8000


class Format:
    """One direction of one session's audio. Stateful: resampling goes on from chunk to chunk."""

    def __init__(self, wire: dict[str, Any]) -> None:
        """`wire`: {"type": "audio/pcm" | "audio/pcmu" | "audio/pcma", "rate": Hz where it has one}."""
        self.kind: str = wire["type"]
        self.rate_hz: int = wire.get("rate", 24_000) if self.kind == "audio/pcm" else _LINEAR_RATE_HZ
        self.bytes_per_ms = self.rate_hz // 1000 * (2 if self.kind == "audio/pcm" else 1)
        self._state: Any = None

    def to_mulaw(self, audio: bytes) -> bytes:
        if self.kind == "audio/pcmu":
            return audio
        if self.kind == "audio/pcma":
            return audioop.lin2ulaw(audioop.alaw2lin(audio, 2), 2)
        whole = len(audio) // 2 * 2
        linear, self._state = audioop.ratecv(audio[:whole], 2, 1, self.rate_hz, _LINEAR_RATE_HZ, self._state)
        return audioop.lin2ulaw(linear, 2)

    def from_mulaw(self, mulaw: bytes) -> bytes:
        if self.kind == "audio/pcmu":
            return mulaw
        linear = audioop.ulaw2lin(mulaw, 2)
        if self.kind == "audio/pcma":
            return audioop.lin2alaw(linear, 2)
        audio, self._state = audioop.ratecv(linear, 2, 1, _LINEAR_RATE_HZ, self.rate_hz, self._state)
        return audio

    def decoded(self, given: Any, where: str) -> bytes:
        """The bytes behind base64. Raises Complaint."""
        try:
            return binascii.a2b_base64(given, strict_mode=True)
        except (TypeError, ValueError) as error:
            what = f"Invalid '{where}'. Expected base64-encoded audio bytes ({self.kind}) but got an invalid value."
            raise Complaint(400, what, param=where, code="invalid_value") from error


def encoded(audio: bytes) -> str:
    return base64.b64encode(audio).decode("ascii")
