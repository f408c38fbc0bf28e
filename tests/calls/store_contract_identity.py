"""The store's contract, first half: one call, one record, found by either of its names."""

from dataclasses import replace
from functools import partial

import pytest

from calls.errors import (
    Blame,
    CallExists,
    CallNotFound,
    Failure,
    RequestRefused,
)
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status
from calls.store import CallStore
from tests.calls.store_cases import CALL_ID, DAY_MS, OTHER_CALL_ID, OTHER_SID, SID, Clock, a_call, at_once, one_more


class IdentityContract:
    # --- both names find the call

    def test_a_new_call_is_found_by_both_names_in_the_same_instant(self, store: CallStore) -> None:
        record = a_call(twilio_sid=SID)
        store.create(record)
        assert store.by_sid(SID) == record
        assert store.by_call_id(CALL_ID) == record

    def test_an_attached_sid_finds_the_call_in_the_same_instant(self, store: CallStore) -> None:
        store.create(a_call())
        attached = store.attach_sid(CALL_ID, SID)
        assert store.by_sid(SID) == attached
        assert store.by_call_id(CALL_ID) == attached
        assert (attached.twilio_sid, attached.version) == (SID, 1)

    def test_a_change_is_seen_by_both_names_in_the_same_instant(self, store: CallStore) -> None:
        store.create(a_call(twilio_sid=SID))
        changed = store.change(CALL_ID, one_more)
        assert store.by_sid(SID) == changed
        assert store.by_call_id(CALL_ID) == changed

    @pytest.mark.parametrize("name", ["", "no such call", "é" * 3000, "\udcff"])
    def test_an_unknown_name_finds_nothing(self, store: CallStore, name: str) -> None:
        store.create(a_call())
        assert store.by_call_id(name) is None
        assert store.by_sid(name) is None

    def test_every_field_of_a_record_comes_back(self, store: CallStore) -> None:
        record = CallRecord(
            call_id=CALL_ID,
            direction=Direction.INBOUND,
            agent="desk",
            from_number="+14155550100",
            to_number="+14155550123",
            created_at_ms=1_780_000_000_000,
            twilio_sid=SID,
            status=Status.COMPLETED,
            modes=(
                ModeUse(Mode.PIPELINE, 1_780_000_000_100, 1_780_000_005_000, "the stream ended"),
                ModeUse(Mode.TRADITIONAL, 1_780_000_005_000),
            ),
            answered_at_ms=1_780_000_000_050,
            ended_at_ms=1_780_000_009_000,
            end_reason=EndReason.CALLER_GOODBYE,
            next_step=NextStep(Do.DIAL, "+14155550199", "the caller asked for a person"),
            streams_served=2,
            empty_gathers=1,
            failures=(Failure("recogniser-lost", Blame.PROVIDER, "The recogniser closed its socket.", True),),
            version=7,
        )
        store.create(record)
        assert store.by_call_id(CALL_ID) == record

    # --- create

    def test_a_call_is_created_once(self, store: CallStore) -> None:
        store.create(a_call())
        with pytest.raises(CallExists):
            store.create(replace(a_call(), agent="another"))
        assert store.by_call_id(CALL_ID) == a_call()

    def test_a_taken_sid_leaves_no_call_behind(self, store: CallStore) -> None:
        store.create(a_call(twilio_sid=SID))
        with pytest.raises(CallExists):
            store.create(a_call(OTHER_CALL_ID, SID))
        assert store.by_call_id(OTHER_CALL_ID) is None
        assert store.by_sid(SID) == a_call(twilio_sid=SID)

    def test_a_taken_call_id_leaves_no_pointer_behind(self, store: CallStore) -> None:
        store.create(a_call(twilio_sid=SID))
        with pytest.raises(CallExists):
            store.create(a_call(CALL_ID, OTHER_SID))
        assert store.by_sid(OTHER_SID) is None

    def test_of_a_hundred_who_create_one_call_one_wins(self, store: CallStore) -> None:
        records = [a_call(f"01JD8Z00000000000000000{number:03}", SID) for number in range(100)]
        outcomes = at_once([partial(store.create, record) for record in records])
        assert [type(outcome) for outcome in outcomes if outcome is not None] == [CallExists] * 99
        winner = records[outcomes.index(None)]
        assert store.by_sid(SID) == winner
        assert store.recent(100).records == (winner,)

    # --- claim

    def test_a_key_makes_one_call(self, store: CallStore) -> None:
        assert store.claim("key", "body", a_call()) is None
        store.change(CALL_ID, one_more)
        assert store.claim("key", "body", a_call(OTHER_CALL_ID)) == store.by_call_id(CALL_ID)
        assert store.by_call_id(OTHER_CALL_ID) is None

    def test_a_key_with_another_fingerprint_is_refused(self, store: CallStore) -> None:
        store.claim("key", "body", a_call())
        with pytest.raises(RequestRefused) as refused:
            store.claim("key", "another body", a_call(OTHER_CALL_ID))
        assert refused.value.failure.code == "idempotency-key-reused"
        assert store.by_call_id(OTHER_CALL_ID) is None

    def test_other_keys_make_other_calls(self, store: CallStore) -> None:
        assert store.claim("key", "body", a_call()) is None
        assert store.claim("k" * 5000, "body", a_call(OTHER_CALL_ID)) is None
        assert store.recent(10).records == (a_call(OTHER_CALL_ID), a_call())

    def test_a_claim_for_a_call_that_is_there_takes_no_key(self, store: CallStore) -> None:
        store.create(a_call())
        with pytest.raises(CallExists):
            store.claim("key", "body", a_call())
        assert store.claim("key", "other body", a_call(OTHER_CALL_ID)) is None

    def test_a_claimed_call_is_found_by_its_sid(self, store: CallStore) -> None:
        assert store.claim("key", "body", a_call(twilio_sid=SID)) is None
        assert store.by_sid(SID) == a_call(twilio_sid=SID)

    def test_a_key_lives_for_a_day(self, store: CallStore, clock: Clock) -> None:
        assert store.claim("key", "body", a_call()) is None
        clock.now_ms += DAY_MS - 1000
        assert store.claim("key", "body", a_call(OTHER_CALL_ID)) == a_call()
        clock.now_ms += 1000
        assert store.claim("key", "another body", a_call(OTHER_CALL_ID)) is None
        assert store.claim("key", "another body", a_call(OTHER_CALL_ID)) == a_call(OTHER_CALL_ID)

    def test_of_a_hundred_who_claim_one_key_one_wins(self, store: CallStore) -> None:
        records = [a_call(f"01JD8Z00000000000000000{number:03}") for number in range(100)]
        outcomes = at_once([partial(store.claim, "key", "body", record) for record in records])
        assert outcomes.count(None) == 1
        winner = records[outcomes.index(None)]
        assert [outcome for outcome in outcomes if outcome is not None] == [winner] * 99
        assert store.recent(100).records == (winner,)

    # --- attach_sid

    def test_attaching_again_changes_nothing(self, store: CallStore) -> None:
        store.create(a_call())
        first = store.attach_sid(CALL_ID, SID)
        assert store.attach_sid(CALL_ID, SID) == first
        assert store.by_call_id(CALL_ID) == first

    def test_a_call_keeps_its_sid(self, store: CallStore) -> None:
        store.create(a_call(twilio_sid=SID))
        with pytest.raises(CallExists):
            store.attach_sid(CALL_ID, OTHER_SID)
        assert store.by_sid(OTHER_SID) is None

    def test_a_sid_keeps_its_call(self, store: CallStore) -> None:
        store.create(a_call(twilio_sid=SID))
        store.create(a_call(OTHER_CALL_ID))
        with pytest.raises(CallExists):
            store.attach_sid(OTHER_CALL_ID, SID)
        assert store.by_call_id(OTHER_CALL_ID) == a_call(OTHER_CALL_ID)

    def test_a_sid_is_not_attached_to_nothing(self, store: CallStore) -> None:
        with pytest.raises(CallNotFound):
            store.attach_sid(CALL_ID, SID)
        assert store.by_sid(SID) is None

    def test_an_empty_sid_is_refused(self, store: CallStore) -> None:
        store.create(a_call())
        with pytest.raises(RequestRefused):
            store.attach_sid(CALL_ID, "")

    def test_of_a_hundred_calls_that_take_one_sid_one_wins(self, store: CallStore) -> None:
        records = [a_call(f"01JD8Z00000000000000000{number:03}") for number in range(100)]
        at_once([partial(store.create, record) for record in records])
        outcomes = at_once([partial(store.attach_sid, record.call_id, SID) for record in records])
        winners = [outcome for outcome in outcomes if isinstance(outcome, CallRecord)]
        assert [type(outcome) for outcome in outcomes if not isinstance(outcome, CallRecord)] == [CallExists] * 99
        assert [store.by_sid(SID)] == winners
        assert [record.call_id for record in store.recent(100).records if record.twilio_sid] == [winners[0].call_id]

    def test_a_hundred_who_attach_the_same_pair_agree(self, store: CallStore) -> None:
        store.create(a_call())
        outcomes = at_once([lambda: store.attach_sid(CALL_ID, SID)] * 100)
        assert outcomes == [replace(a_call(), twilio_sid=SID, version=1)] * 100
