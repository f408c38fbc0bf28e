"""What is told to CloudWatch of a call that is over."""

from calls import call_cost, measured
from calls.conversation import Conversation
from calls.rate_card import standard
from calls.record import CallRecord
from calls.store import CallStore
from handlers import measures


def call_is_told(store: CallStore, record: CallRecord, conversation: Conversation) -> bool:
    """Tell how it ended and what it cost; false where metrics are not configured. StoreUnavailable."""
    cost = call_cost.call_cost(record, conversation, store.usage(record.call_id), standard(), record.ended_at_ms or 0)
    return measures.tell(measured.of_end(record, conversation, cost))
