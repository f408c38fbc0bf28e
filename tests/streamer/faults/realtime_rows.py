"""Calls on a simulated OpenAI Realtime whose sessions fail, one way each."""

from dataclasses import KW_ONLY, dataclass, replace

from calls.agent_realtime import RealtimeHearing
from calls.errors import Blame
from calls.record import Mode
from streamer.engines.realtime_talk import FIRST_SOUND_WITHIN_S, NEXT_SIGN_WITHIN_S
from streamer.providers.vendor_socket import VendorSockets
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import default_of
from tests.streamer.faults.scene import ANSWERS, ASKED, CHARACTER_MS, FLUX_AGENT, GREETING, Call, script
from tests.vendors.script import Fault, OpenAIScript, ToolCall
from tests.vendors.script_speech import Heard, RealtimeConnection, RealtimeScript, SpokenReply

AGENT = replace(
    FLUX_AGENT,
    modes=(Mode.REALTIME, Mode.TRADITIONAL),
    limits=replace(FLUX_AGENT.limits, reply_s=10.0),
    realtime=RealtimeHearing(vad="server", silence_ms=300),
)
PHRASES = 8
"""Sessions that speak the agent's fixed phrases before the call; each is the script's next connection."""
AT_ONCE_S = 1.8
OPEN_S = default_of(VendorSockets, "open_timeout_s")


def reply(text: str, **changes: object) -> SpokenReply:
    plain = SpokenReply(text, first_audio_ms=80, character_ms=CHARACTER_MS, transcript_lead_ms=100)
    return replace(plain, **changes)  # type: ignore[arg-type]  # whatever a test gives


GOOD = RealtimeConnection(
    tuple(Heard(text) for text in ASKED), tuple(map(reply, ANSWERS)), transcript_ms=150, start_ms=40, word_ms=5
)
LATER = replace(GOOD, heard=GOOD.heard[1:], replies=GOOD.replies[1:])
"""A session that comes when the first turn is over."""
AGAIN = replace(GOOD, heard=GOOD.heard[1:])
"""A session that comes when the first turn was heard, and not answered."""


def sessions(*ones: RealtimeConnection, models: tuple[str, ...] = ()) -> OpenAIScript:
    connections = (GOOD,) * PHRASES + ones
    realtime = RealtimeScript(connections, models=models) if models else RealtimeScript(connections)
    return OpenAIScript(realtime=realtime)


@dataclass(frozen=True, slots=True)
class RealtimeRow:
    """`codes` are the failures in the record, in order; with any that leave the call without an engine `is_over`: the
    socket is left for what `resume` says. `asked` is what is kept of the caller's words, `hears` what is heard in
    full, once."""

    name: str
    sessions: tuple[RealtimeConnection, ...]
    _: KW_ONLY
    hears: tuple[str, ...] = (GREETING, *ANSWERS)
    asked: tuple[str, ...] = ASKED
    codes: tuple[str, ...] = ()
    blame: Blame = Blame.PROVIDER
    is_over: bool = False
    waits_s: float = AT_ONCE_S
    utterances: tuple[Utterance, ...] = (Utterance(), Utterance())

    @property
    def call(self) -> Call:
        return Call(script(openai=sessions(*self.sessions)), AGENT, self.utterances, mode=Mode.REALTIME, stays_s=25)


def failing(fault: Fault) -> RealtimeConnection:
    return replace(GOOD, fault=fault)


def answering(first: SpokenReply, *more: SpokenReply) -> RealtimeConnection:
    return replace(GOOD, replies=(first, *more))


def _lost_at_the_start(what: str, code: str, fault: Fault, blame: Blame = Blame.CONFIGURATION) -> RealtimeRow:
    """For good: the call leaves the socket with what was heard of the greeting."""
    hears = (GREETING,)
    return RealtimeRow(what, (failing(fault),), hears=hears, asked=(), codes=(code,), blame=blame, is_over=True)


BEGUN = Fault("drop", after_ms=1_000)

