"""How long an idle stream stays open on its way through proxies and load balancers.

The streamer pings every 10 s, which keeps a live call open through any idle time-out above that, as long as pings count
and pass. A proxy that does not let them count cuts calls, and one with the usual 60 s cuts whatever stalls. Two ways to
know: a stream that is held open in silence for longer than a minute (`--patient`), which the streamer helps with by not
pinging (`streamer/hold.py`), or the load balancer's own attribute, where AWS may be asked.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed

from offhook.doctor import balancer
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.socket_edge import NotOpened, opened, say
from offhook.doctor.stream_call import minted
from offhook.doctor.stream_guard import start_texts, stream_sid

WANTED_S = 75.0
PONG_WITHIN_S = 5.0
LONGEST_PATIENCE_S = 110.0
"""The streamer holds a stream for two minutes at most."""
LONGEST_S = LONGEST_PATIENCE_S + 20.0
RIGHT_S = 300
"""What `infra` gives the load balancer, at least; beyond it more does no harm."""
_HOLD = {"hold": "yes"}
_MEND = (
    f"Raise it to {RIGHT_S} s or more. ALB: attribute idle_timeout.timeout_seconds. nginx: proxy_read_timeout and "
    "proxy_send_timeout. HAProxy: timeout tunnel. A tunnel or CDN: its WebSocket time-out."
)


@dataclass(frozen=True, slots=True)
class Held:
    """`cut_after_s` None: it was still open after `waited_s`, and answered a ping. `code` is how it was closed."""

    waited_s: float
    cut_after_s: float | None = None
    code: int = 1006


async def stream_idle(exam: Exam, ask_aws: Callable[[str], Awaitable[int | None]] = balancer.idle_timeout_s) -> Finding:
    settings = exam.settings
    if settings.patience_s is not None:
        held = await hold(exam, settings.patience_s)
        if isinstance(held, Held):
            return judge(held)
        return held
    if settings.is_local:
        return passed("nothing stands between Twilio's box and the streamer on this machine")
    return judge_attribute(await ask_aws(settings.stream_url))


async def hold(exam: Exam, patience_s: float) -> Held | Finding:
    """A Finding where no stream can be held."""
    ticket = minted(exam)
    if ticket is None:
        return warned(
            "Not checked: a held stream needs OFFHOOK_STREAM_SECRET, and an agent that streams.",
            "Give OFFHOOK_STREAM_SECRET (and OFFHOOK_AGENTS) of the deployment, and ask again with --patient.",
        )
    try:
        async with opened(exam) as socket:
            parameters = {**ticket.parameters, **_HOLD}
            await say(socket, start_texts(stream_sid(), ticket.call_sid, exam.settings.account_sid, parameters))
            began_s = time.monotonic()
            try:
                async with asyncio.timeout(patience_s):
                    while True:
                        await socket.recv()
            except TimeoutError:
                pass  # nobody has ended it in all that time
            except ConnectionClosed as error:
                return Held(patience_s, time.monotonic() - began_s, error.rcvd.code if error.rcvd else 1006)
            return await _alive(socket.ping, patience_s)
    except NotOpened as refused:
        return Held(patience_s, 0.0, refused.status)


async def _alive(ping: Callable[[], Awaitable[Awaitable[float]]], patience_s: float) -> Held:
    """A proxy may forget a connection without a word; then only a ping without an answer tells."""
    try:
        async with asyncio.timeout(PONG_WITHIN_S):
            await (await ping())
    except (TimeoutError, ConnectionClosed):
        return Held(patience_s, patience_s)
    return Held(patience_s)


def judge(held: Held) -> Finding:
    if held.cut_after_s is None:
        return passed(f"an idle stream was still open after {held.waited_s:g} s")
    if held.code == 4401:
        return failed(
            "The streamer refused the token that OFFHOOK_STREAM_SECRET made here (4401).",
            "The secret given here is not the streamer's, or the streamer's clock is wrong.",
            "Give the streamer's own OFFHOOK_STREAM_SECRET.",
        )
    return failed(
        f"An idle stream was cut after {held.cut_after_s:.0f} s (close code {held.code}).",
        "A proxy or load balancer in between has an idle time-out of about that long (60 s is the usual default). A "
        "call that stalls is cut by it (31921, 31903), and every call where the streamer's pings do not count.",
        _MEND,
    )


def judge_attribute(timeout_s: int | None) -> Finding:
    """The load balancer's own idle time-out; None: not known."""
    if timeout_s is None:
        return warned(
            "Not checked: how long an idle stream stays open.",
            "Ask with --patient, which holds a stream in silence for 75 s; or give AWS credentials that may read the "
            "load balancer (elasticloadbalancing:Describe*).",
        )
    if timeout_s <= WANTED_S:
        return failed(
            f"The load balancer ends connections that are idle for {timeout_s} s.",
            "That is the default. A call that stalls is cut by it (31921, 31903).",
            _MEND,
        )
    return passed(f"the load balancer's idle time-out is {timeout_s} s")
