"""`Session.due_at_ms`: a session that is left alone until then does what one does that is asked with every frame."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.agent import Agent
from calls.record import Mode
from calls.reply import EndCall
from streamer.events import (
    Draft,
    Effect,
    ReplyBegun,
    ReplyDone,
    ReplyFilled,
    ReplySpoken,
    ReplyWorded,
    SendMark,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnResumed,
    TurnTaken,
    TurnWorded,
)
from streamer.session import Session
from tests.fakes.agents import AGENT

START, FRAME_MS = 1_000_000, 20
Step: TypeAlias = tuple[str, int, int]
LIMITED: Agent = replace(AGENT, limits=replace(AGENT.limits, call_s=60))


class Line:
    """A session with its frames. `is_lazy`: time is told as the bridge tells it."""

    def __init__(self, *, is_lazy: bool) -> None:
        self.session = Session(LIMITED, Mode.PIPELINE, "MZ1", START)
        self.is_lazy = is_lazy
        self.now_ms, self.due_at_ms = START, 0.0
        self.marks: list[str] = []
        self.done: list[tuple[int, Effect]] = []
        self.asked = 0
        self.note(self.session.begin(START))

    def note(self, effects: list[Effect]) -> None:
        self.due_at_ms = 0
        self.marks += [effect.name for effect in effects if isinstance(effect, SendMark)]
        self.done += [(self.now_ms, effect) for effect in effects]

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.now_ms += FRAME_MS
            self.session.on_media_time(self.now_ms - START - FRAME_MS, self.now_ms)
            if self.is_lazy and self.now_ms < self.due_at_ms:
                continue
            self.asked += 1
            effects = self.session.on_time(self.now_ms)
            if effects:
                self.note(effects)
            else:
                self.due_at_ms = self.session.due_at_ms

    def take(self, step: Step) -> None:
        what, number, frames = step
        session, now_ms, media_ms = self.session, self.now_ms, self.now_ms - START
        reply = session.dialogue.voice.reply
        reply_id = reply.id if reply else number
        events: dict[str, Callable[[], list[Effect]]] = {
            "nothing": list,
            "mark": lambda: session.on_mark(self.marks.pop(0), now_ms) if self.marks else [],
            "digit": lambda: session.on_digit("1#"[number % 2], now_ms),
            "voice": lambda: session.on_engine(SpeechStarted(media_ms), now_ms),
            "quiet": lambda: session.on_engine(SpeechStopped(), now_ms),
            "words": lambda: session.on_engine(Draft(("uh-huh", "I want to")[number % 2]), now_ms),
            "likely": lambda: session.on_engine(TurnLikely("I want to", media_ms - 500, media_ms), now_ms),
            "resumed": lambda: session.on_engine(TurnResumed(), now_ms),
            "ended": lambda: session.on_engine(TurnEnded(("I want to", "")[number % 2], media_ms, media_ms), now_ms),
            "taken": lambda: session.on_engine(TurnTaken(f"t{number}", media_ms, media_ms), now_ms),
            "worded": lambda: session.on_engine(TurnWorded(f"t{number}", "I want to"), now_ms),
            "begun": lambda: session.on_engine(ReplyBegun(1_000 + number), now_ms),
            "reply words": lambda: session.on_engine(ReplyWorded(reply_id, "Gladly. "), now_ms),
            "sound": lambda: session.on_engine(ReplySpoken(reply_id, b"\x10" * 4_000 * number, "Gladly. "), now_ms),
            "filler": lambda: session.on_engine(ReplyFilled(reply_id, b"\x10" * 800, "Well."), now_ms),
            "done": lambda: session.on_engine(ReplyDone(reply_id, None), now_ms),
            "bye": lambda: session.on_engine(ReplyDone(reply_id, EndCall("done")), now_ms),
        }
        self.note(events[what]())
        self.frames(frames)


EVENTS = (
    "nothing mark mark digit voice voice quiet words likely resumed ended ended taken worded begun sound sound filler "
    "done done bye"
)
STEPS = st.tuples(
    st.sampled_from([*EVENTS.split(), "reply words"]),
    st.integers(1, 6),
    st.sampled_from([0, 1, 3, 12, 40, 300]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_asked_only_when_due_a_session_does_the_same_at_the_same_time(steps: list[Step]) -> None:
    always, lazy = Line(is_lazy=False), Line(is_lazy=True)
    for step in steps:
        always.take(step)
        lazy.take(step)
        assert lazy.done == always.done


def test_a_quiet_line_is_hardly_ever_asked() -> None:
    line = Line(is_lazy=True)
    for step in (("reply words", 1, 0), ("sound", 1, 1), ("done", 1, 25)):
        line.take(step)
    for _ in range(5):
        line.take(("mark", 1, 0))
    before = line.asked
    line.frames(250)
    assert line.asked - before == 1
    line.take(("voice", 1, 200))
    assert line.asked - before <= 3
