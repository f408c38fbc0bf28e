"""One call with one fault at one moment, and what became of it."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from calls.conversation import Conversation, Role
from calls.record import CallRecord, EndReason, Mode
from handlers import lifeline
from offhook.box.calls import BoxCall
from offhook.box.line import PhoneLine
from tests.chaos import measures
from tests.chaos.agents import BRIDGE, COLLEAGUE, GREETING, TROUBLE
from tests.chaos.ailing import ANSWERS
from tests.chaos.faults import Fault, Struck
from tests.chaos.field import Field
from tests.chaos.measures import Line
from tests.chaos.moments import Moment, reach
from tests.whole.scene import CALLEE

CALL_WITHIN_S = 75.0
RECORD_WITHIN_S = 12.0
CHARACTER_MS = 60
"""What a letter of the vendors' voices takes."""
GOODBYES = frozenset({EndReason.CALLER_GOODBYE, EndReason.AGENT_GOODBYE})


class Fate(StrEnum):
    KEPT = "kept"
    PERSON = "handed to a person"
    APOLOGISED = "apologised"
    LOST = "lost"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Row:
    fault: Fault
    mode: Mode
    moment: Moment

    @property
    def driver(self) -> str:
        """Its mode, where the two of realtime mode are told apart."""
        return "live" if self.fault.live else self.mode.value

    @property
    def name(self) -> str:
        return f"{self.driver}, {self.moment.value}: {self.fault.name}"


@dataclass(frozen=True, slots=True)
class Change:
    """Another engine in the same stream, to a caller who was owed an answer. From the fault, and from the change on,
    to the agent's next sound; from the change to the answer, less what the new engine's vendors take."""

    from_fault_ms: int
    audible_ms: int
    answering_ms: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`audible_ms`: `measures.audible_ms` from the fault on. `kept` of `confirmed` turns that stood in the record when
    the fault came are there at the end. `why` says of a fate other than KEPT how it came."""

    row: Row
    fate: Fate
    why: str = ""
    audible_ms: int | None = None
    longest_silence_ms: int = 0
    confirmed: int = 0
    kept: int = 0
    said_twice: tuple[str, ...] = ()
    final: str = ""
    rungs: str = ""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of a call that is over."""

    call: BoxCall
    line: Line
    struck_ms: int
    struck_at_ms: int
    before: Conversation
    after: Conversation
    record: CallRecord | None


async def run_row(row: Row, field: Field) -> Outcome:
    """The field is whole before and after."""
    field.mend()
    await field.all_ready()
    field.ailing.asks_for_person = row.moment is Moment.TOOL_RUNNING
    field.mouth.said.clear()
    call = field.box.place_inbound(field.stack.from_number, CALLEE, field.caller)
    line = field.ears.line = field.box.line(call)
    striking: asyncio.Task[None] | None = None
    struck_ms, struck_at_ms, before = 0, 0, Conversation()
    missed = "the moment never came"
    try:
        async with asyncio.timeout(CALL_WITHIN_S):
            if await reach(row.moment, line):
                record = await asyncio.to_thread(field.stack.store.by_sid, call.sid)
                before = await _conversation(field, record)
                missed = _elsewhere(record, row.mode)
                struck_ms, struck_at_ms = line.now_ms, time.time_ns() // 1_000_000
                struck = Struck(field, record.call_id if record else "")
                field.is_soiled = row.fault.soils
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
    if missed:
        return Outcome(row, Fate.UNTRIED, missed, final=_final_words(call, record))
    after = await _conversation(field, record)
    told = _Told(call, _heard(line), struck_ms, struck_at_ms, before, after, record)
    return _outcome(row, field, told)


def _elsewhere(record: CallRecord | None, mode: Mode) -> str:
    stands_on = record.mode if record else None
    return "" if stands_on in (mode, None) else f"the call stood on {stands_on} before"


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


def _heard(line: PhoneLine) -> Line:
    return Line(line.caller_spans, line.agent_spans, line.now_ms)


