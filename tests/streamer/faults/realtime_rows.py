"""Calls on a simulated OpenAI Realtime whose sessions fail, one way each."""

from dataclasses import replace

from calls.errors import Blame
from calls.faults import EVENTS_UNKNOWN
from streamer.engines.realtime_talk import FIRST_SOUND_WITHIN_S, NEXT_SIGN_WITHIN_S
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import default_of
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING
from tests.streamer.faults.speech_row import AGENT, AT_ONCE_S, BELOW, GOOD, ONCE, SpeechRow, reply
from tests.vendors.script import Fault, ToolCall
from tests.vendors.script_speech import Heard, RealtimeConnection, SpokenReply

OPEN_S = default_of(VendorSockets, "open_timeout_s")
LATER = replace(GOOD, heard=GOOD.heard[1:], replies=GOOD.replies[1:])
"""A session that comes when the first turn is over."""
AGAIN = replace(GOOD, heard=GOOD.heard[1:])
"""A session that comes when the first turn was heard, and not answered."""


def failing(fault: Fault) -> RealtimeConnection:
    return replace(GOOD, fault=fault)


def answering(first: SpokenReply, *more: SpokenReply) -> RealtimeConnection:
    return replace(GOOD, replies=(first, *more))


def _lost(what: str, code: str, fault: Fault, blame: Blame = Blame.CONFIGURATION) -> SpeechRow:
    """For good, before the caller has spoken."""
    return SpeechRow(what, (failing(fault),), codes=(code,), blame=blame, modes=BELOW)


def _once(what: str, fault: Fault) -> SpeechRow:
    return SpeechRow(f"{what} once", (failing(fault), GOOD))


SILENCE_WITHOUT_END = reply("Silence. " * 30, form="silence")
NOTED = (EVENTS_UNKNOWN,)
BEGUN = Fault("drop", after_ms=1_000)

