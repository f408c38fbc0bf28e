"""The loop of a call, on a socket under the test's hand and with an engine that says what it is told to."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from calls.errors import Blame, ConfigurationInvalid, Failure
from calls.record import CallRecord, Direction, Do, EndReason, Mode
from calls.usage import Kind, Unit, Usage
from streamer.bridge import MALFORMED_ALLOWED, Bridge
from streamer.engines.engine import Engine
from streamer.events import (
    EngineEvent,
    EngineLost,
    EngineOrder,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    TurnEnded,
    Used,
)
from streamer.journal import Journal
from streamer.ladder import Ladder
from streamer.leaving import HANDED_OVER, NORMAL_CLOSE
from streamer.session import Session
from streamer.twilio_stream import Media
from tests.fakes.agents import AGENT
from tests.fakes.memory_store import MemoryCallStore

RECORD = CallRecord("01CALL", Direction.INBOUND, "default", "+15550001111", "+15550002222", 1_000)


class FakeSocket:
    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []
        self.closed: tuple[int, str] | None = None
        self.arrive: Callable[[bytes], None] = lambda _: None
        self.end: Callable[[], None] = lambda: None

    def attach(self, on_message: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        self.arrive, self.end = on_message, on_end

    def send(self, text: str) -> None:
        sent = json.loads(text)
        self.sent.append(sent)
        if sent["event"] == "mark":  # a Twilio that plays at once
            self.put(event="mark", mark=sent["mark"])

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = (code, reason)
        self.end()

    def put(self, **message: object) -> None:
        self.put_text(json.dumps(message))

    def put_text(self, text: str) -> None:
        asyncio.get_running_loop().call_soon(lambda: self.arrive(text.encode()))

    def hang_up(self) -> None:
        self.end()

    def events(self) -> list[object]:
        return [message["event"] for message in self.sent]


class ObedientEngine:
    """Speaks every order as one tenth of a second; breaks when told to."""

    def __init__(self) -> None:
        self.emit: Callable[[EngineEvent], None] | None = None
        self.heard: list[tuple[bytes, int]] = []
        self.orders: list[EngineOrder] = []
        self.breaking = asyncio.Event()
        self.last_words: list[EngineEvent] = []

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        self.emit = emit
        try:
            await self.breaking.wait()
        finally:
            for event in self.last_words:
                emit(event)
        raise RuntimeError("a defect")

    def hear(self, frame: Media) -> None:
        self.heard.append((frame.mulaw, frame.media_ms))

    def order(self, order: EngineOrder) -> None:
        self.orders.append(order)
        if isinstance(order, Say):
            asyncio.get_running_loop().call_soon(self._speak, order)

    def _speak(self, order: Say) -> None:
        assert self.emit is not None
        self.emit(ReplyWorded(order.reply_id, order.text))
        self.emit(ReplySpoken(order.reply_id, b"\x10" * 800, order.text))
        self.emit(ReplyDone(order.reply_id, None))


class OnTheLine:
    """A bridge running over the fakes."""

    def __init__(self, make: Callable[[Mode], Engine] | None = None, ladder: Ladder | None = None) -> None:
        self.store = MemoryCallStore()
        self.store.create(RECORD)
        self.socket, self.engine = FakeSocket(), ObedientEngine()
        mode = ladder.mode if ladder else Mode.PIPELINE
        self.session = Session(AGENT, mode, "MZ1", 1_000_000, ladder=ladder)
        journal = Journal(self.store, RECORD.call_id)
        self.now_ms = 1_000_000
        self.bridge = Bridge(
            self.socket, "MZ1", self.session, make or (lambda _: self.engine), journal, lambda: self.now_ms
        )
        self.task = asyncio.create_task(self.bridge.run())

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(3):
            while not what():  # noqa: ASYNC110 - what is waited for is spread over store, socket and counters
                await asyncio.sleep(0.005)

    async def ended(self) -> None:
        async with asyncio.timeout(5):
            await self.task

    @property
    def record(self) -> CallRecord:
        record = self.store.by_call_id(RECORD.call_id)
        assert record is not None
        return record

    def heard(self) -> list[str]:
        return [turn.heard for turn in self.store.conversation(RECORD.call_id).turns]


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the log has of this call that has a code: the runbook finds a vendor's failure by it."""
    of_call = [line.__dict__ for line in caplog.records if line.__dict__.get("callId") == RECORD.call_id]
    return [(line["message"].partition(":")[0], line["code"]) for line in of_call if "code" in line]


