"""What keeps an item below DynamoDB's 400 KB, however long and unlucky a call is. Pure.

Lists keep their beginning and their end, with one entry between them that says that something is missing there; texts
keep theirs around a mark. Nothing is dropped without a trace, and bounding twice changes nothing.
"""

from dataclasses import replace

from calls.errors import Blame, Failure
from calls.record import CallRecord, ModeUse, NextStep

FAILURES = 40
MODES = 40
FIRST_KEPT = 10
SENTENCE_CHARS = 600
TURN_TEXT_CHARS = 30_000

FAILURES_DROPPED = Failure(
    "failures-dropped", Blame.OFFHOOK, "More failures happened between the one before and the one after; not kept."
)
_MODES_DROPPED = "this and the rungs after it up to the next one listed were not kept one by one"


def bounded(record: CallRecord) -> CallRecord:
    """The record with at most FAILURES failures and MODES rungs, and no sentence above SENTENCE_CHARS."""
    return replace(
        record,
        failures=_failures(record.failures),
        modes=_modes(record.modes),
        next_step=_next_step(record.next_step),
    )


def clipped(text: str, most_chars: int) -> str:
    """`text`, or its beginning and end around a mark, together at most `most_chars` long."""
    if len(text) <= most_chars:
        return text
    mark = " [... not kept ...] "
    kept = most_chars - len(mark)
    return text[: kept - kept // 2] + mark + text[len(text) - kept // 2 :]


def _failures(failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
    if len(failures) > FAILURES:
        failures = (*failures[:FIRST_KEPT], FAILURES_DROPPED, *failures[FIRST_KEPT + 1 - FAILURES :])
    return tuple(replace(failure, sentence=clipped(failure.sentence, SENTENCE_CHARS)) for failure in failures)


def _modes(modes: tuple[ModeUse, ...]) -> tuple[ModeUse, ...]:
    """The dropped rungs become one that stands for them: the first one's mode and start, the last one's end."""
    if len(modes) > MODES:
        after = len(modes) - (MODES - FIRST_KEPT - 1)
        gap = replace(modes[FIRST_KEPT], left_at_ms=modes[after - 1].left_at_ms, why_left=_MODES_DROPPED)
        modes = (*modes[:FIRST_KEPT], gap, *modes[after:])
    return tuple(replace(use, why_left=clipped(use.why_left, SENTENCE_CHARS)) for use in modes)


def _next_step(step: NextStep | None) -> NextStep | None:
    return replace(step, why=clipped(step.why, SENTENCE_CHARS)) if step else None
