"""A real WebSocket upgrade from here, with and without a query string; and where it fails, whose fault that is.

Anything but 101 is Twilio's error 31920, which does not say why. Three things answer instead: our own gate (404 "Twilio
streams to /stream.", 503 "full"), our server that got a plain GET because a proxy dropped the Upgrade header (426), and
whatever else stands there. `/healthz` on the same host tells the last two apart.
"""

from dataclasses import dataclass

import httpx

from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.socket_edge import NotOpened, opened

OUR_REFUSALS = ("warming up", "draining", "full", "busy")
_OURS_BEHIND = ("Twilio streams to /stream.", *OUR_REFUSALS)
_NO_UPGRADE = ("missing Connection header", "missing Upgrade header", "Failed to open a WebSocket connection")
_OPEN = NotOpened(101)


@dataclass(frozen=True, slots=True)
class Tried:
    """Answers to the upgrade without and with a query string (status 101: it was made), and whether `/healthz` of the
    host answers as the streamer does."""

    plain: NotOpened
    query: NotOpened
    is_streamer: bool


async def upgrade(exam: Exam) -> Finding:
    plain = await _try(exam, "/stream")
    query = await _try(exam, "/stream?offhook=doctor")
    healthy = plain.status == 101 or await _is_streamer(exam)
    return judge(Tried(plain, query, healthy), exam.settings.stream_url)


async def _try(exam: Exam, path: str) -> NotOpened:
    try:
        async with opened(exam, path):
            return _OPEN
    except NotOpened as refused:
        return refused


async def _is_streamer(exam: Exam) -> bool:
    scheme, _, rest = exam.settings.stream_url.partition("://")
    url = f"{'https' if scheme == 'wss' else 'http'}://{rest}/healthz"
    try:
        async with exam.client(url) as client:
            answer = await client.get(url)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK and answer.text == "ok\n"


def judge(tried: Tried, stream_url: str) -> Finding:
    plain = tried.plain
    if plain.status == 101:
        if tried.query.status == 101:
            return passed("the upgrade is made (101), with and without a query string")
        return warned(
            f"The upgrade is made without a query string, not with one (HTTP {tried.query.status}).",
            "Nothing to do: Twilio sends none. A proxy's rule on the exact path does this.",
        )
    answered = f"{stream_url}/stream answers the upgrade with HTTP {plain.status} instead of 101 (31920)."
    if plain.status == 0:
        return failed(
            f"{stream_url}/stream: {plain.body}.",
            "A proxy that does not know WebSockets, or one without a healthy streamer behind it, breaks off.",
            "Check that the streamer runs and is healthy in the load balancer, and that the proxy passes upgrades on.",
        )
    if plain.status == 503 and plain.body.startswith(OUR_REFUSALS):
        return failed(
            f"The streamer answers, and takes no call now: it is {plain.body}.",
            "It has just started, is being replaced, or has as many calls as OFFHOOK_MAX_CALLS allows.",
            "Ask again in a minute; if it stays so, start more streamers. Calls go on in traditional mode meanwhile.",
        )
    return _dropped(answered, plain, tried) or _elsewhere(answered, plain)


def _dropped(answered: str, plain: NotOpened, tried: Tried) -> Finding | None:
    reached_as_plain = plain.status == 426 or any(words in plain.body for words in _NO_UPGRADE)
    if not reached_as_plain and not (tried.is_streamer and not plain.body.startswith(_OURS_BEHIND)):
        return None
    return failed(
        answered,
        "The streamer is there, but a proxy in between drops the headers `Upgrade` and `Connection`, so that it gets a "
        "plain GET.",
        "Pass them on. nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
        'Connection "upgrade". Apache: mod_proxy_wstunnel. CloudFront, Cloudflare: switch WebSockets on. An ALB passes '
        "them as it is; an API Gateway of the HTTP kind never does.",
    )


def _elsewhere(answered: str, plain: NotOpened) -> Finding:
    by = f" The server calls itself {plain.server[:40]}." if plain.server else ""
    match plain.status:
        case 404:
            return failed(
                answered + by,
                "The path is wrong: OFFHOOK_STREAM_URL has a path too many or too few, or leads to another service.",
                "Set OFFHOOK_STREAM_URL to the base under which /healthz answers `ok`; Offhook adds /stream.",
            )
        case 401 | 403:
            return failed(
                answered + by,
                "A gate in front (a firewall, an authorizer, a password) turns the upgrade away; Offhook never does.",
                "Let /stream through from anywhere: the streamer checks Twilio's signature and a token itself.",
            )
        case 502 | 503 | 504:
            return failed(
                answered + by,
                "The load balancer or proxy has no healthy streamer to ask.",
                "Look at the target group's health (its probe is /readyz) and at the streamer's log.",
            )
        case status if 300 <= status < 400:
            return failed(
                answered + by,
                "The host redirects; Twilio does not follow.",
                "Set OFFHOOK_STREAM_URL to where it redirects to.",
            )
        case _:
            return failed(
                answered + by,
                "Something else than Offhook's streamer answers there, or a proxy that drops the headers `Upgrade` and "
                "`Connection`.",
                "Let `/healthz` and `/stream` of that host reach the streamer, with both headers passed on.",
            )
