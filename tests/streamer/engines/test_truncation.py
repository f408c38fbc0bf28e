"""What a model is told was heard, over random interleavings of audio, marks, clears, interruptions and late deltas.

The caller's ear is a model of Twilio's buffer; the vendor is a model of a session that refuses what the real one does:
a truncation beyond the audio it has made, of an item it does not know, a second response while one is active.
"""

import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from calls.conversation import Conversation
from streamer.agent_voice import AgentVoice
from streamer.engines.making import Making
from streamer.engines.responses import Cancel, Command, Create, Responses
from streamer.engines.sounded import Truncate
from streamer.engines.wording import SpeakingRate, Wording
from streamer.events import (
    Answer,
    CancelReply,
    Effect,
    ReplyDone,
    ReplyFilled,
    ReplySpoken,
    SendClear,
    SendMark,
    SendMedia,
)
from tests.fakes.agents import AGENT
from tests.vendors.speech_tone import SILENCE

BYTES_PER_MS = 8


@dataclass
class Item:
    made_bytes: int = 0
    cut_ms: int | None = None


@dataclass
class Vendor:
    """`late` are the deltas on their way to us; `active` is the response that goes on."""

    items: dict[str, Item] = field(default_factory=dict)
    active: str | None = None
    late: deque[tuple[str, str, str, int | None]] = field(default_factory=deque)
    tags: dict[str, int | None] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def begin(self, tag: int | None) -> None:
        if self.active is not None:
            self.late.append(("busy", "", "", 0))
            return
        self.active = f"resp{len(self.tags)}"
        self.tags[self.active] = tag
        self.late.append(("created", self.active, "", tag))

    def speak(self, size_bytes: int, *, new_item: bool) -> None:
        """Also a little after its end, and a little of the one before."""
        if not self.tags:
            return
        if self.active is None or (size_bytes % 10 == 0 and len(self.tags) > 1):
            stray = list(self.tags)[-2 if self.active else -1]
            self.late.append(("audio", stray, f"{stray}-late", size_bytes))
            return
        mine = [name for name in self.items if name.startswith(f"{self.active}-")]
        name = mine[-1] if mine and not new_item else f"{self.active}-{len(mine)}"
        item = self.items.setdefault(name, Item())
        if item.cut_ms is None:
            item.made_bytes += size_bytes
        self.late.append(("audio", self.active, name, size_bytes))

    def end(self) -> None:
        if self.active is not None:
            self.late.append(("done", self.active, "", 0))
            self.active = None

    def take(self, command: Command) -> None:
        match command:
            case Create(reply_id):
                self.begin(reply_id)
            case Cancel(response_id) if response_id == self.active:
                self.end()
            case Truncate(item_id, _, end_ms):
                item = self.items.get(item_id)
                if item is None:
                    self.complaints.append("no such item")
                elif end_ms * BYTES_PER_MS > item.made_bytes:
                    self.complaints.append("already shorter")
                else:
                    item.cut_ms = end_ms


