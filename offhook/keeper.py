"""Keeps every call that ends: waits until its record is final, then writes its folder. Never holds a call up."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calls.after_call import OUTCOME
from calls.call_cost import call_cost
from calls.errors import OffhookError, StoreUnavailable
from calls.rate_card import standard
from calls.record import CallRecord
from calls.redaction import redactor
from calls.store import CallStore
from offhook.box.calls import BoxCall
from offhook.box.ports import Alert
from offhook.call_file import AlertLine, LineEnd, call_file, replayed, zero_of
from offhook.kept import Kept, expired, forgotten, keep
from offhook.line_truth import true_to_line
from offhook.phone import CallNotKept
from offhook.places import REPLAYS

logger = logging.getLogger(__name__)
FINAL_WITHIN_S = 20.0
POLL_S = 0.1
SETTLE_S = 0.5
"""The last turn is written as the stream's socket closes, beside the status callback."""
OUTCOME_WITHIN_S = 6.0
"""How long the after-call function may take with what it has on this machine."""
REMEMBERED = 1000
SWEEP_S = 3_600.0


class Keeper:
    """Give `ended` to the box's `on_call_ended`; `close` at the end. One event loop owns it."""

    def __init__(
        self,
        out: Path,
        store: CallStore,
        alerts_of: Callable[[str], Sequence[Alert]],
        on_kept: Callable[[BoxCall, Kept | None, str], None],
        *,
        outcome_within_s: float = 0.0,
    ) -> None:
        """`on_kept(call, files, "")` is told of each call that was kept, `(call, None, why)` of each that was not. A
        call whose outcome is not there within `outcome_within_s` is kept without one."""
        self._out = out
        self._store = store
        self._alerts_of = alerts_of
        self._on_kept = on_kept
        self._outcome_within_s = outcome_within_s
        self._tasks: dict[str, asyncio.Task[Kept]] = {}
        self._origins: dict[str, Mapping[str, Any]] = {}
        self._news = asyncio.Event()
        self._drawing = asyncio.Lock()
        self._swept_at_s = 0.0

    def is_replay(self, call_sid: str, origin: Mapping[str, Any]) -> None:
        """Have the call's file say which call it was (`call_file.origin_of`). Say it before the call ends."""
        self._origins[call_sid] = origin

    def ended(self, call: BoxCall) -> None:
        """Start keeping a call that has ended."""
        for old in [sid for sid, task in self._tasks.items() if task.done()][: max(0, len(self._tasks) - REMEMBERED)]:
            del self._tasks[old]
        task = asyncio.create_task(self._keep(call), name=f"keep {call.sid}")
        task.add_done_callback(lambda done: self._told(call, done))
        self._tasks[call.sid] = task
        self._news.set()
        self._news = asyncio.Event()

    async def kept(self, call_sid: str, within_s: float) -> Kept:
        """The files of a call once they are written, however long after its end. CallNotKept."""
        try:
            async with asyncio.timeout(within_s):
                while (task := self._tasks.get(call_sid)) is None:
                    await self._news.wait()
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise CallNotKept("The call's line has not ended, so there is nothing to write yet.") from error

    async def close(self) -> None:
        """Let what is being written be written; drop what still waits for its record."""
        waiting = [task for task in self._tasks.values() if not task.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=SETTLE_S * 4)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _keep(self, call: BoxCall) -> Kept:
        await self._sweep()
        record = await self._final(call.sid)
        await asyncio.sleep(SETTLE_S)
        outcome = await self._outcome(record.call_id)
        conversation = await asyncio.to_thread(self._store.conversation, record.call_id)
        used = await asyncio.to_thread(self._store.usage, record.call_id)
        zero_ms = call.answered_at_ms if call.answered_at_ms is not None else zero_of(record)
        if call.answered_at_ms is not None:
            conversation = true_to_line(conversation, call.log, call.answered_at_ms, redactor(record.redact))
        values = call_file(
            record,
            conversation,
            zero_ms,
            recording_ms=call.recording.duration_ms if call.recording else None,
            line=LineEnd(tuple((one.key, one.at_ms) for one in call.log.pressed), call.hung_up_by),
            alerts=[AlertLine(a.code, a.level, a.sentence) for a in self._alerts_of(call.sid)],
            cost=call_cost(record, conversation, used, standard(), record.ended_at_ms or zero_ms),
            outcome=outcome,
        )
        if (origin := self._origins.pop(call.sid, None)) is not None:
            values = replayed(values, origin)
        try:
            # One at a time: the library that draws keeps settings for the whole process.
            async with self._drawing:
                return await asyncio.to_thread(keep, self._out, values, call.recording)
        except OSError as error:
            raise CallNotKept(f"The call's files cannot be written to {self._out}: {error.strerror}.") from error

    async def _sweep(self) -> None:
        """Delete what was to be kept no longer, replays too, at the first call and once an hour."""
        now_s = time.time()
        if now_s - self._swept_at_s < SWEEP_S:
            return
        self._swept_at_s = now_s
        try:
            for out in (self._out, self._out / REPLAYS):
                for call_id in await asyncio.to_thread(expired, out, datetime.fromtimestamp(now_s, UTC)):
                    await asyncio.to_thread(forgotten, out, call_id)
        except OSError:
            logger.exception("what was to be kept no longer could not be deleted")

    async def _outcome(self, call_id: str) -> dict[str, Any] | None:
        """What the after-call function kept of the call; None where it has not in time."""
        end_s = asyncio.get_running_loop().time() + self._outcome_within_s
        while True:
            kept = await asyncio.to_thread(self._store.kept, call_id, OUTCOME)
            if kept is not None:
                return dict(json.loads(kept))
            if asyncio.get_running_loop().time() >= end_s:
                return None
            await asyncio.sleep(POLL_S)

    async def _final(self, call_sid: str) -> CallRecord:
        """The record once it is final; as it stands after FINAL_WITHIN_S, for a call of which no end was ever told."""
        end_s = asyncio.get_running_loop().time() + FINAL_WITHIN_S
        while True:
            late = asyncio.get_running_loop().time() >= end_s
            try:
                record = await asyncio.to_thread(self._store.by_sid, call_sid)
            except StoreUnavailable:
                if late:
                    raise
                record = None
            if record is not None and (record.is_final or late):
                return record
            if late:
                raise CallNotKept("The store has no record of this call.")
            await asyncio.sleep(POLL_S)

    def _told(self, call: BoxCall, done: asyncio.Task[Kept]) -> None:
        if done.cancelled():
            self._on_kept(call, None, "it was not waited for")
            return
        error = done.exception()
        if error is None:
            self._on_kept(call, done.result(), "")
        elif isinstance(error, OffhookError):
            self._on_kept(call, None, error.failure.sentence)
        else:
            logger.error("call %s could not be kept", call.sid, exc_info=error)
            self._on_kept(call, None, "something in Offhook broke; see the error above")
