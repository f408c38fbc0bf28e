"""What is told to CloudWatch of a call that is over.

A metric has no id that CloudWatch would know a repetition by. So who tells it marks the call first: a function that is
killed between the two leaves it untold, and none counts a call twice.
"""

import uuid

from calls import call_cost
from calls.after_call import MEASURED
from calls.conversation import Conversation
from calls.cost import MICRO
from calls.ledger import started_on
from calls.measured_end import of_end
from calls.rate_card import standard
from calls.record import CallRecord
from calls.store import CallStore
from handlers import measures


def call_is_told(store: CallStore, record: CallRecord, conversation: Conversation) -> bool:
    """Note for the day's budget what the call cost, and tell CloudWatch how it ended, unless somebody has; false where
    metrics are not configured. StoreUnavailable."""
    cost = call_cost.call_cost(record, conversation, store.usage(record.call_id), standard(), record.ended_at_ms or 0)
    store.note_spent(record.agent, started_on(record), record.call_id, int(cost.usd * MICRO))
    if not measures.are_wanted():
        return False
    mine = str(uuid.uuid4())
    if store.keep_once(record.call_id, MEASURED, mine) == mine:
        measures.tell(of_end(record, conversation, cost))
    return True
