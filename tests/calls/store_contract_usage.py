"""The store's contract: what a call used."""

from functools import partial

from calls.store import CallStore
from calls.usage import Kind, Unit, Usage
from tests.calls.store_cases import CALL_ID, OTHER_CALL_ID, a_turn, a_usage, at_once


class UsageContract:
    def test_usage_comes_back_whole_and_in_order(self, store: CallStore) -> None:
        amounts = {unit: number for number, unit in enumerate(Unit)}
        late = Usage("a", "openai", "gpt-5", Kind.REALTIME, amounts, "s-r1", 1_780_000_003_000, is_estimated=True)
        early = a_usage("c", 1_780_000_002_000)
        twin = a_usage("b", 1_780_000_002_000)
        for usage in (late, early, twin):
            store.append_usage(CALL_ID, usage)
        assert store.usage(CALL_ID) == (twin, early, late)

    def test_a_usage_that_is_there_stays_as_it_is(self, store: CallStore) -> None:
        store.append_usage(CALL_ID, a_usage("a"))
        store.append_usage(CALL_ID, a_usage("a", 1_780_000_009_000, 7))
        assert store.usage(CALL_ID) == (a_usage("a"),)

    def test_a_day_adds_up_what_each_call_cost_once(self, store: CallStore) -> None:
        for call_id, micro_usd in ((CALL_ID, 70_000), (CALL_ID, 90_000), (OTHER_CALL_ID, 5)):
            store.note_spent("desk", "2026-11-22", call_id, micro_usd)
        store.note_spent("desk", "2026-11-23", CALL_ID, 1)
        store.note_spent("night", "2026-11-22", CALL_ID, 2)
        assert store.spent_on("desk", "2026-11-22") == 70_005
        assert store.spent_on("desk", "2026-11-24") == 0

    def test_each_call_has_its_own_usage_and_turns_are_none(self, store: CallStore) -> None:
        store.append_usage(CALL_ID, a_usage("a"))
        store.append_turn(CALL_ID, a_turn("a"))
        store.append_usage(OTHER_CALL_ID, a_usage("a", characters=7))
        assert store.usage(CALL_ID) == (a_usage("a"),)
        assert store.usage(OTHER_CALL_ID) == (a_usage("a", characters=7),)
        assert store.usage("no such call") == ()
        assert store.conversation(CALL_ID).turns == (a_turn("a"),)

    def test_turns_and_usage_are_appended_together(self, store: CallStore) -> None:
        turns = [a_turn(f"t{number:02}", 1_780_000_000_000 + number) for number in range(20)]
        used = [a_usage(f"u{number:02}", 1_780_000_000_000 + number) for number in range(20)]
        store.append(CALL_ID, turns, used)
        assert store.conversation(CALL_ID).turns == tuple(turns)
        assert store.usage(CALL_ID) == tuple(used)
        store.append(CALL_ID, [], [])

    def test_of_what_is_appended_together_only_the_new_is_written(self, store: CallStore) -> None:
        store.append_turn(CALL_ID, a_turn("a", said="First."))
        store.append_usage(CALL_ID, a_usage("x"))
        again = [a_turn("a", said="Again."), a_turn("b"), a_turn("b", said="Twice.")]
        store.append(CALL_ID, again, [a_usage("x", characters=7), a_usage("y", characters=9)])
        assert {turn.id: turn.said for turn in store.conversation(CALL_ID).turns} == {
            "a": "First.",
            "b": a_turn("b").said,
        }
        assert store.usage(CALL_ID) == (a_usage("x"), a_usage("y", characters=9))

    def test_what_many_write_at_once_is_all_there(self, store: CallStore) -> None:
        used = [a_usage(f"u{number:02}", 1_780_000_000_000 + number) for number in range(50)]
        assert at_once([partial(store.append_usage, CALL_ID, usage) for usage in used]) == [None] * 50
        assert store.usage(CALL_ID) == tuple(used)