ROWS = [
    RealtimeRow("nothing fails", (GOOD,)),
    RealtimeRow("unknown events", (replace(GOOD, unknown_every=3),)),
    RealtimeRow("garbage", (failing(Fault("garbage", after_messages=4)),)),
    # at the handshake
    _lost_at_the_start("401", "openai-realtime-unauthorised", Fault("status", status=401)),
    _lost_at_the_start("403", "openai-realtime-forbidden", Fault("status", status=403)),
    _lost_at_the_start("404", "openai-realtime-model-unknown", Fault("status", status=404)),
    RealtimeRow("500 once", (failing(Fault("status", status=500)), GOOD)),
    RealtimeRow("reset once", (failing(Fault("reset")), GOOD)),
    RealtimeRow("drop once", (failing(Fault("drop")), GOOD)),
    RealtimeRow("garbage for an answer to the handshake once", (failing(Fault("garbage")), GOOD)),
    RealtimeRow(
        "no answer to the handshake",
        (failing(Fault("stall")),),
        hears=(GREETING,),
        asked=(),
        codes=("openai-realtime-unreachable",),
        is_over=True,
        waits_s=OPEN_S + AT_ONCE_S,
    ),
    _lost_at_the_start("400", "openai-realtime-refused", Fault("status", status=400)),
    _lost_at_the_start(
        "no credit at the handshake", "openai-realtime-quota", Fault("status", status=429, reason="insufficient_quota")
    ),
    RealtimeRow("no answer to session.update", (replace(GOOD, ignored=("session.update",)), GOOD), waits_s=5.0),
    # in the call
    RealtimeRow("cut before the first turn", (failing(BEGUN), GOOD)),
    RealtimeRow("1011 before the first turn", (failing(replace(BEGUN, kind="close", code=1011)), GOOD)),
    RealtimeRow(
        "an error that the session survives",
        (failing(replace(BEGUN, kind="error", reason="server_error", code=0)), GOOD),
    ),
    RealtimeRow("session expired", (replace(GOOD, expires_s=1.0), GOOD)),
    RealtimeRow(
        "credit used up before the first turn",
        (failing(replace(BEGUN, kind="error", reason="insufficient_quota")),),
        hears=(GREETING,),
        asked=(),
        codes=("openai-realtime-quota",),
        blame=Blame.CONFIGURATION,
        is_over=True,
    ),
    _lost_at_the_start(
        "the key refused after the handshake", "openai-realtime-unauthorised", Fault("error", reason="invalid_api_key")
    ),
    # an answer
    RealtimeRow(
        "an answer that there is no credit for",
        (answering(reply("", outcome="failed", error_code="insufficient_quota", form="nothing", first_audio_ms=400)),),
        hears=(GREETING,),
        asked=ASKED[:1],
        codes=("openai-realtime-quota",),
        blame=Blame.CONFIGURATION,
        is_over=True,
    ),
    RealtimeRow(
        "an answer that the filter holds back",
        (answering(reply("", outcome="content_filter", form="nothing", first_audio_ms=400)), AGAIN),
        codes=("openai-realtime-filtered",),
        waits_s=2.5,
    ),
    RealtimeRow(
        "an answer without sound, once",
        (answering(reply("", form="nothing"), *GOOD.replies),),
    ),
    RealtimeRow(
        "an answer as text", (answering(replace(GOOD.replies[0], form="text"), GOOD.replies[1]), GOOD), waits_s=2.5
    ),
    RealtimeRow(
        "an answer that failed, once",
        (answering(reply("", outcome="failed", form="nothing"), *GOOD.replies),),
        waits_s=AT_ONCE_S + 1.2,  # after which the vendor wants to be asked again
    ),
    RealtimeRow(
        "an answer held back, once",
        (answering(reply("", outcome="max_output_tokens", form="nothing"), *GOOD.replies),),
    ),
    RealtimeRow(
        "no sign of an answer, once",
        (replace(GOOD, ignored=("response.create",)), AGAIN),
        waits_s=FIRST_SOUND_WITHIN_S + AT_ONCE_S,
    ),
    RealtimeRow(
        "cut before the answer sounds",
        (answering(replace(GOOD.replies[0], first_audio_ms=400, fault=Fault("drop", after_ms=200))), AGAIN),
        waits_s=2.5,
    ),
    RealtimeRow(
        "429 once",
        (failing(Fault("status", status=429)), GOOD),
        codes=("openai-realtime-rate-limited",),
        waits_s=2.5,
    ),
    RealtimeRow(
        "an answer that never begins to sound",
        (answering(replace(GOOD.replies[0], stall_after_ms=0)), AGAIN),
        waits_s=FIRST_SOUND_WITHIN_S + AT_ONCE_S,
    ),
    RealtimeRow(
        "an answer that stops in the middle",
        (answering(replace(GOOD.replies[0], stall_after_ms=200)), LATER),
        hears=(GREETING,),
        asked=ASKED[:1],
        utterances=(Utterance(quiet_s=NEXT_SIGN_WITHIN_S + 2.0),),
        waits_s=NEXT_SIGN_WITHIN_S + 3.0,
    ),
    RealtimeRow(
        "1011 in the middle of an answer",
        (answering(replace(GOOD.replies[0], fault=Fault("close", after_ms=180))), LATER),
        hears=(GREETING, ANSWERS[1]),
        asked=ASKED[:1],
        utterances=(Utterance(quiet_s=2.0),),
        waits_s=3.0,
    ),
    RealtimeRow(
        "words that cannot be written down",
        (replace(GOOD, heard=(Heard("x", failed=True), *GOOD.heard[1:])),),
        asked=("[unclear]", ASKED[1]),
    ),
    RealtimeRow(
        "a function without a word",
        (answering(reply("", tool_calls=(ToolCall("end_call"),), form="nothing")),),
        hears=(GREETING, AGENT.closing),
        asked=ASKED[:1],
    ),
    RealtimeRow(
        "a function that does not exist",
        (answering(reply("", tool_calls=(ToolCall("fly_away"),), form="nothing", invents=True), *GOOD.replies),),
    ),
]
