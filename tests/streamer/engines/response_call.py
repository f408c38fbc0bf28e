"""A session of the realtime engine, the network, a vendor and a dialogue, under a test's hand: every event waits in its
direction until it is let through, or has waited for as long as the network may hold it."""

import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from calls.conversation import Role
from calls.errors import ProviderFailed
from streamer.engines.caller_turns import CallerTurns
from streamer.engines.realtime_talk import Talk
from streamer.engines.sounded import BYTES_PER_MS
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, TurnTaken, TurnWorded, Used
from streamer.providers.sent_audio import KeptAudio
from tests.fakes.agents import AGENT
from tests.streamer.engines.realtime_parts import Clock, FakeSession
from tests.streamer.engines.response_vendor import Kind, ModelVendor

ONE_WAY_S = 0.15
_TICK_S = 0.05
_LOOK_TICKS = 4
_PAUSE_TICKS = 12
_TELLS = ("conversation.item.create", "conversation.item.truncate", "conversation.item.delete")


@dataclass
class Reply:
    """One that is wanted: made anew, being made, or sounding. `told` and `turns`: how many changes of the conversation
    had gone out when it was asked for, and how many turns were known."""

    id: int
    words: str
    told: int
    turns: int
    items: dict[str, int] = field(default_factory=dict)
    is_over: bool = False

    @property
    def received_ms(self) -> int:
        return sum(self.items.values())


class Wire(FakeSession):
    """What is sent is on its way; `known` is how many turns were when it was sent, by event id."""

    def __init__(self, call: "Call") -> None:
        super().__init__()
        self._call = call
        self.under_way: deque[tuple[float, dict[str, Any]]] = deque()
        self.known: dict[str, int] = {}

    def send(self, message: bytes) -> bool:
        event = json.loads(message)
        self.under_way.append((self._call.clock.now_s, event))
        self.known[event["event_id"]] = self._call.turns
        self._call.told += event["type"] in _TELLS
        return True


