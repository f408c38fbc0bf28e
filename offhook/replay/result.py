"""What one replayed call came to, out of its `call.json`, and in what two runs of it differ. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from calls.conversation import Conversation, Role, Turn
from calls.percentiles import Percentiles, percentiles
from offhook.call_file import conversation_of

HEARD_WORDS = 3
"""An answer is cut when the caller's sounds have reached the agent, which is not to the word: two runs may differ by so
many words heard."""
LATENCY_TOLERANCE_MS = 300
"""Two runs of one setting may differ by so much in the median of their latency; more than that, and the machine was too
busy for the times to be compared."""

LAST_CHUNK_MS = 100
"""The last sound of an answer is known to the piece that a mark stands behind."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Result:
    """One call. Times are ms since answer; `usd` is None where the cost is not known, and `is_priced` false where only
    a part of it is. `fields` are what the after-call function found, "unknown" left out."""

    call_id: str
    modes: tuple[str, ...]
    end_reason: str
    length_ms: int
    turns: tuple[Turn, ...]
    usd: Decimal | None
    is_priced: bool
    fields: Mapping[str, str]
    failures: tuple[str, ...]

    @property
    def caller_turns(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.role is Role.CALLER]

    @property
    def interruptions(self) -> list[tuple[Turn, Turn]]:
        """Answers that the caller cut short by words or keys, each with the turn that did it; one that the end of the
        call cut is none."""
        cut = [turn for turn in self.turns if turn.role is Role.AGENT and turn.cut and turn.heard]
        by = [(answer, next((one for one in self.caller_turns if _cuts(one, answer)), None)) for answer in cut]
        return [(answer, one) for answer, one in by if one is not None]

    @property
    def barge_in_ms(self) -> int | None:
        """How long the agent spoke on over a caller who interrupted it: the median."""
        spoken_on = [max(0, answer.ended_at_ms - one.started_at_ms) for answer, one in self.interruptions]
        return round(median(spoken_on)) if spoken_on else None

    @property
    def latency(self) -> Percentiles | None:
        """From the caller's last sound to the answer's first, as it was heard."""
        return percentiles(turn.latency.total for turn in self.turns if turn.latency.total is not None)

    @property
    def turn_end_ms(self) -> int | None:
        """How long after their last sound the caller was taken to have finished: the median."""
        waits = [turn.latency.endpointing for turn in self.turns if turn.latency.endpointing is not None]
        return round(median(waits)) if waits else None

    @property
    def greeting_ms(self) -> int | None:
        """When the agent first spoke, where it spoke first."""
        first = self.turns[0] if self.turns else None
        return first.started_at_ms if first is not None and first.role is Role.AGENT and first.heard else None

    @property
    def usd_per_minute(self) -> Decimal | None:
        return None if self.usd is None or not self.length_ms else self.usd * 60_000 / self.length_ms


def result_of(call: Mapping[str, Any]) -> Result:
    """`call` is the values of a `call.json`."""
    conversation: Conversation = conversation_of(call)
    cost, outcome = call.get("cost"), call.get("outcome")
    fields = outcome["fields"] if outcome else {}
    return Result(
        call_id=call["callId"],
        modes=tuple(rung["mode"] for rung in call["modes"]),
        end_reason=call["endReason"] or call["status"],
        length_ms=call["recordingMs"] or 0,
        turns=conversation.turns,
        usd=Decimal(cost["usd"]) if cost else None,
        is_priced=bool(cost and cost["isWhole"]),
        fields={name: _in_words(field["value"]) for name, field in fields.items() if field["value"] is not None},
        failures=tuple(failure["code"] for failure in call["failures"]),
    )


def _in_words(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def unlike(one: Result, other: Result) -> list[str]:
    """In what two runs differ, a sentence each; empty where they are the same: who said what, which answers were cut,
    how the call ended, in which modes, and what came of it. What is measured is not compared here: how long anything
    took, and at which word an answer was cut (`alike`)."""
    found = _unlike_turns(one.turns, other.turns)
    for what, first, second in (
        ("mode", " → ".join(one.modes), " → ".join(other.modes)),
        ("end", one.end_reason, other.end_reason),
        ("failures", ", ".join(one.failures) or "none", ", ".join(other.failures) or "none"),
    ):
        if first != second:
            found.append(f"{what}: {first}, and {second}")
    for name in sorted({*one.fields, *other.fields}):
        first, second = one.fields.get(name, "unknown"), other.fields.get(name, "unknown")
        if first != second:
            found.append(f"{name.replace('_', ' ')}: {first}, and {second}")
    return found


def cuts_apart(one: Result, other: Result) -> list[str]:
    """The answers that were cut in both runs, more than HEARD_WORDS apart, a sentence each."""
    pairs = zip(one.turns, other.turns, strict=False)
    return [
        f'turn {number} was heard up to "{first.heard}", and up to "{second.heard}"'
        for number, (first, second) in enumerate(pairs, 1)
        if alike(first, second) and abs(len(words(first.heard)) - len(words(second.heard))) > HEARD_WORDS
    ]


def _unlike_turns(one: Sequence[Turn], other: Sequence[Turn]) -> list[str]:
    found = [] if len(one) == len(other) else [f"turns: {len(one)}, and {len(other)}"]
    for number, (first, second) in enumerate(zip(one, other, strict=False), 1):
        if not alike(first, second):
            # What follows a difference differs, too, and tells nothing more.
            return [*found, f"turn {number}: {_quoted(first)}, and {_quoted(second)}"]
    return found


def said(turn: Turn) -> tuple[str, tuple[str, ...]]:
    """Who, and the words without their spelling."""
    return turn.role.value, words(turn.said)


def alike(one: Turn, other: Turn) -> bool:
    """Whether two turns are the same: the same side said the same, and both were cut or neither was.

    At which word an answer was cut may differ by as much as it will: it is measured, and `cuts_apart` tells it. And one
    that was cut in its last HEARD_WORDS may have been heard to its end in the other run; one of which nothing was heard
    may not."""
    return said(one) == said(other) and (one.cut is other.cut or (_is_nearly_whole(one) and _is_nearly_whole(other)))


def _is_nearly_whole(turn: Turn) -> bool:
    return not turn.cut or (bool(turn.heard) and len(words(turn.said)) - len(words(turn.heard)) <= HEARD_WORDS)


def words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _cuts(one: Turn, answer: Turn) -> bool:
    return answer.started_at_ms < one.started_at_ms <= answer.ended_at_ms + LAST_CHUNK_MS


def _quoted(turn: Turn) -> str:
    return f'{turn.role.value} "{turn.said}"' + (" (cut)" if turn.cut else "")
