"""A test stream through the whole path: start, a second of a quiet line, the greeting comes back, stop.

It goes on from the made-up call of `webhooks.signature`, with the token that its TwiML carries, so every part of a real
call has had its turn. Where the TwiML does not stream, a token is minted if the stream secret is at hand. Vendors that
the agent names are used for as long as it lasts: a few seconds, and the greeting from the cache where it is there.
"""

import asyncio
import base64
import json
import secrets
import time
from dataclasses import dataclass

from ulid import ULID
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from calls.record import Mode
from calls.stream_token import Grant, mint, nonce_of
from offhook.box import twiml
from offhook.box.twiml import TwimlError
from offhook.box.verbs import Connect
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, skipped, warned
from offhook.doctor.socket_edge import NotOpened, opened, say
from offhook.doctor.stream_guard import start_texts, stream_sid

GREETED_WITHIN_S = 8.0
SLOW_GREETING_MS = 1_500
CLOSED_WITHIN_S = 5.0
FRAME_MS = 20
SPOKEN_MS = 1_000
_QUIET_FRAME = base64.b64encode(b"\xff" * 160).decode()
_TOKEN_LIFE_S = 60


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a stream needs to be let in."""

    call_sid: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Streamed:
    """`greeted_ms` counts from `start` to the first audio that is not silence; None: none came. `close` is the code
    with which the other side closed before we said stop, 0 where it did not."""

    greeted_ms: int | None
    frames_heard: int = 0
    close: int = 0
    reason: str = ""


async def stream_call(exam: Exam) -> Finding:
    ticket = ticket_of(exam)
    if ticket is None:
        return skipped("not checked: the TwiML does not stream, and OFFHOOK_STREAM_SECRET is not given")
    sid = stream_sid()
    try:
        async with opened(exam) as socket:
            began_s = time.monotonic()
            await say(socket, start_texts(sid, ticket.call_sid, exam.settings.account_sid, ticket.parameters))
            return judge(await _hold(socket, sid, exam.settings.account_sid, ticket.call_sid, began_s))
    except NotOpened as refused:
        return judge(Streamed(None, close=refused.status or 1006, reason=refused.body))


def ticket_of(exam: Exam) -> Ticket | None:
    """From the TwiML, or minted. It opens one stream: whoever needs a second one mints its own."""
    if parameters := parameters_in(exam.notes.twiml):
        return Ticket(exam.notes.call_sid, parameters)
    ticket = minted(exam)
    exam.notes.streamed_sid = ticket.call_sid if ticket else ""
    return ticket


def parameters_in(text: str) -> dict[str, str]:
    """The `<Parameter>`s of the stream in a TwiML document; none where it has no stream."""
    try:
        verbs = twiml.parse(text).verbs if text else ()
    except TwimlError:
        return {}
    return next((dict(verb.stream.parameters) for verb in verbs if isinstance(verb, Connect)), {})


def minted(exam: Exam) -> Ticket | None:
    """None without the stream secret, or without an agent that streams."""
    settings, agents = exam.settings, exam.notes.agents
    streaming = {
        name: mode for name, agent in agents.items() for mode in agent.modes[:1] if mode is not Mode.TRADITIONAL
    }
    if not settings.stream_secret or not streaming:
        return None
    name = settings.inbound_agent if settings.inbound_agent in streaming else next(iter(streaming))
    call_id, call_sid = str(ULID.from_timestamp(exam.now_s())), f"CA{secrets.token_hex(16)}"
    expires_at_s = int(exam.now_s()) + _TOKEN_LIFE_S
    nonce = nonce_of(secrets.token_urlsafe(12), is_test=True)
    grant = Grant(call_id, call_sid, name, streaming[name], nonce, expires_at_s)
    return Ticket(call_sid, {"callId": call_id, "token": mint(settings.stream_secret, grant)})


async def _hold(socket: ClientConnection, sid: str, account_sid: str, call_sid: str, began_s: float) -> Streamed:
    """The caller's side: a quiet line on a 20 ms clock for a second at least, until the greeting is heard. `began_s`
    is when `start` was sent."""
    heard = asyncio.create_task(_heard(socket, began_s), name="doctor hears")
    try:
        number = 0
        while not heard.done() or number * FRAME_MS < SPOKEN_MS:
            if number * FRAME_MS >= GREETED_WITHIN_S * 1000 or (heard.done() and heard.result().close):
                break
            await socket.send(_media(sid, number))
            number += 1
            await asyncio.sleep(max(0.0, began_s + number * FRAME_MS / 1000 - time.monotonic()))
        await socket.send(_stop(sid, account_sid, call_sid))
    except ConnectionClosed:
        pass  # `_heard` has seen it, too, and tells how
    finally:
        if not heard.done():
            await asyncio.wait({heard}, timeout=0.2)
        heard.cancel()
    try:
        return await heard
    except asyncio.CancelledError:
        return Streamed(None)


async def _heard(socket: ClientConnection, began_s: float) -> Streamed:
    """Returns at the first audible frame, or when the socket is closed. Marks are returned as Twilio returns them."""
    frames = 0
    try:
        while True:
            message = json.loads(await socket.recv())
            if message.get("event") == "mark":
                await socket.send(json.dumps({**message, "sequenceNumber": "1"}))
            if message.get("event") == "media":
                frames += 1
                if is_audible(base64.b64decode(message["media"]["payload"])):
                    return Streamed(round((time.monotonic() - began_s) * 1000), frames)
    except ConnectionClosed as error:
        code, reason = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "cut")
        return Streamed(None, frames, code, reason)


def is_audible(mulaw: bytes) -> bool:
    """Whether any sample is louder than mu-law's quietest tenth."""
    return any((code & 0x7F) < 0x60 for code in mulaw)


