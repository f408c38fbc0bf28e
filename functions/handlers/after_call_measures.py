"""What is told to CloudWatch of a call that is over."""

from calls import call_cost
from calls.conversation import Conversation
from calls.cost import MICRO
from calls.ledger import started_on
from calls.measured_end import of_end
from calls.rate_card import standard
from calls.record import CallRecord
from calls.store import CallStore
from handlers import measures


def call_is_told(store: CallStore, record: CallRecord, conversation: Conversation) -> bool:
    """Tell CloudWatch and the day's budget how it ended and what it cost; false where metrics are not configured.
    StoreUnavailable."""
    cost = call_cost.call_cost(record, conversation, store.usage(record.call_id), standard(), record.ended_at_ms or 0)
    store.note_spent(record.agent, started_on(record), record.call_id, int(cost.usd * MICRO))
    return measures.tell(of_end(record, conversation, cost))
