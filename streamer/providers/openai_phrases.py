"""Given words in a speech-to-speech model's own voice, over a short session of their own.

The model is told to say exactly the words, outside any conversation; what it says it said is compared with them before
the first sound is given out, and asked for once more where it differs. Such a session costs a second and some tokens:
it is meant for phrases that `CachedSpeaker` keeps, before a call wants them. A call has a session that can say them.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

from calls.usage import Usage
from streamer.engines.lead_in import without_lead
from streamer.engines.ports import Spoken
from streamer.playback import BYTES_PER_MS
from streamer.providers import openai_realtime_failures as failures
from streamer.providers import openai_realtime_usage as usage
from streamer.providers.openai_realtime_messages import phrase_session, say_exactly
from streamer.providers.openai_realtime_sessions import RealtimeSession, audio_of, parsed, table
from streamer.turns import same_words

log = logging.getLogger(__name__)

SPOKEN_WITHIN_S = 12.0
TRIES = 2
_MOST_BYTES = 60_000 * BYTES_PER_MS


def _unmetered(_used: Usage) -> None:
    """Nobody's bill."""


class RealtimeSpeaker:
    """Implements `streamer.engines.ports.Speaker`. `open_session` opens one of `model`, or takes a kept one; it raises
    ProviderFailed. `metered` is told what each response used, said or not."""

    def __init__(
        self,
        open_session: Callable[[], Awaitable[RealtimeSession]],
        model: str,
        voice: str,
        metered: Callable[[Usage], None] = _unmetered,
    ) -> None:
        self._open, self._model, self._voice, self._metered = open_session, model, voice, metered

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
            if (sound := without_lead(mulaw)) and same_words(said, text):
                return sound
            log.warning("%s did not say a phrase as it was given (%d of %d)", self._model, number, TRIES)
        raise failures.silent(self._model)

    async def _heard(self, session: RealtimeSession) -> tuple[bytes, str]:
        """The sound of one response and the words that it says it has."""
        sound, words, used = bytearray(), "", None
        try:
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
                        response = table(event, "response")
                        used = usage.of_response(response, session.model)
                        _check_response(response)
                        return bytes(sound), words
                    case _:
                        _check(event)
        finally:
            if used is None and sound:  # left before its end: it is billed all the same
                used = usage.estimated("phrase", session.model, len(sound) / BYTES_PER_MS, None)
            if used is not None:
                self._metered(used)


def _check(event: Mapping[str, Any]) -> None:
    if event.get("type") == "error":
        raise failures.said(table(event, "error"))


def _check_response(response: Mapping[str, Any]) -> None:
    if error := table(table(response, "status_details"), "error"):
        raise failures.said(error)
