"""A hundred finished calls with known faults, in a store."""

from collections.abc import Iterable
from dataclasses import replace

from calls.conversation import Role, Turn
from calls.errors import Blame, Failure
from calls.latency import Waterfall
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, Status, StreamUse
from calls.usage import Kind, Unit, Usage
from tests.fakes.memory_store import MemoryCallStore

DAY_MS = 86_400_000
FIRST_MS = 1_795_000_000_000  # 2026-11-18, 11:06 UTC
MINUTE_MS = 60_000

QUOTA = Failure("openai-quota", Blame.CONFIGURATION, "OpenAI refuses: the account has no credit left.")
LOST = Failure("elevenlabs-lost", Blame.PROVIDER, "The connection to ElevenLabs broke.", True)
NEVER = Failure("stream-never-came", Blame.OFFHOOK, "No stream reached the streamer in time.")
GEO = Failure("twilio-13227", Blame.TWILIO, "Twilio could not connect the call (code 13227).")
PLANTED = {
    ("openai-quota", Blame.CONFIGURATION): 9,
    ("elevenlabs-lost", Blame.PROVIDER): 6,
    ("stream-never-came", Blame.OFFHOOK): 4,
    ("twilio-13227", Blame.TWILIO): 2,
}


def call_id(number: int) -> str:
    return f"01KHUNDRED{number:016d}"


def made(number: int) -> CallRecord:
    """A whole pipeline call of one minute, made `number` minutes after the first."""
    at_ms = FIRST_MS + number * MINUTE_MS
    return CallRecord(
        call_id(number),
        Direction.OUTBOUND,
        "default",
        "+14155550100",
        "+14155550101",
        at_ms,
        f"CA{number:032x}",
        Status.COMPLETED,
        (ModeUse(Mode.PIPELINE, at_ms + 1000, at_ms + 61_000, "The call ended."),),
        at_ms + 1000,
        at_ms + 61_000,
        EndReason.CALLER_GOODBYE,
        streams_served=1,
        streams=(StreamUse(1, Mode.PIPELINE, at_ms + 1000, at_ms + 1100, at_ms + 1150, ended_at_ms=at_ms + 61_000),),
    )


def fallen(record: CallRecord, failure: Failure) -> CallRecord:
    """It went on in traditional mode after 30 s."""
    at_ms = record.created_at_ms + 31_000
    first = replace(record.modes[0], left_at_ms=at_ms, why_left=failure.sentence)
    after = ModeUse(Mode.TRADITIONAL, at_ms, record.ended_at_ms, "The call ended.")
    streams = (replace(record.streams[0], ended_at_ms=at_ms, code=failure.code),)
    return replace(record, modes=(first, after), streams=streams, failures=(failure,))


def unanswered(record: CallRecord, status: Status, failure: Failure | None = None) -> CallRecord:
    reason = EndReason.FAILED if failure else EndReason.NOT_CONNECTED
    failures = (failure,) if failure else ()
    return replace(
        record, status=status, modes=(), answered_at_ms=None, end_reason=reason, failures=failures, streams=(),
        streams_served=0,
    )  # fmt: skip


def hundred() -> list[CallRecord]:
    """9 fall on a quota and hang up half of them, 6 on a lost voice, 4 never stream, 2 cannot be dialled, 5 are busy,
    70 of the rest talk in pipeline and 4 in traditional mode all along."""
    calls = [made(number) for number in range(100)]
    for number in range(9):
        calls[number] = fallen(calls[number], QUOTA)
    for number in range(5):
        calls[number] = replace(calls[number], end_reason=EndReason.CALLER_HUNG_UP)
    for number in range(9, 15):
        calls[number] = fallen(calls[number], LOST)
    for number in range(15, 19):
        calls[number] = fallen(calls[number], NEVER)
    for number in range(19, 21):
        calls[number] = unanswered(calls[number], Status.FAILED, GEO)
    for number in range(21, 26):
        calls[number] = unanswered(calls[number], Status.BUSY)
    for number in range(26, 30):
        use = replace(calls[number].modes[0], mode=Mode.TRADITIONAL)
        calls[number] = replace(calls[number], agent="night", modes=(use,), streams=(), streams_served=0)
    return calls


def turns_of(record: CallRecord, number: int) -> Iterable[Turn]:
    """A greeting 400 ms after the answer, an answer after 500 + 10 x `number` ms, cut after 200 ms by a voice."""
    if record.answered_at_ms is None or record.modes[0].mode is Mode.TRADITIONAL:
        return
    zero_ms = record.answered_at_ms
    yield Turn("t0", Role.AGENT, "Hello.", "Hello.", False, zero_ms + 400, zero_ms + 1400, "pipeline")
    yield Turn("t1", Role.CALLER, "When?", "When?", False, zero_ms + 2000, zero_ms + 2500, "pipeline")
    total = 500 + 10 * number
    began_ms = zero_ms + 2500 + total
    answer = Turn("t2", Role.AGENT, "At nine, and so on.", "At nine,", True, began_ms, began_ms + 1200, "pipeline")
    yield replace(answer, latency=Waterfall(total=total, endpointing=300, model=total - 300))
    yield Turn("t3", Role.CALLER, "Bye.", "Bye.", False, began_ms + 1000, began_ms + 1500, "pipeline")


def usage_of(record: CallRecord) -> Iterable[Usage]:
    if record.answered_at_ms is not None:
        amounts = {Unit.TEXT_IN: 1000, Unit.TEXT_OUT: 100}
        yield Usage("u1", "openai", "gpt-6-luna", Kind.MODEL, amounts, "t2", record.answered_at_ms + 3000)


def store_of(records: Iterable[CallRecord]) -> MemoryCallStore:
    store = MemoryCallStore()
    for number, record in enumerate(records):
        store.create(record)
        for turn in turns_of(record, number):
            store.append_turn(record.call_id, turn)
        for usage in usage_of(record):
            store.append_usage(record.call_id, usage)
    return store