class Call:
    """A talk, its vendor, the network between them, and a dialogue over it. It is the talk's owner."""

    def __init__(self, kind: Kind) -> None:
        self.clock, self.vendor, self.unknown = Clock(), ModelVendor(kind), UnknownEvents()
        self.vendor.now_s = self.clock.now_s
        self.told = self.turns = self.ticks = 0
        self.wire = Wire(self)
        self.talk = Talk(self.wire, AGENT, CallerTurns(AGENT.realtime, KeptAudio(1_000)), self, self.clock)
        self.talk.take(b'{"type":"session.updated"}')
        self.numbers = count(1)
        self.reply: Reply | None = None
        self.over: Counter[int] = Counter()
        self.begun: set[str] = set()
        self.reckoned: Counter[str] = Counter()
        self.heard: dict[str, int] = {}
        self.plans: deque[int] = deque()
        self.phrases: list[str] = []
        self.sounding = ""

    # --- the dialogue ------------------------------------------------------------------------------------------------

    def interrupt(self, quarters: int) -> None:
        """So many quarters of what has come were heard."""
        reply, self.reply = self.reply, None
        if reply is None:
            return
        played_ms = left_ms = reply.received_ms * (quarters % 5) // 4
        for item_id, sound_ms in reply.items.items():
            self.heard[item_id] = min(left_ms, sound_ms)
            left_ms -= self.heard[item_id]
        self.talk.cancel(reply.id, played_ms)

    def ask(self, words: str = "") -> None:
        self.reply = Reply(next(self.numbers), words, self.told, self.turns)
        self.talk.ask(self.reply.id, words)

    def phrase(self) -> None:
        """Fixed words that the session does not speak itself."""
        self.phrases.append(self.talk.client.enter_text(Role.AGENT, "Hello."))

    def played_out(self) -> None:
        if self.reply and self.reply.is_over:
            self.heard.update(self.reply.items)
            self.reply = None

    # --- what the talk tells -----------------------------------------------------------------------------------------

    def emit(self, event: EngineEvent) -> None:
        if isinstance(event, Used):
            self.reckoned[event.usage.id] += 1

    def turn_taken(self, turn: TurnTaken) -> None:
        self.turns += 1
        plan = self.plans.popleft()
        if plan % 3:
            self.interrupt(plan)
            self.ask()
        elif plan:
            self.interrupt(plan)

    def turn_worded(self, worded: TurnWorded) -> None:
        """The vendor of this test writes nothing down."""

    def reply_worded(self, reply_id: int, text: str, *, is_spoken: bool) -> None:
        raise AssertionError("nothing is worded")

    def reply_sounded(self, reply_id: int, mulaw: bytes) -> None:
        reply = self.reply
        assert reply is not None, "nobody waits for it"
        assert (reply.id, reply.is_over) == (reply_id, False)
        made = self.vendor.made[f"resp-{mulaw[0]}"]
        assert made.knows >= reply.told, "a stale answer is heard"
        assert made.turns >= reply.turns, "an answer to an earlier turn is heard"
        assert made.words == bool(reply.words)
        assert made.label in (None, str(reply_id))
        self.vendor.seen["taken"] += made.is_unasked
        reply.items[self.sounding] = reply.items.get(self.sounding, 0) + len(mulaw) // BYTES_PER_MS

    def response_over(self, reply_id: int, response: Mapping[str, Any]) -> None:
        assert self.reply is not None
        assert self.reply.id == reply_id
        if self.reply.items:
            self.over[reply_id] += 1
            self.reply.is_over = True
        else:
            self.talk.forget(reply_id, response)
            self.reply.told, self.reply.turns = self.told, self.turns
            self.talk.ask(reply_id, self.reply.words)

    def reply_refused(self, reply_id: int, failed: ProviderFailed) -> None:
        raise AssertionError("nothing is refused for good")

    # --- the network -------------------------------------------------------------------------------------------------

    def to_vendor(self) -> None:
        if self.wire.under_way:
            self.vendor.take(self.wire.under_way.popleft()[1])

    def to_client(self) -> None:
        if not self.vendor.out:
            return
        _, event = self.vendor.out.popleft()
        if event["type"] == "response.created":
            self.begun.add(event["response"]["id"])
        self.sounding = event.get("item_id", "")
        self.talk.take(json.dumps(event).encode())

    def flush(self) -> None:
        """The network has no delay at all."""
        while self.wire.under_way or self.vendor.out:
            self.to_vendor()
            self.to_client()

    def listen(self) -> None:
        """The agent says what it has to say, and is silent for a while."""
        for _ in range(_PAUSE_TICKS):
            self.tick()
            self.vendor.keep_on(0.1)
        self.flush()
        self.played_out()
        self.talk.answer_unasked(wanted=True)
        for _ in range(_PAUSE_TICKS):
            self.tick()

    def tick(self) -> None:
        self.ticks += 1
        self.clock.now_s = self.vendor.now_s = self.clock.now_s + _TICK_S
        latest_s = self.clock.now_s - ONE_WAY_S
        while self.wire.under_way and self.wire.under_way[0][0] < latest_s:
            self.to_vendor()
        while self.vendor.out and self.vendor.out[0][0] < latest_s:
            self.to_client()
        self.vendor.keep_on()
        if self.ticks % _LOOK_TICKS == 0:
            self.talk.look()

    # --- what happens ------------------------------------------------------------------------------------------------

    def step(self, what: str, number: int) -> None:
        for _ in range(number if what in ("vendor", "client", "time") else 1):
            self._happen(what, number)
        assert self.vendor.complaints == []

    def _happen(self, what: str, number: int) -> None:
        match what:
            case "vendor":
                self.to_vendor()
            case "client":
                self.to_client()
            case "time":
                self.tick()
            case "flush":
                self.flush()
            case "voice":
                self.vendor.say("input_audio_buffer.speech_started", audio_start_ms=0, item_id="user")
            case "turn" | "exchange":
                if what == "exchange":
                    self.listen()
                self.plans.append(number)
                self.vendor.turn()
            case "late":
                self.vendor.begin_late()
            case "speak" | "sound":
                self.vendor.speak(number * 40, in_new_item=number == 1)
                if what == "sound":
                    self.flush()
            case "finish":
                self.vendor.finish()
            case "quiet" | "loud":
                self.talk.answer_unasked(wanted=what == "quiet")
            case "played":
                self.played_out()
            case "unsay" if self.phrases:
                self.talk.client.delete(self.phrases.pop())
            case "cut" | "answer" | "say" | "keys" | "phrase":
                self._order(what, number)

    def _order(self, what: str, number: int) -> None:
        self.interrupt(number)
        if what in ("keys", "phrase"):
            self.phrase()
        if what in ("answer", "keys"):
            self.ask()
        elif what == "say":
            self.ask("Goodbye.")

    def settle(self) -> None:
        """Nobody does anything any more, and everything arrives."""
        for _ in range(160):
            self.tick()
            self.vendor.keep_on(0.3)

    # --- what must hold ----------------------------------------------------------------------------------------------

    def check_end(self) -> None:
        assert self.vendor.complaints == []
        assert self.talk.failed is None
        assert self.vendor.active is None
        assert self.talk.responses.is_idle
        assert self.reply is None or self.reply.is_over, "what was asked for last was answered"
        assert max(self.over.values(), default=1) == 1, "nothing is answered twice"
        assert self.reckoned == Counter(self.begun)
        self.played_out()
        for item_id, item in self.vendor.items.items():
            assert item.made_ms == self.heard.get(item_id, 0), "the vendor knows what was heard"
        for item_id, heard_ms in self.heard.items():
            assert not heard_ms or item_id in self.vendor.items, "what was heard is part of the conversation"

    def check_refusals(self) -> None:
        """A request is refused only for the response to a turn whose end crossed with it, and once for each. Where the
        vendor does not say that it answers turns, or says it late, it may be asked once more."""
        if self.vendor.kind is not Kind.FAITHFUL:
            assert len(self.vendor.refusals) <= 2 * self.vendor.turns
            return
        in_the_way = Counter(active.id for _, active in self.vendor.refusals)
        assert max(in_the_way.values(), default=1) == 1
        for event_id, active in self.vendor.refusals:
            assert active.is_unasked
            assert active.turns > self.wire.known[event_id], "its turn was known to be answered"