async def test_a_call_greets_hears_and_says_goodbye_in_that_order() -> None:
    line = OnTheLine()
    await line.until(lambda: line.heard() == [AGENT.greeting])
    line.now_ms += 3_000
    line.socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "2000"})
    await line.until(lambda: line.engine.heard == [(b"\x7f" * 4, 2000)])
    assert line.engine.emit is not None
    line.engine.emit(TurnEnded("Goodbye.", 1_000, 1_500))
    await line.ended()
    assert line.socket.closed == (NORMAL_CLOSE, "hang-up")
    assert line.heard() == [AGENT.greeting, "Goodbye.", AGENT.closing]
    assert line.record.end_reason is EndReason.CALLER_GOODBYE
    assert line.record.next_step is not None
    assert line.record.next_step.do is Do.HANG_UP
    assert line.socket.events() == ["media", "mark", "media", "mark"]


async def test_what_an_engine_says_at_its_very_end_that_it_used_is_written() -> None:
    line = OnTheLine()
    usage = Usage("last", "deepgram", "nova-3", Kind.RECOGNISER, {Unit.MILLISECONDS: 900})
    line.engine.last_words.append(Used(usage))
    await line.until(lambda: line.heard() == [AGENT.greeting])
    line.socket.hang_up()
    await line.ended()
    (written,) = line.store.usage(RECORD.call_id)
    assert written == replace(usage, id="MZ1-last", at_ms=1_000_000)


async def test_a_stream_that_carries_nothing_is_looked_at_by_the_clock() -> None:
    line = OnTheLine()
    await line.until(lambda: line.heard() == [AGENT.greeting])

    def asked_later() -> bool:
        line.now_ms += 100
        return any(isinstance(order, Say) and order.text == AGENT.phrases.still_there for order in line.engine.orders)

    await line.until(asked_later)
    line.socket.hang_up()
    await line.ended()


async def test_every_outgoing_frame_names_its_stream() -> None:
    line = OnTheLine()
    await line.until(lambda: len(line.socket.sent) == 2)
    assert {message["streamSid"] for message in line.socket.sent} == {"MZ1"}
    line.socket.put(event="stop")
    await line.ended()


async def test_a_stop_or_a_lost_socket_ends_the_call_quietly() -> None:
    for last in ("stop", None):
        line = OnTheLine()
        if last:
            line.socket.put(event="stop")
        else:
            asyncio.get_running_loop().call_soon(line.socket.hang_up)
        await line.ended()
        assert line.socket.closed is None
        assert line.record.next_step is None


async def test_malformed_frames_are_passed_over_up_to_a_bound() -> None:
    line = OnTheLine()
    for _ in range(MALFORMED_ALLOWED):
        line.socket.put_text("{not json")
    line.socket.put(event="start", start={}, more="")
    line.socket.put(event="dtmf", dtmf={"digit": "5"})
    await line.until(lambda: line.bridge.counters.malformed == MALFORMED_ALLOWED + 1)
    await line.ended()
    assert line.socket.closed is not None
    assert line.record.failures[0].code == "frames-malformed"
    assert line.record.next_step is not None
    assert line.record.next_step.do is Do.GATHER


async def test_a_few_malformed_frames_cost_nothing() -> None:
    line = OnTheLine()
    line.socket.put_text("\x00")
    line.socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "20"})
    await line.until(lambda: len(line.engine.heard) == 1)
    assert not line.task.done()
    line.socket.put(event="stop")
    await line.ended()


async def test_a_frame_dated_far_ahead_is_malformed_and_moves_no_clock() -> None:
    line = OnTheLine()
    line.socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "86400000"})
    line.socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "0"})
    await line.until(lambda: len(line.engine.heard) == 1)
    assert line.bridge.counters.malformed == 1
    assert line.session.dialogue.floor.caller_speaks is False
    line.socket.put(event="stop")
    await line.ended()