class Call:
    """A voice, a session and an ear on the same clock."""

    def __init__(self, seed: int) -> None:
        self.random, self.leads = random.Random(seed), random.Random(seed)
        self.now_ms = 1_000
        self.voice = AgentVoice(AGENT.limits, AGENT.turn_taking, "", "realtime", lambda number: f"r{number}")
        self.responses, self.vendor = Responses(), Vendor()
        self.making = Making(0, Wording(SpeakingRate()), 0.0)
        self.buffer: deque[SendMedia | SendMark] = deque()
        self.received: dict[str, int] = {}
        self.heard: dict[str, int] = {}
        self.sent_bytes = self.played_bytes = 0
        """Of the present reply, as the caller's ear has it."""
        self.truncations: list[tuple[Truncate, int]] = []
        self.of_item: dict[str, int] = {}
        self.busy = self.finished = self.skipped_ms = 0

    def apply(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case SendMedia() | SendMark():
                    self.buffer.append(effect)
                    self.sent_bytes += len(effect.mulaw) if isinstance(effect, SendMedia) else 0
                case SendClear():
                    marks = [one.name for one in self.buffer if isinstance(one, SendMark)]
                    self.buffer.clear()
                    for name in marks:  # a clear returns every mark: none of them was heard
                        assert self.voice.reply is None or not self.voice.reply.playback.returned(name, self.now_ms)
                case Answer(reply_id, _):
                    self.command(self.responses.ask(reply_id))
                case CancelReply(reply_id, played_ms, _):
                    self.cut(reply_id, played_ms)

    def cut(self, reply_id: int, played_ms: int) -> None:
        skipped_ms = self.making.lead_in.skipped_ms
        commands = self.responses.cancel(reply_id, self.making.here_ms(played_ms))
        kept_ms = sum(one.audio_end_ms for one in commands if isinstance(one, Truncate))
        whole_ms = sum(
            size // BYTES_PER_MS
            for name, size in self.received.items()
            if self.of_item[name] == reply_id
            and name not in {one.item_id for one in commands if isinstance(one, Truncate)}
        )
        assert kept_ms + whole_ms <= max(played_ms + skipped_ms, whole_ms), "silence that was left out counts as heard"
        assert (kept_ms - skipped_ms) * BYTES_PER_MS <= self.played_bytes <= self.sent_bytes
        assert kept_ms == 0 or played_ms > 0
        for one in commands:
            if isinstance(one, Truncate):
                assert one.audio_end_ms * BYTES_PER_MS <= self.received[one.item_id]
                self.truncations.append((one, played_ms))
                self.skipped_ms += skipped_ms
        self.command(commands)

    def command(self, commands: list[Command]) -> None:
        for command in commands:
            self.vendor.take(command)

    def step(self) -> None:
        self.now_ms += self.random.randrange(5, 120)
        chosen = self.random.choices(
            (self.order, self.vendor_speaks, self.vendor_tells, self.play, self.interrupt, self.pause, self.stray),
            (3, 14, 18, 16, 2, 2, 2),
        )
        chosen[0]()

    def order(self) -> None:
        if self.voice.reply is None:
            self.sent_bytes = self.played_bytes = 0
            self.apply(self.voice.answer(Conversation(), self.now_ms, answers=None))
            self.making = Making(0, Wording(SpeakingRate()), 0.0)
            if self.random.random() < 0.2 and self.voice.reply:
                reply_id = self.voice.reply.id
                self.apply(self.voice.take(ReplyFilled(reply_id, bytes(8 * 300), "Hm."), self.now_ms))

    def vendor_speaks(self) -> None:
        self.vendor.speak(self.random.randrange(1, 2_400), new_item=self.random.random() < 0.1)
        if self.random.random() < 0.1:
            self.vendor.end()

    def vendor_tells(self) -> None:
        for _ in range(self.random.randrange(1, 4)):
            if not self.vendor.late:
                return
            kind, response_id, item_id, size = self.vendor.late.popleft()
            if kind == "created":
                self.command(self.responses.created(response_id, size))
            elif kind == "busy":
                self.responses.not_now()
                self.busy += 1
            elif kind == "done":
                over, commands = self.responses.done(response_id)
                self.command(commands)
                if over is not None:
                    self.finished += 1
                    self.apply(self.voice.take(ReplyDone(over, None), self.now_ms))
            else:
                self.hear(response_id, item_id, size or 0)

    def hear(self, response_id: str, item_id: str, size: int) -> None:
        reply_id = self.responses.sounded(response_id, item_id, 0, size)
        if reply_id is None:
            return
        assert self.voice.reply is not None, "nobody is given what nobody waits for"
        assert self.voice.reply.id == reply_id
        assert self.vendor.tags[response_id] in (None, reply_id)
        self.received[item_id] = self.received.get(item_id, 0) + size
        self.of_item[item_id] = reply_id
        is_lead = not self.making.lead_in.has_voice and self.leads.random() < 0.4
        heard = self.making.lead_in.take(SILENCE * size if is_lead else bytes(size))
        if heard:
            self.apply(self.voice.take(ReplySpoken(reply_id, heard, "so "), self.now_ms))

    def play(self) -> None:
        """The caller hears some of Twilio's buffer, and the marks behind it come back."""
        for _ in range(self.random.randrange(1, 6)):
            if not self.buffer:
                break
            one = self.buffer.popleft()
            if isinstance(one, SendMedia):
                self.played_bytes += len(one.mulaw)
            elif self.voice.reply:
                self.voice.reply.playback.returned(one.name, self.now_ms)
        self.apply(self.voice.play(self.now_ms))
        self.voice.heard(self.now_ms)

    def interrupt(self) -> None:
        effects, _ = self.voice.cut(self.now_ms)
        self.apply(effects)

    def pause(self) -> None:
        self.apply(self.voice.pause())
        if self.random.random() < 0.8:
            self.apply(self.voice.resume(self.now_ms))

    def stray(self) -> None:
        """A response that nobody ordered."""
        if self.vendor.active is None and self.responses.is_idle:
            self.vendor.begin(self.random.choice((None, 99_999)))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_cut_never_exceeds_what_was_played_received_or_sent(seed: int) -> None:
    call = Call(seed)
    for _ in range(400):
        call.step()
    assert call.vendor.complaints == []
    assert call.finished > 0


def test_the_interleavings_do_truncate() -> None:
    """The property above is about something: cuts in the middle of an item, and at nothing."""
    ends: list[int] = []
    busy = skipped_ms = 0
    for seed in range(20):
        call = Call(seed)
        for _ in range(400):
            call.step()
        ends += [cut.audio_end_ms for cut, _ in call.truncations]
        busy += call.busy
        skipped_ms += call.skipped_ms
    assert len(ends) > 40
    assert 0 in ends
    assert max(ends) > 500
    assert min(busy, skipped_ms) > 0


def test_a_ledger_that_claims_too_much_is_not_believed() -> None:
    responses = Responses()
    responses.ask(1)
    responses.created("resp", 1)
    responses.sounded("resp", "first", 0, 800)
    responses.sounded("resp", "second", 0, 1_600)
    assert responses.cancel(1, 9_999) == [Cancel("resp"), Truncate("second", 0, 200)]
    assert responses.cancel(1, 9_999) == []
