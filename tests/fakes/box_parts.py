"""Ears and a mouth for a Twilio box whose calls never leave the stream."""


class NoEars:
    async def recognise(self, mulaw: bytes) -> str:
        raise AssertionError("a call that should have streamed gathers")


class NoMouth:
    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        raise AssertionError("a call that should have streamed says something over TwiML")
