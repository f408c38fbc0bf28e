"""Reads calls out of the store into a comparison, page by page, newest first, and never more than it was allowed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from calls.call_cost import call_cost
from calls.comparison import Comparison, ReadCall, model_of
from calls.conversation import Conversation
from calls.rate_card import RateCard
from calls.record import CallRecord
from calls.store import CallStore
from offhook.comparison.period import Period

PAGE = 100
_AT_ONCE = 8
_OUT_OF_ORDER_MS = 3_600_000
"""Calls are listed by their callIds, which are made before the record's own time by as long as a webhook takes, or a
table that was down."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls; an empty `agent` is any. At most `most` calls are read, the newest. Those that `offhook doctor` made
    up are nobody's, and are none."""

    period: Period = field(default_factory=Period)
    agent: str = ""
    most: int = 10_000

    def takes(self, record: CallRecord) -> bool:
        is_asked_for = self.period.holds(record.created_at_ms) and (not self.agent or record.agent == self.agent)
        return is_asked_for and not record.is_test


@dataclass(frozen=True, slots=True)
class Reading:
    """How many calls were read, and whether there may be more that the bound left out."""

    calls: int
    is_cut: bool


def read(
    store: CallStore,
    comparison: Comparison,
    wanted: Wanted,
    card: RateCard,
    now_ms: int,
    on_progress: Callable[[int, CallRecord], None] = lambda _calls, _last: None,
    heard: Callable[[CallRecord], Conversation | None] = lambda _record: None,
) -> Reading:
    """Add every wanted call to `comparison`. `on_progress` is told after each page how many there are, and the last
    record looked at. `heard` gives the turns of a call as its line carried them, where somebody kept that: then they
    are taken for the times. StoreUnavailable where the store is away."""
    count, cursor = 0, ""
    with ThreadPoolExecutor(_AT_ONCE, "read") as readers:
        while True:
            page = store.recent(PAGE, cursor)
            found = [record for record in page.records if wanted.takes(record)]
            for call in readers.map(partial(read_call, store, card, now_ms, heard), found[: wanted.most - count]):
                comparison.add(call)
            is_cut = len(found) > wanted.most - count
            count += min(len(found), wanted.most - count)
            if page.records:
                on_progress(count, page.records[-1])
            if is_cut or not page.cursor or _is_past(page.records, wanted.period):
                return Reading(count, is_cut)
            cursor = page.cursor


def read_call(
    store: CallStore,
    card: RateCard,
    now_ms: int,
    heard: Callable[[CallRecord], Conversation | None],
    record: CallRecord,
) -> ReadCall:
    """The call with its turns and its cost."""
    conversation, used = store.conversation(record.call_id), store.usage(record.call_id)
    cost = call_cost(record, conversation, used, card, now_ms)
    return ReadCall(record, heard(record) or conversation, cost, model_of(used))


def _is_past(records: tuple[CallRecord, ...], period: Period) -> bool:
    """Whether everything after these is older than the period."""
    since_ms = period.since_ms
    return since_ms is not None and bool(records) and records[-1].created_at_ms < since_ms - _OUT_OF_ORDER_MS
