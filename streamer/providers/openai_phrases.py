"""Given words in a speech-to-speech model's own voice, over a short session of their own.

The model is told to say exactly the words, outside any conversation; what it says it said is compared with them before
the first sound is given out, and asked for once more where it differs. Such a session costs a second and some tokens:
it is meant for phrases that `CachedSpeaker` keeps.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

from streamer.engines.ports import Spoken
from streamer.playback import BYTES_PER_MS, leading_silence_ms
from streamer.providers import openai_realtime_failures as failures
from streamer.providers.openai_realtime_messages import phrase_session, say_exactly
from streamer.providers.openai_realtime_sessions import RealtimeSession, audio_of, parsed
from streamer.turns import same_words

log = logging.getLogger(__name__)

SPOKEN_WITHIN_S = 12.0
TRIES = 2
_LEAD_KEPT_MS = 40
_MOST_BYTES = 60_000 * BYTES_PER_MS


class RealtimeSpeaker:
    """Implements `streamer.engines.ports.Speaker`. `open_session` opens one of `model`, or takes a kept one; it raises
    ProviderFailed."""

    def __init__(self, open_session: Callable[[], Awaitable[RealtimeSession]], model: str, voice: str) -> None:
        self._open, self._model, self._voice = open_session, model, voice

    async def run(self) -> None:
        """See `Speaker.run`. There is nothing to own between two phrases."""

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        """See `Speaker.speak_all`: one text after the other."""
        async for text in texts:
            async for piece in self.speak(text):
                yield piece

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        """See `Speaker.speak`; in one piece, as nothing may sound before its words are known to be right."""
        session = await self._open()
        try:
            async with asyncio.timeout(SPOKEN_WITHIN_S):
                mulaw = await self._spoken(session, text)
        except TimeoutError as error:
            raise failures.stalled("no whole phrase", SPOKEN_WITHIN_S) from error
        finally:
            session.close()
        yield Spoken(mulaw, text)

    async def _spoken(self, session: RealtimeSession, text: str) -> bytes:
        if not session.send(phrase_session(self._voice, "phrase-session")):
            raise failures.not_taken()
        while (event := parsed(await session.receive())).get("type") != "session.updated":
            _check(event)
        for number in range(1, TRIES + 1):
            if not session.send(say_exactly(text, f"phrase-{number}")):
                raise failures.not_taken()
            mulaw, said = await self._heard(session)
            if mulaw and same_words(said, text):
                return _trimmed(mulaw)
            log.warning("%s did not say a phrase as it was given (%d of %d)", self._model, number, TRIES)
        raise failures.silent(self._model)

    async def _heard(self, session: RealtimeSession) -> tuple[bytes, str]:
        """The sound of one response and the words that it says it has."""
        sound, words = bytearray(), ""
        while True:
            event = parsed(await session.receive())
            match event.get("type"):
                case "response.output_audio.delta":
                    sound += audio_of(event)
                    if len(sound) > _MOST_BYTES:
                        raise failures.garbage()
                case "response.output_audio_transcript.done":
                    words += str(event.get("transcript") or "")
                case "response.done":
                    _check_response(event)
                    return bytes(sound), words
                case _:
                    _check(event)


def _trimmed(mulaw: bytes) -> bytes:
    """The phrase with no more than a breath of silence before it."""
    lead_ms = leading_silence_ms(mulaw) - _LEAD_KEPT_MS
    return mulaw[lead_ms * BYTES_PER_MS :] if lead_ms > 0 else mulaw


def _check(event: Mapping[str, Any]) -> None:
    if event.get("type") == "error":
        error = event.get("error")
        raise failures.said(error if isinstance(error, dict) else {})


def _check_response(event: Mapping[str, Any]) -> None:
    response = event.get("response")
    details = response.get("status_details") if isinstance(response, dict) else None
    error = details.get("error") if isinstance(details, dict) else None
    if isinstance(error, dict):
        raise failures.said(error)