ROWS = [
    SpeechRow("nothing fails", (GOOD,)),
    SpeechRow("unknown events", (replace(GOOD, unknown_every=3),), codes=NOTED, blame=Blame.OFFHOOK),
    SpeechRow("turns that are not answered unasked", (replace(GOOD, answers_unasked=False),)),
    SpeechRow("garbage", (failing(Fault("garbage", after_messages=4)),), codes=NOTED, blame=Blame.OFFHOOK),
    # at the handshake
    _lost("401", "openai-realtime-unauthorised", Fault("status", status=401)),
    _lost("403", "openai-realtime-forbidden", Fault("status", status=403)),
    _lost("404", "openai-realtime-model-unknown", Fault("status", status=404)),
    _once("500", Fault("status", status=500)),
    _once("reset", Fault("reset")),
    _once("drop", Fault("drop")),
    _once("garbage for an answer to the handshake", Fault("garbage")),
    *(
        SpeechRow(f"{what} again and again", (failing(fault),), codes=(f"openai-realtime-{code}",), modes=BELOW, **ONCE)
        for what, fault, code in (
            ("503", Fault("status", status=503), "unreachable"),
            ("429", Fault("status", status=429), "rate-limited"),
            ("reset", Fault("reset"), "unreachable"),
            ("drop", Fault("drop"), "unreachable"),
            ("garbage for an answer to the handshake", Fault("garbage"), "unreachable"),
            ("1011 at once", Fault("close"), "lost"),
            ("an error at once", Fault("error", reason="server_error"), "error"),
            ("an error that limits", Fault("error", after_messages=2, reason="rate_limit_exceeded"), "rate-limited"),
            ("an expired session", Fault("error", after_messages=2, reason="session_expired"), "expired"),
        )
    ),
    SpeechRow(
        "no answer to the handshake",
        (failing(Fault("stall")),),
        codes=("openai-realtime-unreachable",),
        modes=BELOW,
        waits_s=OPEN_S + AT_ONCE_S,
        **ONCE,
    ),
    _lost("400", "openai-realtime-refused", Fault("status", status=400)),
    _lost(
        "no credit at the handshake", "openai-realtime-quota", Fault("status", status=429, reason="insufficient_quota")
    ),
    SpeechRow("no answer to session.update", (replace(GOOD, ignored=("session.update",)), GOOD), waits_s=5.0),
    # in the call
    SpeechRow("cut before the first turn", (failing(BEGUN), GOOD)),
    SpeechRow("1011 before the first turn", (failing(replace(BEGUN, kind="close", code=1011)), GOOD)),
    SpeechRow(
        "an error that the session survives",
        (failing(replace(BEGUN, kind="error", reason="server_error", code=0)), GOOD),
    ),
    SpeechRow("session expired", (replace(GOOD, expires_s=1.0), GOOD)),
    SpeechRow(
        "credit used up before the first turn",
        (failing(replace(BEGUN, kind="error", reason="insufficient_quota")),),
        codes=("openai-realtime-quota",),
        blame=Blame.CONFIGURATION,
        modes=BELOW,
    ),
    _lost(
        "the key refused after the handshake", "openai-realtime-unauthorised", Fault("error", reason="invalid_api_key")
    ),
    # an answer
    SpeechRow(
        "an answer that there is no credit for",
        (answering(reply("", outcome="failed", error_code="insufficient_quota", form="nothing", first_audio_ms=400)),),
        codes=("openai-realtime-quota",),
        blame=Blame.CONFIGURATION,
        modes=BELOW,
        below=ASKED[1:],
    ),
    SpeechRow(
        "an answer that the filter holds back",
        (answering(reply("", outcome="content_filter", form="nothing", first_audio_ms=400)), AGAIN),
        codes=("openai-realtime-filtered",),
        waits_s=2.5,
    ),
    SpeechRow(
        "an answer without sound, once",
        (answering(reply("", form="nothing"), *GOOD.replies),),
    ),
    SpeechRow(
        "an answer of silence, once",
        (answering(replace(GOOD.replies[0], form="silence"), *GOOD.replies),),
        waits_s=2.0,
    ),
    SpeechRow(
        "an answer of silence that has no end, once",
        (answering(SILENCE_WITHOUT_END, *GOOD.replies),),
        waits_s=2.5,
    ),
    SpeechRow(
        "answers of silence",
        (answering(replace(GOOD.replies[0], form="silence")),),
        codes=("openai-realtime-silent",),
        modes=BELOW,
        below=ASKED[1:],
        waits_s=2.5,
    ),
    SpeechRow(
        "an answer as text", (answering(replace(GOOD.replies[0], form="text"), GOOD.replies[1]), GOOD), waits_s=2.5
    ),
    SpeechRow(
        "an answer that failed, once",
        (answering(reply("", outcome="failed", form="nothing"), *GOOD.replies),),
        waits_s=AT_ONCE_S + 1.2,  # after which the vendor wants to be asked again
    ),
    SpeechRow(
        "an answer held back, once",
        (answering(reply("", outcome="max_output_tokens", form="nothing"), *GOOD.replies),),
    ),
    SpeechRow(
        "no sign of an answer, once",
        (replace(GOOD, ignored=("response.create",), answers_unasked=False), AGAIN),
        waits_s=FIRST_SOUND_WITHIN_S + AT_ONCE_S,
    ),
    SpeechRow(
        "cut before the answer sounds",
        (answering(replace(GOOD.replies[0], first_audio_ms=400, fault=Fault("drop", after_ms=200))), AGAIN),
        waits_s=2.5,
    ),
    SpeechRow(
        "429 once",
        (failing(Fault("status", status=429)), GOOD),
        codes=("openai-realtime-rate-limited",),
        waits_s=2.5,
    ),
    SpeechRow(
        "an answer that never begins to sound",
        (answering(replace(GOOD.replies[0], stall_after_ms=0)), AGAIN),
        waits_s=FIRST_SOUND_WITHIN_S + AT_ONCE_S,
    ),
    SpeechRow(
        "an answer that stops in the middle",
        (answering(replace(GOOD.replies[0], stall_after_ms=200)), LATER),
        hears=(GREETING,),
        asked=ASKED[:1],
        utterances=(Utterance(quiet_s=NEXT_SIGN_WITHIN_S + 2.0),),
        waits_s=NEXT_SIGN_WITHIN_S + 3.0,
    ),
    SpeechRow(
        "1011 in the middle of an answer",
        (answering(replace(GOOD.replies[0], fault=Fault("close", after_ms=180))), LATER),
        hears=(GREETING, ANSWERS[1]),
        asked=ASKED[:1],
        utterances=(Utterance(quiet_s=2.0),),
        waits_s=3.0,
    ),
    SpeechRow(
        "words that cannot be written down",
        (replace(GOOD, heard=(Heard("x", failed=True), *GOOD.heard[1:])),),
        asked=("[unclear]", ASKED[1]),
    ),
    SpeechRow(
        "a function without a word",
        (answering(reply("", tool_calls=(ToolCall("end_call"),), form="nothing")),),
        hears=(GREETING, AGENT.closing),
        asked=ASKED[:1],
        ends=True,
    ),
    SpeechRow(
        "a function that does not exist",
        (answering(reply("", tool_calls=(ToolCall("fly_away"),), form="nothing", invents=True), *GOOD.replies),),
    ),
]
