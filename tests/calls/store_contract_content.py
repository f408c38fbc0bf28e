"""The store's contract, second half: what is written to a call, and how it is read."""

from dataclasses import replace
from functools import partial

import pytest

from calls.conversation import Role, Turn
from calls.errors import Blame, CallNotFound, Failure, MoveRefused, RequestRefused
from calls.latency import Waterfall
from calls.record import CallRecord
from calls.store import CallStore
from tests.calls.store_cases import CALL_ID, OTHER_CALL_ID, SID, a_call, a_turn, at_once, one_more


class ContentContract:
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

    def test_a_change_of_the_newest_as_it_was_read_is_written_as_it_is(self, store: CallStore) -> None:
        store.create(a_call())
        assert store.change(CALL_ID, one_more, a_call()) == replace(a_call(), streams_served=1, version=1)
        assert store.by_call_id(CALL_ID) == replace(a_call(), streams_served=1, version=1)

    def test_a_change_of_what_another_has_changed_since_begins_anew(self, store: CallStore) -> None:
        store.create(a_call())
        store.change(CALL_ID, one_more)
        assert store.change(CALL_ID, one_more, a_call()) == replace(a_call(), streams_served=2, version=2)
        assert store.by_call_id(CALL_ID) == replace(a_call(), streams_served=2, version=2)

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

    def test_a_turn_is_kept_without_what_its_call_keeps_private(self, store: CallStore) -> None:
        store.create(replace(a_call(), redact=("email",)))
        store.append_turn(CALL_ID, a_turn("t1", said="ann@example.com"))
        store.append(CALL_ID, [a_turn("t2", said="ann@example.com"), a_turn("t3", said="bob@example.com")], [])
        turns = store.conversation(CALL_ID).turns
        assert [(turn.said, turn.heard) for turn in turns] == [("[email]", "[email]")] * 3

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

    # --- what is kept

    def test_what_a_call_keeps_is_written_once(self, store: CallStore) -> None:
        assert store.kept(CALL_ID, "outcome") is None
        assert store.keep_once(CALL_ID, "outcome", '{"summary": "Ümlaut"}') == '{"summary": "Ümlaut"}'
        assert store.keep_once(CALL_ID, "outcome", "another") == '{"summary": "Ümlaut"}'
        assert store.kept(CALL_ID, "outcome") == '{"summary": "Ümlaut"}'
        assert store.kept(CALL_ID, "webhook-sent") is None
        assert store.kept(OTHER_CALL_ID, "outcome") is None
        assert store.answer_of(CALL_ID, "outcome") is None

    def test_of_fifty_to_be_kept_under_one_name_one_is(self, store: CallStore) -> None:
        texts = [f"text {number}" for number in range(50)]
        outcomes = at_once([partial(store.keep_once, CALL_ID, "outcome", text) for text in texts])
        assert set(outcomes) == {store.kept(CALL_ID, "outcome")}
