"""One call with one fault at one moment, and what became of it."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace

from calls.conversation import Conversation, Role
from calls.record import CallRecord, EndReason, Mode
from offhook.box.calls import BoxCall
from offhook.box.line import PhoneLine
from tests.chaos.faults import Fault, Struck
from tests.chaos.field import ANSWERS, Field
from tests.chaos.moments import Moment, reach
from tests.whole.scene import CALLEE
from tests.whole.silences import silences

CALL_WITHIN_S = 75.0
RECORD_WITHIN_S = 12.0
WENT_ON_MS = 1_000
GOODBYES = frozenset({EndReason.CALLER_GOODBYE, EndReason.AGENT_GOODBYE})


@dataclass(frozen=True, slots=True)
class Row:
    fault: Fault
    mode: Mode
    moment: Moment

    @property
    def name(self) -> str:
        return f"{self.mode.value}, {self.moment.value}: {self.fault.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`audible_ms`: from the fault to the agent's next sound; 0 where it went on sounding, None where nothing came.
    `kept` of `confirmed` turns that stood in the record when the fault came are there at the end."""

    row: Row
    reached: bool
    audible_ms: int | None = None
    longest_silence_ms: int = 0
    confirmed: int = 0
    kept: int = 0
    said_twice: tuple[str, ...] = ()
    final: str = ""
    rungs: str = ""
    lost: str = ""


async def run_row(row: Row, field: Field) -> Outcome:
    """The field is whole before and after."""
    field.mend()
    await field.all_ready()
    call = field.box.place_inbound(field.stack.from_number, CALLEE, field.caller)
    line = field.ears.line = field.box.line(call)
    striking: asyncio.Task[None] | None = None
    reached, strike_ms, before = False, 0, Conversation()
    try:
        async with asyncio.timeout(CALL_WITHIN_S):
            reached = await reach(row.moment, line)
            if reached:
                record = await asyncio.to_thread(field.stack.store.by_sid, call.sid)
                before = await _conversation(field, record)
                strike_ms = line.now_ms
                struck = Struck(field, record.call_id if record else "")
                striking = asyncio.create_task(row.fault.strike(struck), name="fault")
            await field.box.ended(call)
    except TimeoutError:
        line.hang_up()
    finally:
        if striking:
            striking.cancel()
            await asyncio.wait([striking])
        field.mend()
    record = await _final(field, call)
    after = await _conversation(field, record)
    outcome = _outcome(row, reached, call, line, strike_ms, before, after, record)
    if call.sid in field.rang_person and reached:
        return replace(outcome, lost="", final=f"{outcome.final}, put through to a person")
    return outcome


async def _conversation(field: Field, record: CallRecord | None) -> Conversation:
    return await asyncio.to_thread(field.stack.store.conversation, record.call_id) if record else Conversation()


async def _final(field: Field, call: BoxCall) -> CallRecord | None:
    """The record once it says that the call is over, or as it stands when it has had its time."""
    record: CallRecord | None = None
    with suppress(TimeoutError):
        async with asyncio.timeout(RECORD_WITHIN_S):
            while record is None or not record.is_final:
                record = await asyncio.to_thread(field.stack.store.by_sid, call.sid)
                await asyncio.sleep(0.1)
    return record


def _outcome(
    row: Row,
    reached: bool,
    call: BoxCall,
    line: PhoneLine,
    strike_ms: int,
    before: Conversation,
    after: Conversation,
    record: CallRecord | None,
) -> Outcome:
    if not reached:
        return Outcome(row, False, lost="the moment never came", final=_final_words(call, record))
    ids = {turn.id for turn in after.turns}
    heard = Counter(turn.heard for turn in after.turns if turn.role is Role.AGENT and turn.heard in ANSWERS)
    greetings = sum(turn.role is Role.AGENT and turn.heard.startswith("Hello") for turn in after.turns)
    audible_ms = _audible_ms(line, strike_ms)
    gaps = silences([*line.caller_spans, *line.agent_spans], line.now_ms)
    return Outcome(
        row,
        True,
        audible_ms=audible_ms,
        longest_silence_ms=max((min(end, line.now_ms) - start for start, end in gaps if end > strike_ms), default=0),
        confirmed=len(before.turns),
        kept=sum(turn.id in ids for turn in before.turns),
        said_twice=(*(text for text, times in heard.items() if times > 1), *(("the greeting",) * (greetings > 1))),
        final=_final_words(call, record),
        rungs=" > ".join(use.mode.value for use in record.modes) if record else "",
        lost=_lost(call, record, audible_ms, row.moment),
    )


def _audible_ms(line: PhoneLine, strike_ms: int) -> int | None:
    for start, end in line.agent_spans:
        if start > strike_ms:
            return start - strike_ms
        if end - strike_ms >= WENT_ON_MS:
            return 0
    return None


def _final_words(call: BoxCall, record: CallRecord | None) -> str:
    reason = record.end_reason.value if record and record.end_reason else "no reason"
    codes = ", ".join(dict.fromkeys(failure.code for failure in record.failures)) if record else ""
    return f"{call.status.value}, {reason}, by {call.hung_up_by or 'nobody'}" + (f" ({codes})" if codes else "")


def _lost(call: BoxCall, record: CallRecord | None, audible_ms: int | None, moment: Moment) -> str:
    """Why the call counts as lost; empty where it does not. A caller who has said everything, was answered and hangs up
    has lost nothing, nor has one who was put through to a person."""
    if record and record.end_reason in GOODBYES:
        return ""
    if audible_ms is None and moment is not Moment.GOODBYE:
        return "nothing was heard any more"
    if record and record.end_reason is EndReason.TRANSFERRED:
        return ""
    if call.hung_up_by == "caller":
        return ""
    if moment is Moment.GOODBYE and call.hung_up_by == "application":
        return ""
    return "ended without a goodbye"
