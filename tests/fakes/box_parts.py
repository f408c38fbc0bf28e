"""Ears and a mouth for a Twilio box whose calls never leave the stream."""


class NoEars:
    async def recognise(self, mulaw: bytes) -> str:
        raise AssertionError("a call that should have streamed gathers")


class NoMouth:
    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        raise AssertionError("a call that should have streamed says something over TwiML")


class DeafEars:
    """A caller who says nothing that can be understood."""

    async def recognise(self, mulaw: bytes) -> str:
        return ""


class ToneMouth:
    """Says everything as a tone of 10 ms a letter, and keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        self.said.append(text)
        return bytes([0x10, 0x90]) * (4 * 10 * len(text))
