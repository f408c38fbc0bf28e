"""The table of OpenAI's faults: before the first word of an answer, and in the middle of it."""

from calls.agent import Agent
from calls.errors import Blame
from streamer.providers.openai_thinker import STALLED_S, WORDS_SHARE
from tests.streamer.faults.row import AT_ONCE_S, Row
from tests.streamer.faults.scene import (
    ANSWERS,
    ASKED,
    FALLBACK_AGENT,
    FLUX_AGENT,
    GREETING,
    REPLY_S,
    Call,
    script,
    thinking,
)
from tests.vendors.script import Fault, OpenAIScript

FIRST_WORD_S = REPLY_S * WORDS_SHARE
MID_WORDS = 6
"""Chunks of an answer that come before the fault."""


def _call(*faults: Fault | None, agent: Agent = FLUX_AGENT) -> Call:
    return Call(script(openai=thinking(*faults)), agent)


def _lost(
    what: str, code: str, *faults: Fault, blame: Blame = Blame.PROVIDER, begins: str = "", waits_s: float = AT_ONCE_S
) -> Row:
    return Row(f"openai, {what}", _call(*faults), (GREETING,), begins, ASKED[:1], code, blame, waits_s, waits_s)


def _well(what: str, fault: Fault, *, agent: Agent = FLUX_AGENT, waits_s: float = AT_ONCE_S) -> Row:
    return Row(f"openai, {what}", _call(fault, None, agent=agent), waits_s=waits_s)


def _mid(kind: Fault, what: str, code: str, waits_s: float = AT_ONCE_S) -> Row:
    return _lost(f"middle: {what}", code, kind, begins=ANSWERS[0], waits_s=waits_s)


ROWS = [
    _lost("start: 401", "openai-unauthorised", Fault("status", status=401), blame=Blame.CONFIGURATION),
    _lost("start: 429", "openai-rate-limited", Fault("status", status=429)),
    _lost("start: 429 with Retry-After", "openai-rate-limited", Fault("status", status=429, retry_after_s=20)),
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
        (GREETING,),
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
    _mid(Fault("drop", after_messages=MID_WORDS), "drop", "openai-cut-off"),
    _mid(Fault("reset", after_messages=MID_WORDS), "reset", "openai-cut-off"),
    _mid(Fault("garbage", after_messages=MID_WORDS), "garbage", "openai-garbage"),
    _mid(Fault("close", after_messages=MID_WORDS), "ends as if complete", "openai-cut-off"),
    _mid(Fault("error", after_messages=MID_WORDS), "error message", "openai-error"),
    _mid(Fault("stall", after_messages=MID_WORDS), "stall", "openai-stalled", STALLED_S + AT_ONCE_S),
]
