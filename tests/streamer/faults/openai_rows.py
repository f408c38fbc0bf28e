"""The table of OpenAI's faults: before the first word of an answer, and in the middle of it."""

from calls.agent import Agent
from calls.errors import Blame
from streamer.providers.openai_thinker import WORDS_SHARE
from streamer.providers.openai_waiting import STALLED_S
from tests.streamer.faults.caller import Utterance
from tests.streamer.faults.row import AT_ONCE_S, Row
from tests.streamer.faults.scene import (
    ASKED,
    BROKEN_ANSWERS,
    FALLBACK_AGENT,
    FLUX_AGENT,
    GREETING,
    REPLY_S,
    Call,
    listening,
    script,
    thinking,
    twice_listening,
)
from tests.vendors.script import Fault, Kind, OpenAIScript, Reply

FIRST_WORD_S = REPLY_S * WORDS_SHARE
MID_WORDS = 13
"""Chunks of an answer that come before the fault; at SLOW_MS each its first sentence is being heard by then."""
SLOW_MS = 70.0
CONFIRMED_MS = 650.0
"""After the voice: time enough for an answer made ahead of time to fail on a machine that is busy."""
PATIENT = (Utterance(), Utterance(quiet_s=STALLED_S + 1.0))
"""A caller who lets the agent stop in mid-sentence."""
WAITING = (*PATIENT, Utterance((), quiet_s=STALLED_S + 1.0))


def _lost(
    what: str,
    code: str,
    *faults: Fault,
    blame: Blame = Blame.PROVIDER,
    says: str = "",
    waits_s: float = AT_ONCE_S,
) -> Row:
    """Without a fallback the answer cannot be had: the words stay unanswered, for whoever takes the call over."""
    return Row(
        f"openai, {what}",
        Call(script(openai=thinking(*faults)), utterances=PATIENT),
        hears=(GREETING,),
        asked=ASKED[:1],
        code=code,
        blame=blame,
        says=says,
        waits_s=waits_s,
        pauses_s=waits_s,
    )


def _well(what: str, fault: Fault, *, agent: Agent = FLUX_AGENT, waits_s: float = AT_ONCE_S) -> Row:
    """The answer made ahead of time is lost; the turn's end asks again, or a fallback is asked."""
    call = Call(script(deepgram=listening(end_ms=CONFIRMED_MS), openai=thinking(fault, None)), agent)
    return Row(f"openai, {what}", call, waits_s=waits_s)


def _mid(kind: Kind, what: str, code: str, waits_s: float = AT_ONCE_S) -> Row:
    """Each answer breaks off in its second sentence: the first is heard in full, the engine is replaced, and the call
    goes on. The second time no engine is left; what has become sound is heard before the call is handed over."""
    fault = Fault(kind, after_messages=MID_WORDS)
    replies = (Reply(text, first_token_ms=40, token_ms=SLOW_MS, fault=fault) for text in BROKEN_ANSWERS)
    return Row(
        f"openai, middle: {what}",
        Call(script(deepgram=twice_listening(), openai=OpenAIScript(tuple(replies), by="turn")), utterances=WAITING),
        code=code,
        waits_s=waits_s,
        pauses_s=waits_s,
    )


ROWS = [
    _lost("start: 401", "openai-unauthorised", Fault("status", status=401), blame=Blame.CONFIGURATION),
    _lost("start: 429", "openai-rate-limited", Fault("status", status=429)),
    _lost(
        "start: 429 with Retry-After",
        "openai-rate-limited",
        Fault("status", status=429, retry_after_s=20),
        says="wait 20 s",
    ),
    _lost("start: 500 for ever", "openai-error", Fault("status", status=500)),
    _lost("start: stall for ever", "openai-silent", Fault("stall"), waits_s=FIRST_WORD_S + AT_ONCE_S),
    _lost("start: reset for ever", "openai-cut-off", Fault("reset")),
    _lost("start: drop for ever", "openai-cut-off", Fault("drop")),
    _lost("start: garbage for ever", "openai-garbage", Fault("garbage")),
    _lost("start: error message for ever", "openai-error", Fault("error")),
    _lost("start: ends at once, for ever", "openai-cut-off", Fault("close")),
    Row(
        "openai, start: refused",
        Call(script(openai=OpenAIScript(refused=True))),
        hears=(GREETING,),
        asked=ASKED[:1],
        code="openai-unreachable",
    ),
    _well("start: 429 once", Fault("status", status=429)),
    _well("start: 500 once", Fault("status", status=500)),
    _well("start: reset once", Fault("reset")),
    _well("start: drop once", Fault("drop")),
    _well("start: garbage once", Fault("garbage")),
    _well("start: error message once", Fault("error")),
    _well("start: 500, a fallback", Fault("status", status=500), agent=FALLBACK_AGENT),
    _well("start: stall, a fallback", Fault("stall"), agent=FALLBACK_AGENT, waits_s=FIRST_WORD_S / 2 + AT_ONCE_S),
    _well("middle: drop once", Fault("drop", after_messages=3)),
    _well("middle: garbage once", Fault("garbage", after_messages=3)),
    _well("middle: error message once", Fault("error", after_messages=3)),
    _mid("drop", "drop for ever", "openai-cut-off"),
    _mid("reset", "reset for ever", "openai-cut-off"),
    _mid("garbage", "garbage for ever", "openai-garbage"),
    _mid("close", "ends as if complete, for ever", "openai-cut-off"),
    _mid("error", "error message for ever", "openai-error"),
    _mid("stall", "stall for ever", "openai-stalled", STALLED_S + AT_ONCE_S),
]
