"""What every engine of `calls.store.CallStore` must do, run against each of them in `test_dynamo_contract.py`."""

import time

import pytest

from calls.errors import (
    OffhookError,
    StoreUnavailable,
)
from calls.store import CallStore
from tests.calls.store_cases import (
    CALL_ID,
    LOST_WITHIN_S,
    SID,
    Clock,
    a_call,
    a_turn,
    a_usage,
    at_once,
    one_more,
)
from tests.calls.store_contract_content import ContentContract
from tests.calls.store_contract_identity import IdentityContract
from tests.calls.store_contract_usage import UsageContract


class StoreContract(IdentityContract, ContentContract, UsageContract):
    """A subclass gives two fixtures: `store`, empty and new for each test, on the clock `clock`; and `lost_store`,
    whose engine cannot be reached."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    def test_a_lost_store_says_so_in_time_whatever_is_asked(self, lost_store: CallStore) -> None:
        started_s = time.monotonic()
        outcomes = at_once(
            [
                lambda: lost_store.create(a_call()),
                lambda: lost_store.claim("key", "body", a_call()),
                lambda: lost_store.by_call_id(CALL_ID),
                lambda: lost_store.by_sid(SID),
                lambda: lost_store.attach_sid(CALL_ID, SID),
                lambda: lost_store.change(CALL_ID, one_more),
                lambda: lost_store.append_turn(CALL_ID, a_turn("a")),
                lambda: lost_store.conversation(CALL_ID),
                lambda: lost_store.append_usage(CALL_ID, a_usage("a")),
                lambda: lost_store.usage(CALL_ID),
                lambda: lost_store.recent(10),
                lambda: lost_store.answered_before(CALL_ID, "voice", "<Response/>"),
                lambda: lost_store.answer_of(CALL_ID, "voice"),
            ]
        )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 13
        assert all(isinstance(outcome, OffhookError) and outcome.failure.retryable for outcome in outcomes)
        assert time.monotonic() - started_s < LOST_WITHIN_S
