"""Follow a call through the store until its record is final: every turn and every rung told once, as it is written."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from calls.conversation import Conversation, Turn
from calls.errors import CallNotFound, StoreUnavailable
from calls.record import CallRecord, ModeUse
from calls.store import CallStore

POLL_S = 0.2
AWAY_S = 5.0
"""How long the store may be away before the call counts as lost from sight."""
SETTLE_S = 0.6
"""How long the turns of a finished call may still trickle in: the last one is written as the socket closes."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A call as it stood last; `record.is_final` is false when the deadline came first."""

    record: CallRecord
    conversation: Conversation


async def follow(
    store: CallStore,
    call_id: str,
    on_turn: Callable[[Turn], None],
    on_rung: Callable[[ModeUse, ModeUse | None], None],
    on_look: Callable[[Followed], None],
    *,
    deadline_s: float,
    away_s: float = AWAY_S,
) -> Followed:
    """Returns once the call is final and its turns have settled, or after `deadline_s`.

    `on_look` gets each look at the call before its news are told. CallNotFound at once when the store knows no such
    call; a store that is away for a moment is asked again, StoreUnavailable once it has been away for `away_s`.
    """
    loop = asyncio.get_running_loop()
    end_s = loop.time() + deadline_s
    told = _Told(on_turn, on_rung)
    seen = await _look(store, call_id)
    settled_s: float | None = None
    away_since_s: float | None = None
    while True:
        on_look(seen)
        told.tell(seen)
        now_s = loop.time()
        if seen.record.is_final and settled_s is None:
            settled_s = now_s + SETTLE_S
        if now_s >= end_s or (settled_s is not None and now_s >= settled_s):
            return seen
        await asyncio.sleep(POLL_S)
        try:
            seen = await _look(store, call_id)
            away_since_s = None
        except StoreUnavailable:
            away_since_s = now_s if away_since_s is None else away_since_s
            if loop.time() - away_since_s > away_s or loop.time() >= end_s:
                raise


class _Told:
    def __init__(self, on_turn: Callable[[Turn], None], on_rung: Callable[[ModeUse, ModeUse | None], None]) -> None:
        self._on_turn = on_turn
        self._on_rung = on_rung
        self._turn_ids: set[str] = set()
        self._rungs = 0

    def tell(self, seen: Followed) -> None:
        modes = seen.record.modes
        for position in range(self._rungs, len(modes)):
            self._on_rung(modes[position], modes[position - 1] if position else None)
        self._rungs = max(self._rungs, len(modes))
        for turn in seen.conversation.turns:
            if turn.id not in self._turn_ids:
                self._turn_ids.add(turn.id)
                self._on_turn(turn)


async def _look(store: CallStore, call_id: str) -> Followed:
    record = await asyncio.to_thread(store.by_call_id, call_id)
    if record is None:
        raise CallNotFound(f"There is no call {call_id}.")
    return Followed(record, await asyncio.to_thread(store.conversation, call_id))
