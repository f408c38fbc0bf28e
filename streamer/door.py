"""Who may stream, by the secrets as they are now: `streamer.handshake` checks, and where none of the known secrets made
what was shown, another look may find the one that did."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from calls.errors import TokenRefused
from calls.stream_token import Grant
from streamer.handshake import FORGED, SpentTokens, admit, signature_is_good
from streamer.settings import StreamerSettings
from streamer.twilio_stream import Started


async def _nothing_anew() -> bool:
    return False


@dataclass(slots=True)
class Door:
    """`settings` are replaced when a secret has changed. `look_anew` says whether it has just replaced them, and raises
    nothing."""

    settings: StreamerSettings
    look_anew: Callable[[], Awaitable[bool]] = _nothing_anew
    spent: SpentTokens = field(default_factory=SpentTokens)

    async def is_signed(self, path: str, signatures: Sequence[str]) -> bool:
        """Whether Twilio asked for the upgrade, as far as that is checked."""
        return self._is_signed(path, signatures) or (await self.look_anew() and self._is_signed(path, signatures))

    async def admitted(self, started: Started) -> Grant:
        """What the token on `start` allows. Raises TokenRefused."""
        try:
            return self._admit(started)
        except TokenRefused as error:
            if error.failure.code != FORGED or not await self.look_anew():
                raise
        return self._admit(started)

    def _is_signed(self, path: str, signatures: Sequence[str]) -> bool:
        settings = self.settings
        url, token, earlier = settings.stream_url, settings.twilio_auth_token, settings.earlier_auth_tokens
        return not url or signature_is_good(token, url, path, signatures, earlier)

    def _admit(self, started: Started) -> Grant:
        settings = self.settings
        return admit(started, settings.stream_secret, self.spent, time.time(), settings.earlier_stream_secrets)
