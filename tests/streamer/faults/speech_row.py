"""A line of the tables of what goes wrong in speech to speech, and what the call comes to."""

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from calls.agent_realtime import RealtimeHearing
from calls.errors import Blame
from calls.record import Mode
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.scene import (
    ANSWERS,
    ASKED,
    CHARACTER_MS,
    FLUX_AGENT,
    GREETING,
    Call,
    Outcome,
    answering,
    listening,
    script,
)
from tests.vendors.meters import SessionMeters
from tests.vendors.script import OpenAIScript
from tests.vendors.script_speech import (
    Heard,
    LiveConnection,
    LiveScript,
    RealtimeConnection,
    RealtimeScript,
    SpokenReply,
)

AGENT = replace(
    FLUX_AGENT,
    modes=(Mode.REALTIME, Mode.TRADITIONAL),
    limits=replace(FLUX_AGENT.limits, reply_s=10.0),
    realtime=RealtimeHearing(vad="server", silence_ms=300),
)
ON_REALTIME = replace(AGENT, modes=(Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL))
ON_LIVE = replace(
    ON_REALTIME,
    models=replace(ON_REALTIME.models, realtime="openai/gpt-live-1"),
    limits=replace(ON_REALTIME.limits, reply_s=4.5),
)
PHRASES = 8
"""Sessions that speak the agent's fixed phrases before the call; each is the script's next connection."""
AT_ONCE_S = 1.8


def reply(text: str, **changes: Any) -> SpokenReply:
    return replace(SpokenReply(text, first_audio_ms=80, character_ms=CHARACTER_MS, transcript_lead_ms=100), **changes)


GOOD = RealtimeConnection(
    tuple(Heard(text) for text in ASKED), tuple(map(reply, ANSWERS)), transcript_ms=150, start_ms=40, word_ms=5
)


@dataclass(frozen=True, slots=True)
class SpeechRow:
    """Calls whose first rung is speech to speech, their second the pipeline; `sessions` are the call's, the last one
    serves all that follow.

    `codes` are those of the failures in the record, in order, all of `blame`; `modes` its rungs. `asked` is what is
    kept of the caller's words, `hears` what is heard in full, once. `below` is what the pipeline's recogniser has for
    the voices that it hears. `waits_s` is the longest that the caller waits for a sound. `ends`: the agent ends the
    call.
    """

    name: str
    sessions: tuple[RealtimeConnection, ...] | tuple[LiveConnection, ...]
    _: KW_ONLY
    hears: tuple[str, ...] = (GREETING, *ANSWERS)
    asked: tuple[str, ...] = ASKED
    codes: tuple[str, ...] = ()
    blame: Blame = Blame.PROVIDER
    modes: tuple[Mode, ...] = (Mode.REALTIME,)
    below: tuple[str, ...] = ASKED
    waits_s: float = AT_ONCE_S
    utterances: tuple[Utterance, ...] = (Utterance(), Utterance())
    ends: bool = False

    @property
    def is_live(self) -> bool:
        return isinstance(self.sessions[0], LiveConnection)

    @property
    def call(self) -> Call:
        replies = answering().replies
        live = tuple(one for one in self.sessions if isinstance(one, LiveConnection))
        spoken = tuple(one for one in self.sessions if isinstance(one, RealtimeConnection))
        realtime = RealtimeScript((*(GOOD,) * PHRASES, *spoken))
        openai = OpenAIScript(replies, by="turn", realtime=realtime)
        if live:
            openai = replace(openai, live=LiveScript(live))
        agent = ON_LIVE if live else ON_REALTIME
        vendors = script(listening(asked=self.below), openai)
        return Call(vendors, agent, self.utterances, mode=Mode.REALTIME, stays_s=25)

    def meters(self, outcome: Outcome) -> SessionMeters:
        return outcome.meters.live if self.is_live else outcome.meters.realtime


BELOW = (Mode.REALTIME, Mode.PIPELINE)
ONCE: dict[str, Any] = {"asked": ASKED[:1], "hears": (GREETING, ANSWERS[0]), "utterances": (Utterance(),)}
"""A call of one turn, where the second would show nothing new."""
