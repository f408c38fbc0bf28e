"""The one connection pool to OpenAI of this process, and one streamed request on it.

On aiohttp rather than OpenAI's SDK, which takes four times as long to put a request on the wire and twice as long for
each token (docs/decisions.md). The SDK is the referee: its client works against the same simulator that this one is
tested with.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from calls import openai_chat, openai_failures
from calls.errors import ProviderFailed
from calls.openai_models import OPENAI_URL, versioned
from streamer.providers.openai_pauses import Pauses
from streamer.providers.openai_stream import ReplyStream

log = logging.getLogger(__name__)

KEPT_ALIVE_S = 120.0
"""aiohttp's own 15 s are over before many callers have finished their next turn."""
CONNECT_S = 2.0
FRESH_S = 45.0
"""A pool not used for so long may hold no connection any more: the next call has one opened while it greets."""
WARM_S = 3.0

_CONNECTIONS = 1_000
_ADDRESSES_KEPT_S = 300
_LONGEST_ANSWER_BYTES = 64 * 1024


class OpenAIClient:
    """`refused` is what each model is known not to take in a request, `pauses` who limits the rate of them; both are
    learnt once for the whole process."""

    def __init__(self, api_key: str, base_url: str = "") -> None:
        """`base_url` is the service's base, with or without "/v1"; empty is OpenAI's own. Needs a running loop."""
        self.refused: dict[str, set[str]] = {}
        self.pauses = Pauses()
        self._base = versioned(base_url or OPENAI_URL).rstrip("/")
        self._replies = URL(self._base + openai_chat.PATH)
        self.rekey(api_key)
        self._used_s: float | None = None
        self._freshening: asyncio.Task[None] | None = None
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS, keepalive_timeout=KEPT_ALIVE_S, ttl_dns_cache=_ADDRESSES_KEPT_S
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_S),  # our own deadlines bound the rest
            headers={
                "Content-Type": "application/json",
                "User-Agent": "offhook",
            },
            skip_auto_headers=("Accept-Encoding",),  # compressed events come late
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=_proxy_to(self._base),
        )

    def rekey(self, api_key: str) -> None:
        """Requests from now on carry this key; those under way go on."""
        self._key = {"Authorization": f"Bearer {api_key}"}

    async def close(self) -> None:
        if self._freshening:
            self._freshening.cancel()
            await asyncio.wait([self._freshening])
        await self._http.close()

    async def warm(self, model: str, within_s: float = WARM_S) -> str | None:
        """Ask for `model`, so that a connection stands and first-use costs are paid before the first caller's reply.

        Returns the day on which OpenAI says that the model is shut down ("2027-01-14"), if any. ProviderFailed.
        """
        self._has_been_used()
        url = URL(f"{self._base}/models/{quote(model, safe='')}", encoded=True)
        try:
            async with (
                asyncio.timeout(within_s),
                self._http.get(url, headers=self._key, allow_redirects=False) as response,
            ):
                told = await _whole(response)
        except aiohttp.ClientError as broken:
            raise _unopened(broken, model) from broken
        except TimeoutError as late:
            raise openai_failures.silent(model, within_s) from late
        if response.status != 200:
            raise _of_status(response, _fields(told), model)
        return _shutdown_day(told, model)

    def freshen(self, model: str) -> None:
        """A call begins: have a connection opened if one was used before, and none lately. Never waits, never fails."""
        is_under_way = self._freshening is not None and not self._freshening.done()
        if self._used_s is None or is_under_way:
            return
        if asyncio.get_running_loop().time() - self._used_s >= FRESH_S:
            self._freshening = asyncio.create_task(self._freshen(model), name="openai connection")

    async def _freshen(self, model: str) -> None:
        try:
            await self.warm(model)
        except ProviderFailed as failed:  # a reply will tell, if it is still so by then
            log.info("no connection ahead of a reply: %s", failed.failure.code)

    async def ask(self, body: dict[str, Any]) -> ReplyStream:
        """A streamed reply whose head has come; `body` is a whole request. Whoever asks closes the stream.

        Has no deadline of its own. Parts of the body that the model refuses are left out from then on. Raises
        ProviderFailed.
        """
        response = await self._open(body, str(body["model"]))
        self._has_been_used()
        return ReplyStream(response, str(body["model"]))

    async def _open(self, body: dict[str, Any], model: str) -> aiohttp.ClientResponse:
        """The answer's head. A kept connection that the other side has closed meanwhile is replaced, once; parts of
        the body that are refused are left out, one after the other."""
        may_replace = True
        while True:
            try:
                response = await self._post(body)
            except aiohttp.ClientError as broken:
                if not (may_replace and _was_lost(broken)):
                    raise _unopened(broken, model) from broken
                may_replace = False
                continue
            if response.status == 200:
                return response
            body = await self._without_what_was_refused(body, response, model)

    async def _post(self, body: dict[str, Any]) -> aiohttp.ClientResponse:
        return await self._http.post(self._replies, data=orjson.dumps(body), headers=self._key, allow_redirects=False)

    async def _without_what_was_refused(
        self, body: dict[str, Any], response: aiohttp.ClientResponse, model: str
    ) -> dict[str, Any]:
        """What is left to ask with. ProviderFailed where the refusal is of something else."""
        fields: Mapping[str, object] = {}
        try:
            fields = _fields(await _whole(response))
        except aiohttp.ClientError as broken:
            log.info("a refusal of %s broke off: %s", model, type(broken).__name__)
        finally:
            response.close()
        option = openai_failures.refused_option(response.status, fields)
        if option is None or option not in body:
            raise _of_status(response, fields, model)
        log.warning("model %s does not take %s; it is left out from now on", model, option)
        self.refused.setdefault(model, set()).add(option)
        return {name: value for name, value in body.items() if name != option}

    def _of_status(self, response: aiohttp.ClientResponse, fields: Mapping[str, object], model: str) -> ProviderFailed:
        return openai_failures.of_status(response.status, fields, response.headers.get("retry-after"), model)

    def _has_been_used(self) -> None:
        self._used_s = asyncio.get_running_loop().time()


