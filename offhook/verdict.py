"""Whether a call was a whole one: people spoke, somebody said goodbye, and Twilio calls it completed. Pure."""

from calls.conversation import Conversation, Role
from calls.faults import harmful
from calls.record import CallRecord, EndReason, Status

GOODBYES = frozenset({EndReason.CALLER_GOODBYE, EndReason.AGENT_GOODBYE})


def why_not_whole(record: CallRecord, conversation: Conversation) -> str:
    """Empty for a whole call; else one plain sentence that says what it lacks, the gravest first."""
    if not record.is_final:
        return f"The call has not ended in time; its status is still {record.status.value}."
    if record.status is not Status.COMPLETED:
        return f"The call ended with status {record.status.value}{_because(record)}."
    return _unfinished(record, conversation)


def _unfinished(record: CallRecord, conversation: Conversation) -> str:
    """What a call that Twilio calls completed lacks."""
    spoke = any(turn.role is Role.CALLER and turn.heard for turn in conversation.turns)
    if record.end_reason is EndReason.CALLER_HUNG_UP:
        before = "" if spoke else " before a word of theirs was recognised"
        return f"The call was completed without a goodbye: the caller hung up{before}{_because(record)}."
    if not spoke:
        return "The call was completed, but not a word of the caller's was recognised."
    if not any(turn.role is Role.AGENT and turn.heard for turn in conversation.turns):
        return "The call was completed, but the caller heard nothing of the agent."
    if record.end_reason not in GOODBYES:
        reason = record.end_reason.value if record.end_reason else "no reason"
        return f"The call was completed without a goodbye: it ended with {reason}{_because(record)}."
    return ""


def _because(record: CallRecord) -> str:
    failures = harmful(record)
    return f" ({failures[-1].sentence.rstrip('.')})" if failures else ""
