"""Why a call went as it did: causes from its record and turns, the most likely first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from calls.comparison import COMPLETED, has_fallen
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.faults import faults_of, harmful
from calls.plain_words import END_REASONS, seconds
from calls.record import CallRecord, EndReason, Mode, Status
from calls.remedies import remedy
from calls.twilio_codes import meaning_of

SLOW_MS = 2_500
"""An answer that is heard later than this makes people ask whether anybody is there."""

STAGES = {
    "endpointing": ("the end of the caller's turn", None),
    "model": ("the model", Blame.PROVIDER),
    "clause": ("the model", Blame.PROVIDER),
    "speech": ("the voice", Blame.PROVIDER),
    "queue": ("Offhook's own queue", Blame.OFFHOOK),
    "playout": ("the way to the caller's ear", Blame.TWILIO),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """`sentence` says what happened, `what_to_do` what to do next. `blame` is who has to act, None where nobody has, or
    nobody is known. `code` is of the failure that it was, if any. `is_fault` is false for what is as it should be."""

    sentence: str
    what_to_do: str
    blame: Blame | None = None
    code: str = ""
    is_fault: bool = True


def causes(record: CallRecord, conversation: Conversation) -> tuple[Cause, ...]:
    """At least one. Of several failures the first that is no consequence comes first, as what comes later is often
    its doing; then how the call ended; then what was slow. What is no fault is told only where there is none."""
    found = [*_failed(record), *_not_over(record), *_ended(record, conversation), *_slow(conversation)]
    faults = [cause for cause in found if cause.is_fault]
    return tuple(faults or found)


def explained(failure: Failure) -> str:
    """The failure's sentence, and what Twilio's code means where the sentence only names it."""
    code = failure.code.removeprefix("twilio-")
    meaning = meaning_of(int(code)) if code.isdigit() and code in failure.sentence else ""
    return f"{failure.sentence} {meaning}" if meaning else failure.sentence


def _failed(record: CallRecord) -> Iterator[Cause]:
    for failure in faults_of(record):
        effect = "The call was ended" if _is_ended_by(record, failure) else _effect(record)
        yield Cause(f"{effect}: {_lower(explained(failure))}", remedy(failure), failure.blame, failure.code)


def _is_ended_by(record: CallRecord, failure: Failure) -> bool:
    return failure.code == "budget-spent" and record.end_reason is EndReason.LIMIT


def _effect(record: CallRecord) -> str:
    """What the failures of a call have done to it."""
    if record.answered_at_ms is None and record.is_final:
        return "The call did not connect"
    if record.end_reason is EndReason.FAILED or record.status is Status.FAILED:
        return "The call failed"
    if has_fallen(record):
        last = record.modes[-1].mode.value
        return f"The call fell from {record.modes[0].mode.value} to {last} mode"
    return "The call went on after this"


def _lower(sentence: str) -> str:
    """A sentence as it goes on after a colon; names and abbreviations keep their capitals."""
    first = sentence.split(" ", 1)[0]
    return sentence[:1].lower() + sentence[1:] if first in _PLAIN_BEGINNINGS else sentence


_PLAIN_BEGINNINGS = frozenset({"A", "An", "The", "No", "Nothing", "Too", "Something", "This", "Everything", "More"})


def _not_over(record: CallRecord) -> Iterator[Cause]:
    if not record.is_final:
        sentence = f"The call is not over: its status is {record.status.value}."
        yield Cause(sentence, "If it is no longer running, Twilio's status callback never came.", is_fault=False)


def _ended(record: CallRecord, conversation: Conversation) -> Iterator[Cause]:
    reason = record.end_reason
    if not record.is_final or (harmful(record) and reason in {EndReason.FAILED, EndReason.NOT_CONNECTED}):
        return
    if reason is EndReason.NOT_CONNECTED:
        yield Cause(
            _UNANSWERED.get(record.status, END_REASONS[reason]), "Call again later.", Blame.CALLER, is_fault=False
        )
    elif reason is EndReason.CALLER_HUNG_UP:
        yield _hung_up(record, conversation)
    elif reason is EndReason.SILENCE:
        yield _silent(conversation)
    elif reason is EndReason.FAILED:
        yield Cause("The call failed, and no failure was written down.", _LOGS, Blame.OFFHOOK)
    elif reason in COMPLETED:
        yield Cause(f"Nothing went wrong. {END_REASONS[reason.value]}", "Nothing to do.", is_fault=False)
    else:
        sentence = END_REASONS[reason.value] if reason else "Why it ended was never told."
        yield Cause(sentence, "Nothing to do, where that was meant.", is_fault=False)


_LOGS = "Look at the logs of the functions and of the streamer, by the callId."
_UNANSWERED = {
    Status.BUSY: "The line was busy.",
    Status.NO_ANSWER: "Nobody picked up.",
    Status.CANCELED: "The call was taken back before anybody picked up.",
}


def _hung_up(record: CallRecord, conversation: Conversation) -> Cause:
    ended_ms, answered_ms = record.ended_at_ms or 0, record.answered_at_ms or 0
    if not any(turn.role is Role.AGENT and turn.heard for turn in conversation.turns):
        lasted = seconds(max(0, ended_ms - answered_ms))
        sentence = f"The caller hung up after {lasted}, before they had heard a word of the agent's."
        return Cause(sentence, "Look at the time line below for what the greeting waited for.", Blame.OFFHOOK)
    if waiting := conversation.unanswered:
        waited_ms = ended_ms - waiting[-1].ended_at_ms
        if waited_ms >= SLOW_MS:
            sentence = f"The caller hung up after waiting {seconds(waited_ms)} for an answer to their last words."
            return Cause(sentence, "Look at the provider's times of the turns before it, and at the streamer's log.")
    return Cause("The caller hung up; nothing else is known to have gone wrong.", "Nothing to do.", is_fault=False)


def _silent(conversation: Conversation) -> Cause:
    if any(turn.role is Role.CALLER and turn.heard for turn in conversation.turns):
        return Cause("Nobody spoke for too long, and the agent said goodbye.", "Nothing to do.", is_fault=False)
    return Cause(
        "Not a word of the caller's was recognised, and the agent said goodbye.",
        "Listen to the recording, if there is one: a caller who speaks there was not heard by the recogniser.",
    )


def _slow(conversation: Conversation) -> Iterator[Cause]:
    """The slowest answer, where it was slow, and the stage that took most of it."""
    timed = [
        (turn.latency.total, number, turn) for number, turn in enumerate(conversation.turns, 1) if turn.latency.total
    ]
    total, number, turn = max(timed, key=lambda one: one[0], default=(0, 0, None))
    if turn is None or total < SLOW_MS:
        return
    stage = longest_stage(turn)
    sentence = f"Turn {number} was heard only {seconds(total)} after the caller's last sound"
    if stage is None or turn.mode == Mode.TRADITIONAL.value:
        yield Cause(f"{sentence}.", "Compare it with `offhook report`.", is_fault=True)
        return
    name, blame = STAGES[stage]
    sentence += f", {seconds(getattr(turn.latency, stage))} of it in {name}."
    yield Cause(sentence, "Compare it with the other calls in `offhook report`.", blame)


def longest_stage(turn: Turn) -> str | None:
    """The stage of the waterfall that took longest; None where none was measured."""
    known = {stage: took for stage in STAGES if (took := getattr(turn.latency, stage))}
    return max(known, key=lambda stage: known[stage], default=None)
