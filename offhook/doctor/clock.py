"""This machine's clock against others': stream tokens live for 60 s, and AWS refuses requests 5 minutes off."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned

FINE_S = 5.0
TOKEN_S = 30.0
"""Half of a token's life."""
SOURCES_WANTED = 2
_TWILIO = "https://api.twilio.com"
_ASK_WITHIN_S = 5.0
_SYNC = "Switch time synchronisation on (`timedatectl set-ntp true`, chrony, or w32tm), and ask again."


@dataclass(frozen=True, slots=True)
class Seen:
    """How far this clock is ahead of another's (negative: behind), in seconds, give or take one."""

    source: str
    ahead_s: float


async def clock(exam: Exam) -> Finding:
    found = await asyncio.gather(*(_ask(exam, name, url) for name, url in sources(exam).items()))
    return judge([seen for seen in found if seen is not None])


def sources(exam: Exam) -> Mapping[str, str]:
    """Whom to ask, by the name to tell: the deployment's two ends, Twilio, and the vendors that are in use."""
    settings = exam.settings
    scheme, _, rest = settings.stream_url.partition("://")
    asked = {
        "the webhooks": f"{settings.public_url}/healthz",
        "the streamer": f"{'https' if scheme == 'wss' else 'http'}://{rest}/healthz" if rest else "",
        "Twilio": settings.twilio_base_url or _TWILIO,
    }
    asked |= {name: vendor.base_url for name, vendor in settings.vendors.items() if vendor.key}
    return {name: url for name, url in asked.items() if urlsplit(url).scheme in ("http", "https")}


async def _ask(exam: Exam, name: str, url: str) -> Seen | None:
    """By the Date header of whatever is answered; None where nothing is, or without one."""
    try:
        async with exam.client(url) as client:
            since_s = time.monotonic()
            answer = await client.get(url, timeout=_ASK_WITHIN_S)
            took_s = time.monotonic() - since_s
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    try:
        theirs_s = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
    # The header was written somewhere within the request, and its seconds are cut off, not rounded.
    return Seen(name, exam.now_s() - took_s / 2 - (theirs_s + 0.5))


def judge(seen: Sequence[Seen]) -> Finding:
    if not seen:
        return warned("Not checked: nobody told the time.", "Ask again with a network that reaches Twilio.")
    off = [one for one in seen if abs(one.ahead_s) > FINE_S]
    fine = [one for one in seen if abs(one.ahead_s) <= FINE_S]
    if not off:
        what = "within 5 s of " + ", ".join(one.source for one in fine)
        if len(seen) < SOURCES_WANTED:
            return warned(f"The clock is {what}, the only one that told the time.", "Ask again with a better network.")
        return passed(what)
    if fine:
        told = "; ".join(f"{one.source} {_words(-one.ahead_s)}" for one in off)
        return _of_others(told, fine, off)
    middle_s = sorted(one.ahead_s for one in off)[len(off) // 2]
    saw = f"This machine's clock is {_words(middle_s)} by the time of {', '.join(one.source for one in off)}."
    if abs(middle_s) <= TOKEN_S:
        return warned(saw, _SYNC)
    return failed(
        saw,
        "Its time is not synchronised. Tokens made or checked here are refused (they live for 60 s), and AWS refuses "
        "requests that are 5 minutes off.",
        _SYNC,
    )


def _of_others(told: str, fine: Sequence[Seen], off: Sequence[Seen]) -> Finding:
    """Somebody agrees with this clock, so it is the others that are off."""
    saw = f"A clock differs from this machine's and from that of {fine[0].source}: {told}."
    remedy = f"There: {_SYNC[0].lower()}{_SYNC[1:]}"
    if max(abs(one.ahead_s) for one in off) <= TOKEN_S:
        return warned(saw, remedy)
    return failed(saw, "That machine's time is not synchronised; stream tokens are refused by it.", remedy)


def _words(ahead_s: float) -> str:
    return f"{abs(ahead_s):.0f} s {'ahead' if ahead_s > 0 else 'behind'}"