def _media(sid: str, number: int) -> str:
    media = {"track": "inbound", "chunk": str(number + 1), "timestamp": str(number * FRAME_MS), "payload": _QUIET_FRAME}
    return json.dumps({"event": "media", "sequenceNumber": str(number + 2), "streamSid": sid, "media": media})


def _stop(sid: str, account_sid: str, call_sid: str) -> str:
    stop = {"accountSid": account_sid, "callSid": call_sid}
    return json.dumps({"event": "stop", "sequenceNumber": "9999", "streamSid": sid, "stop": stop})


def judge(streamed: Streamed) -> Finding:
    if streamed.greeted_ms is not None:
        if streamed.greeted_ms > SLOW_GREETING_MS:
            return warned(
                f"The greeting came back, but only after {streamed.greeted_ms} ms.",
                "The voice is not warm or not cached, or the streamer is far away or busy; half a second is usual.",
            )
        return passed(f"a test stream was greeted {streamed.greeted_ms} ms after its start")
    if streamed.close:
        return _closed(streamed)
    return failed(
        f"A test stream was taken, and no greeting came within {GREETED_WITHIN_S:g} s.",
        "The engine started but does not speak: the voice's vendor fails, is out of quota, or returns silence.",
        "Look at the vendor checks in this table, then at the streamer's log for that call.",
    )


def _closed(streamed: Streamed) -> Finding:
    saw = f"A test stream was closed with {streamed.close} {streamed.reason}".rstrip() + " before a greeting."
    match streamed.close:
        case 4401:
            return failed(
                saw,
                "The streamer does not accept the token that the webhooks made: OFFHOOK_STREAM_SECRET differs between "
                "them, or one of their clocks is wrong by more than a minute (token-expired).",
                "Give both the same OFFHOOK_STREAM_SECRET and deploy both.",
            )
        case 4503:
            return failed(
                saw,
                "The streamer has no engine for the agent's mode: a vendor key is missing there, or the agent is.",
                "Deploy the same agents to both, and give the streamer the keys of the vendors that they name.",
            )
        case 1006:
            return failed(
                saw,
                "The connection was cut: the streamer died, or a proxy in between does not keep sockets open.",
                "Look at the streamer's log; if it says nothing, look at the proxy's.",
            )
        case _:
            return failed(saw, "The engine failed at once.", "The streamer's log for that call says why.")
