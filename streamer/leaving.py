"""How a call leaves its stream: what comes next is committed, the socket closes, and Twilio asks `resume`. No I/O."""

from calls import closing
from calls.errors import Failure
from calls.record import Do, EndReason, NextStep
from calls.reply import EndCall, Transfer
from streamer.events import CloseSocket, CommitNext, Effect
from streamer.reply_in_progress import ReplyInProgress

NORMAL_CLOSE = 1000
HANDED_OVER = 4503


def after_reply(reply: ReplyInProgress) -> list[Effect]:
    """What a reply that was heard to its end leads to; nothing where the conversation goes on."""
    match reply.action:
        case Transfer(number) as transfer:
            return leave(NextStep(Do.DIAL, number), closing.reason_of(transfer))
        case EndCall() as end:
            return leave(NextStep(Do.HANG_UP), closing.reason_of(end))
    return leave(NextStep(Do.HANG_UP), reply.ends_call) if reply.ends_call else []


def after_failure(reply: ReplyInProgress | None, failure: Failure) -> list[Effect]:
    """The engine cannot go on: the call does, over TwiML, unless it was saying goodbye anyway."""
    if reply and reply.ends_call and not reply.is_held:
        return leave(NextStep(Do.HANG_UP, why=failure.sentence), reply.ends_call, failure)
    return leave(NextStep(Do.GATHER, why=failure.sentence), None, failure)


def move(failure: Failure) -> list[Effect]:
    """The task is leaving: the call streams again, to another one."""
    return leave(NextStep(Do.STREAM, why=failure.sentence), None, failure)


def leave(step: NextStep, reason: EndReason | None, failure: Failure | None = None) -> list[Effect]:
    code = HANDED_OVER if failure else NORMAL_CLOSE
    return [CommitNext(step, reason, failure), CloseSocket(code, step.do.value)]
