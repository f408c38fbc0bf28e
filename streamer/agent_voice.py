"""The agent's side of the floor: at most one reply at a time, from the order to the last mark. No I/O.

A reply may be *held* (thought and spoken ahead of the end of the caller's turn, and not yet sent), *paused* (silenced
by a voice that may come to nothing) and *cut* (silenced for good, with only what was heard kept).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from calls.agent import Limits, TurnTaking
from calls.conversation import Conversation, Turn
from calls.record import EndReason
from streamer.events import (
    Answer,
    CancelReply,
    Effect,
    Fill,
    ReplyDone,
    ReplyFilled,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendClear,
    SendMark,
    SendMedia,
)
from streamer.playback import BYTES_PER_MS, Playback
from streamer.reply_in_progress import Outlet, ReplyInProgress, TurnEnd


@dataclass(slots=True)
class AgentVoice:
    """`turn_id_of` names the turn of a reply; `mode` is the rung they were spoken on."""

    limits: Limits
    turn_taking: TurnTaking
    filler: str
    mode: str
    turn_id_of: Callable[[int], str]
    reply: ReplyInProgress | None = None
    _replies_made: int = 0

    # --- orders ------------------------------------------------------------------------------------------------------

    def say(
        self,
        text: str,
        now_ms: int,
        *,
        ends_call: EndReason | None = None,
        answers: TurnEnd | None = None,
        is_held: bool = False,
    ) -> list[Effect]:
        reply = self._new_reply(now_ms, answers, is_held)
        reply.ends_call, reply.fixed = ends_call, text
        reply.fill()  # fixed words come from memory: nothing to cover up
        return [Say(reply.id, text)]

    def answer(
        self, conversation: Conversation, now_ms: int, *, answers: TurnEnd | None, is_held: bool = False
    ) -> list[Effect]:
        return [Answer(self._new_reply(now_ms, answers, is_held).id, conversation)]

    def begun(self, reply_id: int, now_ms: int, answers: TurnEnd | None) -> None:
        """The engine speaks of its own accord: it was at it since the turn that it answers was over."""
        reply = self._new_reply(answers.decided_at_ms if answers else now_ms, answers, is_held=False)
        reply.id = reply_id
        reply.fill()

    def _new_reply(self, since_ms: int, answers: TurnEnd | None, is_held: bool) -> ReplyInProgress:
        number = self.next_id()
        outlet = Outlet.HELD if is_held else Outlet.OPEN
        self.reply = ReplyInProgress(number, Playback(f"r{number}"), since_ms, answers, number=number, outlet=outlet)
        return self.reply

    def next_id(self) -> int:
        """A number that no reply has had."""
        self._replies_made += 1
        return self._replies_made

    def make_last(self, answers: TurnEnd, reason: EndReason, words: str, now_ms: int) -> list[Effect]:
        """The turn turns out to be a goodbye: the reply that answers it is the last one. Where that has been heard
        already, `words` are said, if any."""
        if self.reply is None:
            return self.say(words, now_ms, ends_call=reason) if words else []
        if self.reply.answers == answers:
            self.reply.ends_call = self.reply.ends_call or reason
        return []

    # --- what the engine gives out -----------------------------------------------------------------------------------

    def take(self, event: ReplyWorded | ReplySpoken | ReplyFilled | ReplyDone, now_ms: int) -> list[Effect]:
        """A piece of the reply; of a reply that was cancelled meanwhile, nothing."""
        reply = self.reply
        if reply is None or event.reply_id != reply.id:
            return []
        match event:
            case ReplyWorded(_, text, has_clause):
                reply.worded_at_ms = reply.worded_at_ms or now_ms
                reply.clause_at_ms = reply.clause_at_ms or (now_ms if has_clause else None)
                reply.said.append(text)
            case ReplySpoken(_, mulaw, text):
                reply.spoken_at_ms = reply.spoken_at_ms or now_ms
                reply.own_sound_at_ms = reply.own_sound_at_ms or now_ms
                reply.spoken.append(text)
                reply.playback.add(mulaw, text)
            case ReplyFilled(_, mulaw, text) if reply.own_sound_at_ms is None:
                reply.worded_at_ms, reply.spoken_at_ms = reply.worded_at_ms or now_ms, reply.spoken_at_ms or now_ms
                reply.said.insert(len(reply.spoken), f"{text} ")
                reply.spoken.append(f"{text} ")
                reply.filler_ms += len(mulaw) // BYTES_PER_MS
                reply.playback.add(mulaw, f"{text} ")
            case ReplyDone(_, action, _):
                reply.is_whole, reply.action = True, action
        return self.play(now_ms)

    def play(self, now_ms: int) -> list[Effect]:
        """Whatever audio is due."""
        reply = self.reply
        if reply is None or reply.outlet is not Outlet.OPEN:
            return []
        effects: list[Effect] = []
        for chunk in reply.playback.due(now_ms):
            effects += [SendMedia(chunk.mulaw), SendMark(chunk.mark)]
        return effects

    def fill(self, now_ms: int) -> list[Effect]:
        """Short words, once, where an answer is long in coming."""
        reply = self.reply
        if reply is None or reply.is_filled or reply.is_held or reply.spoken_at_ms is not None or not self.filler:
            return []
        if now_ms - reply.wanted_since_ms < self.turn_taking.filler_after_ms:
            return []
        reply.fill()
        return [Fill(reply.id, self.filler)]

    @property
    def due_at_ms(self) -> float:
        """When `is_late`, `play` or `fill` may next say something else by time alone, at the earliest."""
        reply = self.reply
        if reply is None or reply.is_held:
            return math.inf
        due_ms = reply.playback.due_at_ms
        due_at_ms: float = math.inf if reply.is_paused or due_ms is None else due_ms
        if not reply.is_whole and reply.own_sound_at_ms is None:
            due_at_ms = min(due_at_ms, reply.wanted_since_ms + self.limits.reply_s * 1000)
        if not reply.is_filled and reply.spoken_at_ms is None:
            due_at_ms = min(due_at_ms, reply.wanted_since_ms + self.turn_taking.filler_after_ms)
        return due_at_ms

    # --- the floor taken, given back, lost ---------------------------------------------------------------------------

    def pause(self) -> list[Effect]:
        """Fall silent for a voice that may come to nothing; what was out and not heard is kept for `resume`."""
        reply = self.reply
        if reply is None or not reply.pause():
            return []
        return [SendClear()] if reply.playback.take_back() else []

    def resume(self, now_ms: int) -> list[Effect]:
        """Go on from the last thing that was heard."""
        return self.play(now_ms) if self.reply is not None and self.reply.resume() else []

    def cut(self, now_ms: int) -> tuple[list[Effect], Turn | None]:
        """Stop for good: what the engine and Twilio have to be told, and the turn as it was heard."""
        reply = self.reply
        if reply is None:
            return [], None
        effects: list[Effect] = [CancelReply(reply.id, reply.played_ms, reply.playback.heard_text.strip())]
        if reply.outlet is Outlet.OPEN:
            effects.insert(0, SendClear())
        return effects, self.lose(now_ms)

    def lose(self, now_ms: int) -> Turn | None:
        """The reply is over, unfinished: the turn as it was heard."""
        reply, self.reply = self.reply, None
        if reply is None:
            return None
        turn = reply.turn(self.turn_id_of, self.mode, now_ms, cut=True)
        reply.playback.cut()
        return turn

    def release(self, answers: TurnEnd, now_ms: int) -> list[Effect]:
        """The turn that a held reply answers is confirmed: let it be heard."""
        assert self.reply is not None, "only a held reply is released"
        self.reply.release(answers)
        return self.play(now_ms)

    # --- what came of it ---------------------------------------------------------------------------------------------

    def heard(self, now_ms: int) -> tuple[ReplyInProgress, Turn | None] | None:
        """The reply and its turn once all of it has been heard; it is taken away."""
        reply = self.reply
        if reply is None or reply.is_held or not reply.is_heard:
            return None
        self.reply = None
        return reply, reply.turn(self.turn_id_of, self.mode, now_ms, cut=False)

    @property
    def is_leaving(self) -> bool:
        """A goodbye or a transfer is being spoken: the caller no longer takes the floor."""
        reply = self.reply
        return reply is not None and not reply.is_held and (reply.ends_call is not None or reply.action is not None)

    def is_late(self, now_ms: int) -> bool:
        """No sound of the answer came within `limits.reply_s`."""
        reply = self.reply
        if reply is None or reply.is_held or reply.is_whole or reply.own_sound_at_ms is not None:
            return False
        return now_ms - reply.wanted_since_ms >= self.limits.reply_s * 1000
