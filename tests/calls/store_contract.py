"""What every engine of `calls.store.CallStore` must do, run against each of them in `test_dynamo_contract.py`.

A subclass gives two fixtures: `store`, empty and new for each test, on the clock `clock`; and `lost_store`, whose
engine cannot be reached.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from calls.conversation import Role, Turn
from calls.errors import (
    Blame,
    CallExists,
    CallNotFound,
    Failure,
    MoveRefused,
    OffhookError,
    RequestRefused,
    StoreUnavailable,
)
from calls.latency import Waterfall
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status
from calls.store import CallStore

CALL_ID = "01JD8Z0000000000000000000A"
OTHER_CALL_ID = "01JD8Z0000000000000000000B"
SID = "CA00000000000000000000000000000001"
OTHER_SID = "CA00000000000000000000000000000002"
DAY_MS = 24 * 60 * 60 * 1000
LOST_WITHIN_S = 12.0

Outcome = TypeVar("Outcome")


class Clock:
    """Epoch milliseconds, standing still until a test moves it; far ahead, so that no engine deletes what is alive."""

    def __init__(self) -> None:
        self.now_ms = 4_000_000_000_000

    def __call__(self) -> int:
        return self.now_ms


def a_call(call_id: str = CALL_ID, twilio_sid: str = "") -> CallRecord:
    return CallRecord(
        call_id, Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 1_780_000_000_000, twilio_sid
    )


def a_turn(turn_id: str, started_at_ms: int = 1_780_000_001_000, said: str = "I would like Tuesday.") -> Turn:
    return Turn(turn_id, Role.CALLER, said, said, False, started_at_ms, started_at_ms + 900, "pipeline")


def one_more(record: CallRecord) -> CallRecord:
    return replace(record, streams_served=record.streams_served + 1)


def at_once(tasks: Sequence[Callable[[], Outcome]]) -> list[Outcome | OffhookError]:
    """Run every task in a thread of its own, all started at the same moment; what each returned or refused."""
    start = threading.Barrier(len(tasks), timeout=30)

    def run(task: Callable[[], Outcome]) -> Outcome | OffhookError:
        start.wait()
        try:
            return task()
        except OffhookError as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))


class StoreContract:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

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

    # --- change

    def test_a_change_counts_a_version(self, store: CallStore) -> None:
        store.create(a_call())
        assert store.change(CALL_ID, one_more) == replace(a_call(), streams_served=1, version=1)
        assert store.change(CALL_ID, one_more) == replace(a_call(), streams_served=2, version=2)
        assert store.by_call_id(CALL_ID) == replace(a_call(), streams_served=2, version=2)

    def test_a_change_that_changes_nothing_writes_nothing(self, store: CallStore) -> None:
        store.create(a_call())
        assert store.change(CALL_ID, lambda record: record) == a_call()
        assert store.by_call_id(CALL_ID) == a_call()

    def test_a_change_needs_its_call(self, store: CallStore) -> None:
        with pytest.raises(CallNotFound):
            store.change(CALL_ID, one_more)

    def test_a_change_may_not_touch_the_names_of_a_call(self, store: CallStore) -> None:
        store.create(a_call())
        with pytest.raises(MoveRefused):
            store.change(CALL_ID, lambda record: replace(record, twilio_sid=SID))
        assert store.by_call_id(CALL_ID) == a_call()

    def test_an_error_in_a_change_comes_through_and_writes_nothing(self, store: CallStore) -> None:
        def failing(record: CallRecord) -> CallRecord:
            raise MoveRefused("not now")

        store.create(a_call())
        with pytest.raises(MoveRefused, match="not now"):
            store.change(CALL_ID, failing)
        assert store.by_call_id(CALL_ID) == a_call()

    def test_fifty_writers_of_one_record_lose_nothing(self, store: CallStore) -> None:
        store.create(a_call())
        outcomes = at_once([lambda: store.change(CALL_ID, one_more)] * 50)
        counts = sorted(outcome.streams_served for outcome in outcomes if isinstance(outcome, CallRecord))
        assert counts == list(range(1, 51))
        assert store.by_call_id(CALL_ID) == replace(a_call(), streams_served=50, version=50)

    def test_a_sid_and_a_change_at_the_same_moment_both_stand(self, store: CallStore) -> None:
        store.create(a_call())
        at_once([lambda: store.change(CALL_ID, one_more), lambda: store.attach_sid(CALL_ID, SID)])
        assert store.by_sid(SID) == replace(a_call(), twilio_sid=SID, streams_served=1, version=2)

    def test_a_record_does_not_grow_without_bound(self, store: CallStore) -> None:
        failure = Failure("provider-failed", Blame.PROVIDER, "x" * 5000)
        store.create(a_call())
        store.change(CALL_ID, lambda record: replace(record, failures=(failure,) * 2000))
        stored = store.by_call_id(CALL_ID)
        assert stored is not None
        assert (len(stored.failures), stored.failures[10].code) == (40, "failures-dropped")

    # --- turns

    def test_turns_come_back_whole_and_in_order(self, store: CallStore) -> None:
        waterfall = Waterfall(total=900, endpointing=300, model=200, speech=150, queue=50, playout=200, ours=0)
        later = Turn("a", Role.AGENT, "We are open.", "We are", True, 1_780_000_003_000, 1_780_000_004_000, "pipeline")
        later = replace(later, latency=waterfall)
        earlier = replace(a_turn("b", 1_780_000_002_000, ""), latency=Waterfall(total=0, model=None))
        store.append_turn(CALL_ID, later)
        store.append_turn(CALL_ID, earlier)
        assert store.conversation(CALL_ID).turns == (earlier, later)

    def test_a_turn_that_is_there_stays_as_it_is(self, store: CallStore) -> None:
        first = a_turn("a")
        store.append_turn(CALL_ID, first)
        store.append_turn(CALL_ID, a_turn("a", 1_780_000_009_000, "Something else."))
        assert store.conversation(CALL_ID).turns == (first,)

    def test_each_call_has_its_own_turns(self, store: CallStore) -> None:
        store.create(a_call())
        store.append_turn(CALL_ID, a_turn("a", said="Mine."))
        store.append_turn(OTHER_CALL_ID, a_turn("a", said="Yours."))
        assert store.conversation(CALL_ID).turns == (a_turn("a", said="Mine."),)
        assert store.conversation(OTHER_CALL_ID).turns == (a_turn("a", said="Yours."),)
        assert store.conversation("no such call").turns == ()

    def test_a_huge_turn_keeps_both_ends(self, store: CallStore) -> None:
        store.append_turn(CALL_ID, a_turn("a", said="first " + "é" * 500_000 + " last"))
        (turn,) = store.conversation(CALL_ID).turns
        assert len(turn.said) == 30_000
        assert (turn.said[:6], turn.said[-5:]) == ("first ", " last")
        assert "[... not kept ...]" in turn.said

    def test_a_conversation_above_a_megabyte_is_whole(self, store: CallStore) -> None:
        turns = [a_turn(f"t{number:02}", 1_780_000_000_000 + number, "w" * 30_000) for number in range(30)]
        at_once([partial(store.append_turn, CALL_ID, turn) for turn in turns])
        assert store.conversation(CALL_ID).turns == tuple(turns)

    def test_two_hundred_turns_written_at_once_are_all_there(self, store: CallStore) -> None:
        store.create(a_call())
        turns = [a_turn(f"t{number:03}", 1_780_000_000_000 + number) for number in range(200)]
        outcomes = at_once([partial(store.append_turn, CALL_ID, turn) for turn in turns])
        assert outcomes == [None] * 200
        assert store.conversation(CALL_ID).turns == tuple(turns)

    def test_of_fifty_who_write_one_turn_one_stands(self, store: CallStore) -> None:
        turns = [a_turn("a", 1_780_000_000_000 + number, f"Version {number}.") for number in range(50)]
        at_once([partial(store.append_turn, CALL_ID, turn) for turn in turns])
        (turn,) = store.conversation(CALL_ID).turns
        assert turn in turns

    # --- recent

    def test_calls_are_listed_newest_first_page_by_page(self, store: CallStore) -> None:
        ids = [f"01JD8Z00000000000000000{number:03}" for number in range(7)]
        for call_id in (ids[3], ids[0], ids[6], ids[1], ids[5], ids[2], ids[4]):
            store.create(a_call(call_id))
        pages: list[list[str]] = []
        cursor = ""
        while not pages or cursor:
            page = store.recent(3, cursor)
            pages.append([record.call_id for record in page.records])
            cursor = page.cursor
        assert pages == [[ids[6], ids[5], ids[4]], [ids[3], ids[2], ids[1]], [ids[0]]]

    def test_a_page_that_ends_the_list_has_no_cursor(self, store: CallStore) -> None:
        store.create(a_call())
        store.create(a_call(OTHER_CALL_ID))
        assert store.recent(2).cursor == ""
        assert store.recent(1, store.recent(1).cursor).cursor == ""

    def test_a_list_without_calls_is_one_empty_page(self, store: CallStore) -> None:
        store.append_turn(CALL_ID, a_turn("a"))
        page = store.recent(10)
        assert (page.records, page.cursor) == ((), "")

    def test_a_call_that_comes_between_two_pages_moves_none(self, store: CallStore) -> None:
        store.create(a_call())
        store.create(a_call(OTHER_CALL_ID))
        first = store.recent(1)
        store.create(a_call("01JD8Z0000000000000000000C"))
        assert store.recent(1, first.cursor).records == (a_call(),)

    @pytest.mark.parametrize("cursor", ["x", "é", "AAAAAAAA", "MDFKRDha", "e30=", "A" * 100_000])
    def test_a_cursor_that_we_did_not_make_is_refused(self, store: CallStore, cursor: str) -> None:
        with pytest.raises(RequestRefused) as refused:
            store.recent(10, cursor)
        assert refused.value.failure.code == "cursor-invalid"

    @pytest.mark.parametrize("limit", [-1, 0, 101])
    def test_a_page_has_a_size(self, store: CallStore, limit: int) -> None:
        with pytest.raises(RequestRefused):
            store.recent(limit)

    # --- answers

    def test_an_answer_is_given_once(self, store: CallStore) -> None:
        assert store.answer_of(CALL_ID, "voice") is None
        assert store.answered_before(CALL_ID, "voice", "<Response/>") == "<Response/>"
        assert store.answered_before(CALL_ID, "voice", "<Response><Hangup/></Response>") == "<Response/>"
        assert store.answer_of(CALL_ID, "voice") == "<Response/>"

    def test_each_step_of_each_call_has_its_own_answer(self, store: CallStore) -> None:
        store.answered_before(CALL_ID, "turn-1", "one")
        store.answered_before(CALL_ID, "turn-2" + "x" * 3000, "two")
        store.answered_before(OTHER_CALL_ID, "turn-1", "")
        assert store.answer_of(CALL_ID, "turn-1") == "one"
        assert store.answer_of(CALL_ID, "turn-2" + "x" * 3000) == "two"
        assert store.answer_of(OTHER_CALL_ID, "turn-1") == ""
        assert store.answer_of(OTHER_CALL_ID, "turn-2") is None

    def test_of_fifty_answers_to_one_step_one_stands(self, store: CallStore) -> None:
        answers = [f"<Response><Say>{number}</Say></Response>" for number in range(50)]
        outcomes = at_once([partial(store.answered_before, CALL_ID, "voice", answer) for answer in answers])
        assert set(outcomes) == {store.answer_of(CALL_ID, "voice")}

    # --- lost

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
                lambda: lost_store.recent(10),
                lambda: lost_store.answered_before(CALL_ID, "voice", "<Response/>"),
                lambda: lost_store.answer_of(CALL_ID, "voice"),
            ]
        )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 11
        assert all(isinstance(outcome, OffhookError) and outcome.failure.retryable for outcome in outcomes)
        assert time.monotonic() - started_s < LOST_WITHIN_S
