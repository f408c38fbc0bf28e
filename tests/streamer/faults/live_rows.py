"""Calls on a simulated OpenAI Live whose sessions fail, one way each.

Live marks no end of an answer and takes no order to make one again: an answer that does not sound is the model's last.
"""

from dataclasses import replace

from calls.errors import Blame
from calls.faults import EVENTS_UNKNOWN
from streamer.engines.live_bursts import STRAY_WORDS_MS
from streamer.providers.openai_live_session import STARTED_WITHIN_S
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import default_of
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING
from tests.streamer.faults.speech_row import AT_ONCE_S, BELOW, ON_LIVE, ONCE, SpeechRow, reply
from tests.streamer.faults.speech_row import GOOD as GOOD_REALTIME
from tests.vendors.script import Fault
from tests.vendors.script_speech import LiveConnection, SpokenReply

OPEN_S = default_of(VendorSockets, "open_timeout_s")
LATE_S = ON_LIVE.limits.reply_s
GOOD = LiveConnection(GOOD_REALTIME.heard, GOOD_REALTIME.replies, end_ms=250, word_ms=100, transcript_ms=50)


def failing(fault: Fault) -> LiveConnection:
    return replace(GOOD, fault=fault)


def answering(first: SpokenReply, *more: SpokenReply) -> LiveConnection:
    return replace(GOOD, replies=(first, *more))


def _once(what: str, fault: Fault) -> SpeechRow:
    return SpeechRow(f"live: {what} once", (failing(fault), GOOD), **ONCE)


def _lost(what: str, code: str, fault: Fault, blame: Blame = Blame.PROVIDER) -> SpeechRow:
    """Again and again, before the caller has spoken."""
    row = SpeechRow(f"live: {what}", (failing(fault),), codes=(f"openai-live-{code}",), modes=BELOW, **ONCE)
    return replace(row, blame=blame)


AT_THE_DOOR, STARTED = Fault("status"), Fault("error", after_messages=1, code=1011)
BEGUN = Fault("drop", after_ms=1_000)
MINE = Blame.CONFIGURATION

ROWS = [
    SpeechRow("live: nothing fails", (GOOD,)),
    SpeechRow("live: unknown events", (replace(GOOD, unknown_every=3),), codes=(EVENTS_UNKNOWN,), blame=Blame.OFFHOOK),
    SpeechRow(
        "live: garbage",
        (failing(Fault("garbage", after_messages=4)),),
        codes=(EVENTS_UNKNOWN,),
        blame=Blame.OFFHOOK,
        **ONCE,
    ),
    # at the handshake
    _lost("400", "refused", replace(AT_THE_DOOR, status=400), MINE),
    _lost("401", "unauthorised", replace(AT_THE_DOOR, status=401), MINE),
    _lost("403", "forbidden", replace(AT_THE_DOOR, status=403), MINE),
    _lost("404", "model-unknown", replace(AT_THE_DOOR, status=404), MINE),
    _lost("429", "rate-limited", replace(AT_THE_DOOR, status=429)),
    _lost("503", "unreachable", replace(AT_THE_DOOR, status=503)),
    _lost("reset", "unreachable", Fault("reset")),
    _lost("drop", "unreachable", Fault("drop")),
    _lost("garbage for an answer to the handshake", "unreachable", Fault("garbage")),
    _once("500", Fault("status", status=500)),
    _once("reset", Fault("reset")),
    replace(_lost("no answer to the handshake", "unreachable", Fault("stall")), waits_s=OPEN_S + AT_ONCE_S),
    SpeechRow(
        "live: no answer to session.start",
        (replace(GOOD, ignored=("session.start",)),),
        codes=("openai-live-stalled",),
        modes=BELOW,
        waits_s=STARTED_WITHIN_S + AT_ONCE_S,
        **ONCE,
    ),
    # in the call
    _lost("1011", "lost", Fault("close", after_messages=1)),
    _lost("cut again and again", "lost", Fault("drop", after_messages=1)),
    _lost("an error of OpenAI's", "error", replace(STARTED, reason="server_error")),
    _lost("an error that limits", "rate-limited", replace(STARTED, reason="rate_limit_exceeded")),
    _lost("no credit", "quota", replace(STARTED, reason="insufficient_quota"), MINE),
    _lost("the key refused after the handshake", "unauthorised", replace(STARTED, reason="invalid_api_key"), MINE),
    _lost("an expired session", "expired", replace(STARTED, reason="session_expired")),
    SpeechRow("live: cut before the first turn", (failing(BEGUN), GOOD), **ONCE),
    SpeechRow("live: session.closed as it expires", (replace(GOOD, expires_s=1.0), GOOD), **ONCE),
    # an answer
    SpeechRow(
        "live: answers of silence",
        (answering(replace(GOOD.replies[0], form="silence")),),
        codes=("openai-live-silent",),
        modes=BELOW,
        below=ASKED[1:],
        waits_s=STRAY_WORDS_MS / 1000 + AT_ONCE_S,
    ),
    SpeechRow(
        "live: no answer at all",
        (answering(reply("", form="nothing")),),
        codes=("reply-late",),
        modes=BELOW,
        below=ASKED[1:],
        waits_s=LATE_S + AT_ONCE_S,
        **ONCE,
    ),
    SpeechRow(
        "live: an answer as text",
        (answering(replace(GOOD.replies[0], form="text")),),
        codes=("reply-late",),
        modes=BELOW,
        below=ASKED[1:],
        waits_s=LATE_S + AT_ONCE_S,
        **ONCE,
    ),
    SpeechRow(
        "live: an answer that stops in the middle",
        (answering(replace(GOOD.replies[0], stall_after_ms=300), GOOD.replies[1]),),
        hears=(GREETING, ANSWERS[1]),
        waits_s=AT_ONCE_S,
        utterances=(Utterance(), Utterance(quiet_s=1.5)),
    ),
]
