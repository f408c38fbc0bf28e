"""Who the streamer lets in: nobody without Twilio's signature, nobody without a token. It closes with 4401 and says
why in the close's reason, so the two can be told apart, and so it is known that the streamer is ours."""

import json
import uuid

from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.socket_edge import Closed, NotOpened, closing, opened, say

UNAUTHORISED = 4401
AT_ONCE_S = 0.5
ANSWERED_WITHIN_S = 6.0
_BAD_SIGNATURE = "signature missing or wrong"
_NO_TOKEN = "token-missing"  # noqa: S105 - the streamer's reason for closing


def stream_sid() -> str:
    return f"MZ{uuid.uuid4().hex}"


def start_texts(sid: str, call_sid: str, account_sid: str, parameters: dict[str, str]) -> tuple[str, str]:
    """The first two messages of a stream: https://www.twilio.com/docs/voice/media-streams/websocket-messages"""
    start = {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": sid,
        "start": {
            "accountSid": account_sid,
            "streamSid": sid,
            "callSid": call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
    }
    return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}), json.dumps(start)


async def _closed(exam: Exam, *, signed: bool) -> Closed | NotOpened | None:
    """How a socket ends that starts a stream without a token."""
    settings, sid = exam.settings, stream_sid()
    try:
        async with opened(exam, signed=signed) as socket:
            # A wrong signature is refused at once; whatever is sent then may cost the reason that comes with it.
            if at_once := await closing(socket, AT_ONCE_S):
                return at_once
            await say(socket, start_texts(sid, f"CA{uuid.uuid4().hex}", settings.account_sid, {}))
            return await closing(socket, ANSWERED_WITHIN_S)
    except NotOpened as refused:
        return refused


async def stream_token(exam: Exam) -> Finding:
    return judge_token(await _closed(exam, signed=True))


async def stream_signature(exam: Exam) -> Finding:
    return judge_signature(await _closed(exam, signed=False))


def judge_token(end: Closed | NotOpened | None) -> Finding:
    """How the streamer closed a signed stream that had no token."""
    match end:
        case Closed(4401, reason) if reason.startswith(_NO_TOKEN):
            return passed("a signed stream without a token is refused (4401): it is Offhook's streamer")
        case Closed(4401, reason) if reason.startswith(_BAD_SIGNATURE):
            return failed(
                "The streamer refuses a stream signed with this TWILIO_AUTH_TOKEN (4401).",
                "The streamer holds another auth token than the one given here, or its OFFHOOK_STREAM_URL is not "
                "exactly the one examined: Twilio signs the URL that it dials.",
                "Give the streamer the account's primary auth token and the same OFFHOOK_STREAM_URL as the webhooks, "
                "and restart it.",
            )
        case Closed(4401, reason):
            return passed(f"a stream without a token is refused (4401: {reason})")
        case _:
            return _not_ours(end)


def judge_signature(end: Closed | NotOpened | None) -> Finding:
    """How the streamer closed a stream that was not signed."""
    match end:
        case Closed(4401, reason) if reason.startswith(_BAD_SIGNATURE):
            return passed("a stream without Twilio's signature is refused (4401)")
        case Closed(4401, _):
            return warned(
                "The streamer does not check Twilio's signature; only the token keeps strangers out.",
                "Set OFFHOOK_STREAM_URL and TWILIO_AUTH_TOKEN in the streamer's own environment, too.",
            )
        case _:
            return _not_ours(end)


def _not_ours(end: Closed | NotOpened | None) -> Finding:
    if isinstance(end, Closed):
        saw = f"The socket was closed with {end.code} {end.reason}".rstrip() + ", not with Offhook's 4401."
    elif isinstance(end, NotOpened):
        saw = f"The socket could not be opened again (HTTP {end.status})."
    else:
        saw = "A stream without a token is left open."
    return failed(
        saw,
        "Something else than Offhook's streamer answers there, or a proxy cuts the socket after the upgrade.",
        "Let OFFHOOK_STREAM_URL lead to `python -m streamer`, and check the proxy's rules for open WebSockets.",
    )
