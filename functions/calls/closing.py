"""When and why a call ends, for every mode: the one place that recognises a goodbye and knows the limits.

A goodbye is read from how the whole utterance is built, never from a word in it. The utterance is divided into
clauses, and each clause is taken apart into known phrases from left to right; a clause with any other word in it
("stand by", "goodbye lane 5", "bye week") is content. Then:

    <anything> ... farewell          is a goodbye when everything after the last content is farewell or courtesy:
                                     "I will see you Tuesday. Thanks, bye."
    done, with thanks or "no"        is a goodbye only when the utterance holds no content at all:
                                     "That's all, thank you." but not "5 5 5 0 1 3 4. That's all."
    farewell after "he said,"        is content.
"""

import re
from dataclasses import dataclass
from functools import cache

from calls.agent import Agent, Limits
from calls.closing_words import PHRASES, REFUSALS, REPORTING, Kind
from calls.record import EndReason
from calls.reply import Action, EndCall
from calls.utterance import clauses, plain

MOST_SILENCES = 2


@cache
def _patterns() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Compiled when first a caller has said something: the webhook that answers the call does not wait for it."""
    return tuple(
        (kind, re.compile(rf"(?:{phrase})(?= |$) ?")) for kind, phrases in PHRASES.items() for phrase in phrases
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """The call is over: say `words`, let them be heard, hang up, and record `reason`."""

    reason: EndReason
    words: str


def caller_says_goodbye(text: str) -> bool:
    """Whether a recognised caller utterance ends the call. Silence, keys and content are no goodbye."""
    tail, content = _tail(clauses(text))
    kinds = {kind for clause in tail for kind in clause}
    if Kind.FAREWELL in kinds:
        return True
    if content or text.rstrip().endswith("?"):
        return False
    return Kind.FAINT in kinds or (Kind.DONE in kinds and (Kind.THANKS in kinds or _refuses(text)))


def caller_needs_nothing(text: str) -> bool:
    """Whether an utterance declines more help and says nothing else: "No.", "No thanks.", "That's all." Only an
    answer to the question whether there is anything else."""
    tail, content = _tail(clauses(text))
    return bool(tail) and not content and (_refuses(text) or any(Kind.DONE in clause for clause in tail))


def agent_says_goodbye(text: str) -> bool:
    """Whether what a model said takes leave of the caller: its last words are a farewell, and it asks nothing."""
    tail, _ = _tail(clauses(text))
    return not text.rstrip().endswith("?") and any(Kind.FAREWELL in clause for clause in tail)


def limit_reached(answered_at_ms: int | None, now_ms: int, limits: Limits) -> bool:
    """Whether the call has lasted as long as it may. A call that nobody answered has not begun."""
    return answered_at_ms is not None and now_ms - answered_at_ms >= limits.call_s * 1000


def due(
    agent: Agent, *, now_ms: int, answered_at_ms: int | None, caller_said: str = "", silences: int = 0
) -> Ending | None:
    """How the call must end now, or None while it goes on.

    `caller_said` is what the caller just said; `silences` how often in a row nobody spoke when it was their turn
    (after the first the agent asks, after MOST_SILENCES it ends the call).
    """
    if caller_says_goodbye(caller_said):
        return Ending(EndReason.CALLER_GOODBYE, agent.closing)
    if limit_reached(answered_at_ms, now_ms, agent.limits):
        return Ending(EndReason.LIMIT, agent.phrases.limit_goodbye)
    if silences >= MOST_SILENCES:
        return Ending(EndReason.SILENCE, agent.phrases.silence_goodbye)
    return None


def reason_of(action: Action) -> EndReason:
    """Why a call ends that ends by a reply's action. An EndCall with an unknown reason counts as the agent's goodbye:
    a model words its reasons as it likes."""
    if not isinstance(action, EndCall):
        return EndReason.TRANSFERRED
    try:
        return EndReason(action.reason)
    except ValueError:
        return EndReason.AGENT_GOODBYE


def _refuses(text: str) -> bool:
    return re.search(REFUSALS, plain(text)) is not None


def _tail(parts: list[str]) -> tuple[list[list[Kind]], bool]:
    """The kinds of phrases in each of the last clauses that hold nothing else, and whether content came before."""
    tail: list[list[Kind]] = []
    for part in reversed(parts):
        kinds = _kinds(part)
        if kinds is None:
            return ([] if re.search(REPORTING, part) else tail), True
        tail.insert(0, kinds)
    return tail, False


def _kinds(clause: str) -> list[Kind] | None:
    """The clause's phrases from left to right, the longest at each place; None when some word is in none of them."""
    kinds: list[Kind] = []
    at = 0
    while at < len(clause):
        found = [(match.end(), kind) for kind, pattern in _patterns() if (match := pattern.match(clause, at))]
        if not found:
            return None
        at, kind = max(found, key=lambda end_and_kind: end_and_kind[0])
        kinds.append(kind)
    return kinds