def _outcome(row: Row, field: Field, told: _Told) -> Outcome:
    ids = {turn.id for turn in told.after.turns}
    audible_ms = measures.audible_ms(told.line, told.struck_ms)
    fate, why = _fate(row, field, told, audible_ms)
    return Outcome(
        row,
        fate,
        why,
        audible_ms=audible_ms,
        longest_silence_ms=measures.longest_silence_ms(told.line, told.struck_ms),
        confirmed=len(told.before.turns),
        kept=sum(turn.id in ids for turn in told.before.turns),
        said_twice=_said_twice(told.after),
        final=_final_words(told.call, told.record),
        rungs=" > ".join(use.mode.value for use in told.record.modes) if told.record else "",
        change=_change(row, field, told),
    )


def _said_twice(after: Conversation) -> tuple[str, ...]:
    """What stands in the conversation more than once, of what is said only once."""
    heard = [turn.heard for turn in after.turns if turn.role is Role.AGENT]
    greetings = sum(text.startswith(GREETING) for text in heard)
    answers = Counter(answer for text in heard for answer in ANSWERS if answer in text)
    return (*(text for text, times in answers.items() if times > 1), *(("the greeting",) * (greetings > 1)))


def _change(row: Row, field: Field, told: _Told) -> Change | None:
    """The first change of engine, where somebody waited for an answer then."""
    changed = [at_ms - told.struck_at_ms + told.struck_ms for at_ms in field.engines_changed_ms(told.struck_at_ms)]
    if not changed or not measures.is_owed(told.line, changed[0]):
        return None
    audible_ms = measures.audible_ms(told.line, changed[0])
    if audible_ms is None or told.record is None:
        return None
    since = [turn.heard for turn in told.after.turns[len(told.before.turns) :] if turn.role is Role.AGENT]
    bridge_ms = CHARACTER_MS * len(BRIDGE) if any(BRIDGE in text for text in since[:1]) else 0
    answering_ms = measures.answering_ms(told.line, changed[0], bridge_ms)
    streaming = [use.mode for use in told.record.modes if use.mode is not Mode.TRADITIONAL]
    is_desk = row.mode is Mode.REALTIME
    own_ms = measures.OWN_MS.get((streaming[-1], is_desk and streaming[-1] is Mode.PIPELINE), 0) if streaming else 0
    answered_ms = None if answering_ms is None else max(0, answering_ms - own_ms)
    return Change(changed[0] - told.struck_ms + audible_ms, audible_ms, answered_ms)


def _final_words(call: BoxCall, record: CallRecord | None) -> str:
    reason = record.end_reason.value if record and record.end_reason else "no reason"
    codes = ", ".join(dict.fromkeys(failure.code for failure in record.failures)) if record else ""
    return f"{call.status.value}, {reason}, by {call.hung_up_by or 'nobody'}" + (f" ({codes})" if codes else "")


def _fate(row: Row, field: Field, told: _Told, audible_ms: int | None) -> tuple[Fate, str]:
    """What became of the call, and why where it was not kept. A caller who has said everything, was answered and hangs
    up has lost nothing."""
    record, call, is_goodbye = told.record, told.call, row.moment is Moment.GOODBYE
    if number := field.dialled.get(call.sid):
        is_tool = row.moment is Moment.TOOL_RUNNING and number == COLLEAGUE
        return (Fate.KEPT, "") if is_tool else (Fate.PERSON, f"rang {number[-4:]}")
    if record and record.end_reason in GOODBYES:
        return Fate.KEPT, ""
    if audible_ms is None and not is_goodbye:
        return Fate.LOST, "nothing was heard any more"
    if call.hung_up_by == "caller" or (is_goodbye and call.hung_up_by == "application"):
        return Fate.KEPT, ""
    if any(words in text for text in field.mouth.said for words in (lifeline.APOLOGY, TROUBLE)):
        return Fate.APOLOGISED, ", ".join(failure.code for failure in record.failures) if record else "no record"
    return Fate.LOST, "ended without a goodbye"