def _proxy_to(base_url: str) -> str | None:
    """The environment's proxy (HTTPS_PROXY, NO_PROXY), looked up once: aiohttp would for every request."""
    parts = urlsplit(base_url)
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """An answer that is no stream, up to a bound."""
    whole = b""
    while len(whole) < _LONGEST_ANSWER_BYTES and (piece := await response.content.readany()):
        whole += piece
    return whole


def _fields(told: bytes) -> Mapping[str, object]:
    """The `error` object of a refusal."""
    try:
        body = orjson.loads(told)
    except orjson.JSONDecodeError:
        return {}
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _shutdown_day(told: bytes, model: str) -> str | None:
    try:
        described = orjson.loads(told)
    except orjson.JSONDecodeError as odd:
        raise openai_failures.garbage(model) from odd
    day = described.get("shutdown_date") if isinstance(described, dict) else None
    return day if isinstance(day, str) else None


def _of_status(response: aiohttp.ClientResponse, fields: Mapping[str, object], model: str) -> ProviderFailed:
    return openai_failures.of_status(response.status, fields, response.headers.get("retry-after"), model)


def _was_lost(broken: aiohttp.ClientError) -> bool:
    """Whether the connection stood, and broke before an answer."""
    lost = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientConnectionResetError)
    return isinstance(broken, lost) and not isinstance(broken, aiohttp.ClientConnectorError)


def _unopened(broken: aiohttp.ClientError, model: str) -> ProviderFailed:
    if isinstance(broken, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        return openai_failures.garbage(model)
    return openai_failures.cut_off(model) if _was_lost(broken) else openai_failures.unreachable(model)
