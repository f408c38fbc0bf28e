"""How soon the caller hears the greeting, and how soon the agent falls silent for them: read out of the turns. Pure.

Only turns of a stream tell: their times are proven by marks. What Twilio says by itself (traditional mode) has no
times that anybody told us.
"""

from calls.conversation import Conversation, Role, Turn
from calls.record import CallRecord, Mode

_CHUNK_MS = 100
"""The last sound of a turn is known to the chunk that a mark stands behind."""


def greeting(record: CallRecord, conversation: Conversation) -> tuple[Turn, int] | None:
    """The call's first turn, where it is the agent's and was heard, and how long after the answer it sounded. The
    answer is when Twilio first asked what to do, or told that the call is in progress."""
    first = conversation.turns[0] if conversation.turns else None
    if first is None or record.answered_at_ms is None or not _has_times(first):
        return None
    if first.role is not Role.AGENT or not first.heard:
        return None
    return first, max(0, first.started_at_ms - record.answered_at_ms)


def interruptions(conversation: Conversation) -> list[tuple[Turn, Turn, int]]:
    """Each answer that was cut, the caller's turn that cut it, and the ms from the caller's first sound to the agent's
    last one. An answer cut because the line went is none."""
    found = []
    for answer in conversation.turns:
        if answer.role is not Role.AGENT or not answer.cut or not answer.heard or not _has_times(answer):
            continue
        last_ms = answer.ended_at_ms + _CHUNK_MS
        for turn in conversation.turns:
            if turn.role is Role.CALLER and answer.started_at_ms < turn.started_at_ms <= last_ms:
                found.append((answer, turn, max(0, answer.ended_at_ms - turn.started_at_ms)))
                break
    return found


def _has_times(turn: Turn) -> bool:
    return turn.mode != Mode.TRADITIONAL.value
