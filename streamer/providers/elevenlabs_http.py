"""ElevenLabs over HTTP, a request for each text: the way that is left when there is no socket.

The client belongs to the process and keeps connections for long, so that a call does not pay for a handshake.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from urllib.parse import quote

import httpx2

from calls.errors import ProviderFailed
from streamer.metering import unmetered
from streamer.providers import elevenlabs_messages as messages
from streamer.providers.elevenlabs_failures import ELEVENLABS, refused
from streamer.providers.narration import SpeechPiece

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 120
_LONGEST_PREVIOUS = 500


def http_client(api_key: str, connect_s: float = 2.0) -> httpx2.AsyncClient:
    """The process's client; whoever makes it closes it (`aclose`)."""
    return httpx2.AsyncClient(
        headers={"xi-api-key": api_key, "user-agent": "offhook"},
        timeout=httpx2.Timeout(10, connect=connect_s),
        limits=httpx2.Limits(max_connections=1_000, max_keepalive_connections=50, keepalive_expiry=KEEP_ALIVE_S),
    )


class SpeechRequests:
    """Speaks one voice with one model. `base_url` is http or https."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base_url: str,
        voice: str,
        model: str,
        first_s: float = 2.5,
        between_s: float = 3.0,
        metered: Callable[[int], None] = unmetered,
    ) -> None:
        """`first_s`: how long the first audio may take, `between_s`: any after it; `metered` is told
        how many characters were taken, or may have been where nobody waited for the answer."""
        self._client, self._model, self._metered = client, model, metered
        self._url = f"{base_url}/v1/text-to-speech/{quote(voice, safe='')}/stream/with-timestamps"
        self._first_s, self._between_s = first_s, between_s

    async def pieces(self, text: str, previous: str = "") -> AsyncGenerator[SpeechPiece, None]:
        """`text` as speech; `previous` is what was said before it, for the melody. Raises ProviderFailed."""
        body = {"text": text, "model_id": self._model}
        if previous:
            body["previous_text"] = previous[-_LONGEST_PREVIOUS:]
        request = self._client.build_request("POST", self._url, params={"output_format": "ulaw_8000"}, json=body)
        deadline_s = asyncio.get_running_loop().time() + self._first_s
        try:
            async with asyncio.timeout_at(deadline_s):
                response = await self._client.send(request, stream=True)
        except asyncio.CancelledError:
            self._metered(len(text))
            raise
        except (httpx2.HTTPError, TimeoutError) as error:
            raise _failure(error, self._first_s) from error
        async with contextlib.aclosing(response):
            if response.status_code != 200:
                raise refused(response.status_code, await self._body(response))
            self._metered(len(text))
            lines = response.aiter_lines()
            while (line := await self._next(lines, deadline_s)) is not None:
                piece = _read(line)
                if piece is not None:
                    deadline_s = asyncio.get_running_loop().time() + self._between_s
                    yield piece

    async def _next(self, lines: AsyncIterator[str], deadline_s: float) -> str | None:
        try:
            async with asyncio.timeout_at(deadline_s):
                return await anext(lines, None)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise _failure(error, self._between_s) from error

    async def _body(self, response: httpx2.Response) -> bytes:
        """What a refusal says; a body that does not come is none."""
        try:
            async with asyncio.timeout(self._between_s):
                return await response.aread()
        except (httpx2.HTTPError, TimeoutError):
            return b""


def _read(line: str) -> SpeechPiece | None:
    if not line.strip():
        return None
    try:
        return messages.read_line(line.encode())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("a line of ElevenLabs' makes no sense: %s", type(error).__name__)
        return None


def _failure(error: Exception, waited_s: float) -> ProviderFailed:
    if isinstance(error, TimeoutError | httpx2.ReadTimeout):
        return ELEVENLABS.stalled("no speech", waited_s)
    if isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return ELEVENLABS.unreachable("no connection in time")
    if isinstance(error, httpx2.ConnectError):
        return ELEVENLABS.turned_away(f"the connection failed with {type(error).__name__}")
    return ELEVENLABS.lost(f"the answer broke off with {type(error).__name__}")
