"""The box's requests to the application: signed, timed, retried and judged as Twilio's webhooks are.

Limits and overrides: twilio.com/docs/usage/webhooks/webhooks-connection-overrides. Connect 5 s, read 15 s, 15 s in
all; one more try when the connection fails; both settable in the URL's fragment (`#rc=2&ct=500&rp=ct,5xx`), which
is neither sent nor signed. Every try of one request carries the same I-Twilio-Idempotency-Token.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit, urlunsplit
from uuid import uuid4

import httpx

from offhook.box.signature import HEADER, sign
from offhook.box.verbs import HttpMethod

IDEMPOTENCY_HEADER = "I-Twilio-Idempotency-Token"
MAX_REDIRECTS = 10
MAX_ANSWER_BYTES = 4 * 1024 * 1024
_RETRY_POLICIES = frozenset({"ct", "rt", "4xx", "5xx", "all"})


@dataclass(frozen=True, slots=True)
class Timings:
    """Time-outs in ms and retries of one request."""

    connect_ms: int = 5000
    read_ms: int = 15_000
    total_ms: int = 15_000
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})


@dataclass(frozen=True, slots=True)
class Request:
    """One webhook: `form` is posted, or added to the query of a GET."""

    url: str
    method: HttpMethod
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back with a 2xx. `url` is where it came from in the end; `content_type` is lower case, bare."""

    url: str
    content_type: str
    body: bytes


class WebhookFailure(Exception):
    """The application did not answer as it must. `code` is Twilio's, `url` what was asked for."""

    def __init__(self, code: int, sentence: str, url: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.url = url


class _Retryable(Exception):
    def __init__(self, kind: str, failure: WebhookFailure) -> None:
        super().__init__(failure.sentence)
        self.kind = kind
        self.failure = failure


def overrides(url: str, timings: Timings) -> Timings:
    """The timings with the URL fragment's overrides. Raises WebhookFailure 11243 on an unknown retry policy."""
    given = dict(parse_qsl(urlsplit(url).fragment))
    if "rp" in given:
        policies = frozenset(given["rp"].split(","))
        if not policies <= _RETRY_POLICIES:
            raise WebhookFailure(11243, f"The retry policy '{given['rp']}' is invalid.", url)
        timings = replace(timings, retry_on=policies)
    return replace(
        timings,
        connect_ms=_within(given.get("ct"), 100, 10_000, timings.connect_ms),
        read_ms=_within(given.get("rt"), 100, 15_000, timings.read_ms),
        total_ms=_within(given.get("tt"), 100, 15_000, timings.total_ms),
        retries=_within(given.get("rc"), 0, 5, timings.retries),
    )


def _within(value: str | None, least: int, most: int, default: int) -> int:
    if value is None or not value.isdecimal():
        return default
    return min(max(int(value), least), most)


class Webhooks:
    """Sends one call's webhooks. Cookies last for the call, as Twilio keeps them. Close it with `aclose`.

    `transport` is the network; None is the real one, without proxies from the environment.
    """

    def __init__(self, auth_token: str, timings: Timings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._auth_token = auth_token
        self._timings = timings
        headers = {"User-Agent": "TwilioProxy/1.1"}
        self._client = httpx.AsyncClient(trust_env=False, verify=_trusted(), headers=headers, transport=transport)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def send(self, request: Request) -> Answer:
        """Raises WebhookFailure: 11200 HTTP, 11205 connection, 11210 host, 11100 URL, 11215 redirects, 11243 policy."""
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WebhookFailure(11100, f"'{request.url}' is not a valid absolute URL.", request.url)
        timings = overrides(request.url, self._timings)
        token = str(uuid4())
        try:
            async with asyncio.timeout(timings.total_ms / 1000):
                return await self._try_all(request, timings, token)
        except TimeoutError as error:
            sentence = f"No answer within {timings.total_ms} ms in all."
            raise WebhookFailure(11200, sentence, request.url) from error

    async def fetch(self, url: str) -> Answer:
        """A plain unsigned GET, for the sound of a `<Play>`. Raises WebhookFailure like `send`."""
        return await self.send(Request(url, "GET", {}))

    async def _try_all(self, request: Request, timings: Timings, token: str) -> Answer:
        left = timings.retries
        while True:
            try:
                return await self._follow(request, timings, token)
            except _Retryable as trouble:
                wanted = trouble.kind in timings.retry_on or "all" in timings.retry_on
                if left == 0 or not wanted:
                    raise trouble.failure from trouble
                left -= 1

    async def _follow(self, request: Request, timings: Timings, token: str) -> Answer:
        """A redirect is followed with a GET without parameters, save 307 and 308, which repeat the request."""
        current = replace(request, url=urldefrag(request.url).url)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._once(current, timings, token, request.url)
            location = response.headers.get("location")
            if not response.is_redirect or location is None:
                return self._judge(response, current.url, request.url)
            target = urldefrag(urljoin(current.url, location)).url
            same = response.status_code in (307, 308)
            current = replace(current, url=target) if same else Request(target, "GET", {})
        raise WebhookFailure(11215, "Too many redirects.", request.url)

    async def _once(self, request: Request, timings: Timings, token: str, asked_url: str) -> httpx.Response:
        url, form = request.url, dict(request.form)
        if request.method == "GET" and form:
            url, form = _with_query(url, form), {}
        headers = {HEADER: sign(self._auth_token, url, form), IDEMPOTENCY_HEADER: token, "Accept": "*/*"}
        limits = httpx.Timeout(timings.read_ms / 1000, connect=timings.connect_ms / 1000)
        content = urlencode(form).encode() if request.method == "POST" else None
        if content is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        try:
            # httpx re-encodes nothing in an already encoded URL, so what is signed is what is sent.
            return await self._client.request(request.method, url, content=content, headers=headers, timeout=limits)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            host_unknown = "Name or service not known" in str(error) or "getaddrinfo" in str(error)
            code = 11210 if host_unknown else 11205
            failure = WebhookFailure(code, f"The connection failed: {error or 'timed out'}.", asked_url)
            raise _Retryable("ct", failure) from error
        except httpx.TimeoutException as error:
            failure = WebhookFailure(11200, f"No answer within {timings.read_ms} ms.", asked_url)
            raise _Retryable("rt", failure) from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            failure = WebhookFailure(11200, f"The answer broke off: {error or type(error).__name__}.", asked_url)
            raise _Retryable("rt", failure) from error

    def _judge(self, response: httpx.Response, url: str, asked_url: str) -> Answer:
        status = response.status_code
        if not 200 <= status < 300:
            failure = WebhookFailure(11200, f"The answer was HTTP {status}.", asked_url)
            if status >= 400:
                raise _Retryable("4xx" if status < 500 else "5xx", failure)
            raise failure
        if len(response.content) > MAX_ANSWER_BYTES:
            raise WebhookFailure(11750, "The response body is too large.", asked_url)
        content_type = response.headers.get("content-type", "").split(";")[0].strip().lower()
        return Answer(url, content_type, response.content)


def _with_query(url: str, form: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(form)) if part)
    return urlunsplit(parts._replace(query=query))


@cache
def _trusted() -> ssl.SSLContext:
    """Mozilla's roots. Loading them takes 50 ms of processor time, in which no line would go on: once will do."""
    return httpx.create_ssl_context(trust_env=False)
