"""What is told of a call that is over, as measures. Pure."""

from calls import metrics
from calls.conversation import Conversation
from calls.cost import Cost
from calls.faults import faults_of
from calls.ledger import CostedCall, best_mode_of
from calls.metrics import Measure, measure
from calls.record import CallRecord
from calls.responsiveness import greeting, interruptions


def of_end(record: CallRecord, conversation: Conversation, cost: Cost) -> list[Measure]:
    """A call that is over. Its cost belongs to the mode it began in; one that reached no mode, or used nothing
    that has a price, has none to tell: it would read as $0."""
    reason = record.end_reason.value if record.end_reason else metrics.OTHER
    told = [measure(metrics.CALLS_ENDED, 1, reason=reason)]
    told += [measure(metrics.CALL_FAULTS, 1, blame=failure.blame.value) for failure in faults_of(record)]
    told += [measure(metrics.CALL_MINUTES, CostedCall(record, cost).talked_ms / 60_000)]
    if record.modes and (cost.usd or cost.is_whole):
        told.append(measure(metrics.CALL_COST, float(cost.usd), mode=best_mode_of(record)))
    told.append(measure(metrics.CALLS_UNPRICED, 0 if cost.is_whole else 1))
    if (first := greeting(record, conversation)) is not None:
        told.append(measure(metrics.GREETING, first[1], mode=first[0].mode))
    told += [measure(metrics.BARGE_IN, took_ms, mode=answer.mode) for answer, _, took_ms in interruptions(conversation)]
    return told