async def test_a_second_start_is_ignored() -> None:
    line = OnTheLine()
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    line.socket.put(event="start", start={"streamSid": "MZ2", "callSid": "CA2", "mediaFormat": media_format})
    await line.until(lambda: line.bridge.counters.unexpected == 1)
    assert not line.task.done()
    line.socket.put(event="stop")
    await line.ended()


async def test_a_defect_in_the_engine_hands_the_call_over(caplog: pytest.LogCaptureFixture) -> None:
    line = OnTheLine()
    await line.until(lambda: line.heard() == [AGENT.greeting])
    line.engine.breaking.set()
    await line.ended()
    assert line.socket.closed == (HANDED_OVER, "gather")
    assert [failure.code for failure in line.record.failures] == ["engine-broke"]
    assert logged(caplog) == [("engine broke", "engine-broke"), ("the call leaves its stream", "engine-broke")]


async def test_a_task_that_leaves_hands_the_call_over() -> None:
    line = OnTheLine()
    await line.until(lambda: line.heard() == [AGENT.greeting])
    line.bridge.hand_over(Failure("task-leaving", Blame.OFFHOOK, "A deploy."))
    await line.ended()
    assert line.socket.closed == (HANDED_OVER, "gather")


async def test_a_table_that_is_down_does_not_stop_the_call() -> None:
    line = OnTheLine()
    line.store.down = True
    await line.until(lambda: bool(line.socket.sent))
    line.socket.put(event="stop")
    await line.ended()


async def test_a_lost_engine_is_replaced_and_hears_again_what_does_not_stand_yet(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made: list[tuple[Mode, ObedientEngine]] = []

    def make(mode: Mode) -> ObedientEngine:
        made.append((mode, ObedientEngine()))
        return made[-1][1]

    line = OnTheLine(make, Ladder(AGENT.modes, Mode.REALTIME, 1_000_000))
    await line.until(lambda: line.heard() == [AGENT.greeting])
    line.now_ms += 3_000
    line.socket.put(event="media", media={"payload": "f39/fw==", "timestamp": "2000"})
    await line.until(lambda: made[0][1].heard == [(b"\x7f" * 4, 2000)])
    made[0][1].breaking.set()
    await line.until(lambda: len(made) == 2)
    assert made[1][0] is Mode.PIPELINE
    assert made[1][1].heard == [(b"\x7f" * 4, 2000)]
    assert line.socket.closed is None
    await line.until(lambda: line.record.mode is Mode.PIPELINE)
    assert [failure.code for failure in line.record.failures] == ["engine-broke"]
    assert logged(caplog) == [("engine broke", "engine-broke"), ("another engine", "engine-broke")]


async def test_when_no_engine_can_be_made_the_call_leaves_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    def make(_mode: Mode) -> ObedientEngine:
        raise ConfigurationInvalid("No engine here.", code="mode-not-here")

    line = OnTheLine(make, Ladder(AGENT.modes, Mode.REALTIME, 1_000_000))
    await line.ended()
    assert line.socket.closed == (HANDED_OVER, "gather")
    assert line.record.next_step is not None
    assert line.record.next_step.do is Do.GATHER
    assert [failure.code for failure in line.record.failures] == ["mode-not-here"]
    said = ["no engine", "another engine", "no engine", "the call leaves its stream"]
    assert logged(caplog) == [(what, "mode-not-here") for what in said]


async def test_what_a_replaced_engine_still_says_is_not_heard_but_what_it_used_counts() -> None:
    made: list[ObedientEngine] = []

    def make(_mode: Mode) -> ObedientEngine:
        made.append(ObedientEngine())
        return made[-1]

    line = OnTheLine(make, Ladder(AGENT.modes, Mode.REALTIME, 1_000_000))
    await line.until(lambda: line.heard() == [AGENT.greeting])
    first = made[0].emit
    assert first is not None
    first(EngineLost(Failure("lost", Blame.PROVIDER, "Lost.")))
    await line.until(lambda: len(made) == 2)
    first(TurnEnded("Hello?", 0, 0))
    first(Used(Usage("u1", "openai", "gpt", Kind.MODEL, {Unit.TEXT_IN: 5})))
    await line.until(lambda: len(line.store.usage(RECORD.call_id)) == 1)
    assert line.heard() == [AGENT.greeting]
