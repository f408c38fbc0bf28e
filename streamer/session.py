"""One call on one stream, as a state machine: frames, engine events and time in; effects out. No await, no SDK, no I/O.

The agent has at most one reply in progress. What the caller says is committed when the recogniser confirms it; what
the agent says is committed when it has been heard, cut, or lost, with only the words that marks prove were played.
A goodbye, a transfer and a hand-over end the same way: what comes next is committed, then the socket closes, and
Twilio asks `resume`.
"""

from dataclasses import dataclass, field

from calls import closing
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import Do, EndReason, Mode, NextStep
from calls.reply import EndCall, Transfer
from streamer.events import (
    Answer,
    CancelReply,
    CloseSocket,
    CommitNext,
    CommitTurn,
    Draft,
    Effect,
    EngineEvent,
    EngineLost,
    ReplyDone,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    Say,
    SendClear,
    SendMark,
    SendMedia,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
)
from streamer.keypad import Keypad
from streamer.playback import Playback
from streamer.reply_in_progress import ReplyInProgress, TurnEnd
from streamer.turns import Floor, Silence

NORMAL_CLOSE = 1000
HANDED_OVER = 4503


@dataclass(slots=True)
class Session:
    """`now_ms` is epoch milliseconds throughout; the stream began at `started_at_ms`; turns are named after `name`."""

    agent: Agent
    mode: Mode
    name: str
    started_at_ms: int
    conversation: Conversation = Conversation()
    is_over: bool = False
    reply: ReplyInProgress | None = None
    floor: Floor = field(init=False)
    keypad: Keypad = field(default_factory=Keypad)
    _media_zero_ms: int = field(init=False)
    _silenced_by_voice: bool = False
    _turns_made: int = 0
    _replies_made: int = 0

    def __post_init__(self) -> None:
        self.floor = Floor(self.agent.turn_taking, self.agent.limits)
        self._media_zero_ms = self.started_at_ms

    def begin(self, now_ms: int) -> list[Effect]:
        """The engine is there: greet, or go on from the conversation so far."""
        if not self.conversation.turns:
            self.floor.protected_until_ms = now_ms + self.agent.turn_taking.greeting_protected_ms
            return self._say(self.agent.greeting, now_ms)
        if self.conversation.unanswered:
            return self._answer(now_ms, None)
        return self._say(self.agent.phrases.bridge, now_ms)

    # --- from Twilio -----------------------------------------------------------------------------------------------

    def on_media_time(self, media_ms: int, now_ms: int) -> None:
        """Learn where Twilio's media clock stands: the earliest arrival is the truest. One comparison a frame."""
        zero_ms = now_ms - media_ms - 20
        self._media_zero_ms = min(self._media_zero_ms, zero_ms)

    def on_mark(self, mark: str, now_ms: int) -> list[Effect]:
        if self.is_over or self.reply is None or not self.reply.playback.returned(mark, now_ms):
            return []
        return self._play(now_ms) or self._finish_if_heard(now_ms)

    def on_digit(self, digit: str, now_ms: int) -> list[Effect]:
        if self.is_over or self._is_leaving:
            return []
        self.keypad.press(digit, now_ms)
        return self._interrupt(now_ms) + self._take_keys(now_ms)

    def on_gone(self, now_ms: int) -> list[Effect]:
        """The caller hung up, or the socket broke: keep what was heard."""
        if self.is_over:
            return []
        self.is_over = True
        return self._cut_reply(now_ms)

    # --- from the engine -------------------------------------------------------------------------------------------

    def on_engine(self, event: EngineEvent, now_ms: int) -> list[Effect]:
        if self.is_over:
            return []
        match event:
            case SpeechStarted(media_ms):
                self.floor.voice_started(self._epoch_of(media_ms))
            case SpeechStopped():
                return self._nobody_spoke(now_ms)
            case Draft(text):
                self.floor.words(text)
            case TurnEnded():
                return self._caller_said(event, now_ms)
            case EngineLost(failure):
                return self._hand_over(failure, now_ms)
            case ReplyWorded() | ReplySpoken() | ReplyDone() | ReplyLost():
                return self._on_reply(event, now_ms)
        return self.on_time(now_ms)

    def _on_reply(self, event: ReplyWorded | ReplySpoken | ReplyDone | ReplyLost, now_ms: int) -> list[Effect]:
        reply = self.reply
        if reply is None or event.reply_id != reply.id:
            return []  # a reply that was cancelled meanwhile
        match event:
            case ReplyWorded(_, text):
                reply.worded_at_ms = reply.worded_at_ms or now_ms
                reply.said.append(text)
            case ReplySpoken(_, mulaw, text):
                reply.spoken_at_ms = reply.spoken_at_ms or now_ms
                reply.playback.add(mulaw, text)
                return self._play(now_ms)
            case ReplyDone(_, action, keys):
                reply.is_whole, reply.action, self.keypad.expected = True, action, keys
                return self._finish_if_heard(now_ms)
            case ReplyLost(_, failure):
                return self._hand_over(failure, now_ms)
        return []

    # --- from the clock --------------------------------------------------------------------------------------------

    def on_time(self, now_ms: int) -> list[Effect]:
        """Whatever is due; cheap when nothing is. Called with every frame and a few times a second besides."""
        if self.is_over:
            return []
        effects = self._play(now_ms)
        if self.reply and not self._is_leaving and self.floor.interrupts(now_ms):
            effects += self._interrupt(now_ms)
            self._silenced_by_voice = True
        effects += self._take_keys(now_ms)
        effects += self._watch_reply(now_ms)
        if not self.is_over and not self._is_leaving:
            effects += self._watch_limits(now_ms)
        return effects

    def _watch_reply(self, now_ms: int) -> list[Effect]:
        reply = self.reply
        if reply is None or reply.spoken_at_ms is not None or self.is_over:
            return []
        if now_ms - reply.ordered_at_ms < self.agent.limits.reply_s * 1000:
            return []
        sentence = f"No sound of a reply came within {self.agent.limits.reply_s:g} s."
        return self._hand_over(Failure("reply-late", Blame.PROVIDER, sentence, retryable=True), now_ms)

    def _watch_limits(self, now_ms: int) -> list[Effect]:
        phrases = self.agent.phrases
        if ending := closing.due(self.agent, now_ms=now_ms, answered_at_ms=self.started_at_ms):
            return self._interrupt(now_ms) + self._say(ending.words, now_ms, ending.reason)
        match self.floor.silence(now_ms, agent_busy=self.reply is not None):
            case Silence.ASK:
                return self._say(phrases.still_there, now_ms)
            case Silence.GIVE_UP:
                return self._say(phrases.silence_goodbye, now_ms, EndReason.SILENCE)
        return []

    # --- turns -----------------------------------------------------------------------------------------------------

    def _caller_said(self, event: TurnEnded, now_ms: int) -> list[Effect]:
        text = event.text.strip()
        if not text or self._is_leaving:
            return self._nobody_spoke(now_ms)
        first, last = self._epoch_of(event.first_voice_media_ms), self._epoch_of(event.last_voice_media_ms)
        effects = self._interrupt(now_ms)
        self.floor.turn_taken()
        self._silenced_by_voice = False
        return effects + self._caller_turn(text, first, TurnEnd(last, now_ms), now_ms)

    def _nobody_spoke(self, now_ms: int) -> list[Effect]:
        """A voice came to nothing. Where it had silenced the agent, the agent asks instead of leaving dead air."""
        self.floor.voice_stopped()
        if self._silenced_by_voice and self.reply is None:
            self._silenced_by_voice = False
            return self._say(self.agent.phrases.ask_again, now_ms)
        return self.on_time(now_ms)

    def _take_keys(self, now_ms: int) -> list[Effect]:
        keys = self.keypad.taken(now_ms)
        if keys is None:
            return []
        self.floor.turn_taken()
        first_ms, last_ms = keys.first_at_ms, keys.last_at_ms
        return self._caller_turn(f"[keys {keys.digits}]", first_ms, TurnEnd(last_ms, now_ms), now_ms)

    def _caller_turn(self, text: str, first_ms: int, end: TurnEnd, now_ms: int) -> list[Effect]:
        turn = Turn(self._turn_id(), Role.CALLER, text, text, False, first_ms, end.last_voice_at_ms, self.mode.value)
        effects = self._commit(turn)
        if ending := closing.due(self.agent, now_ms=now_ms, answered_at_ms=self.started_at_ms, caller_said=text):
            return effects + self._say(ending.words, now_ms, ending.reason, end)
        return effects + self._answer(now_ms, end)

    def _interrupt(self, now_ms: int) -> list[Effect]:
        """Take the floor from the agent: no more of its reply is played, and only what was heard is kept."""
        if self.reply is None:
            return []
        cancel = CancelReply(self.reply.id)
        return [SendClear(), cancel, *self._cut_reply(now_ms)]

    def _cut_reply(self, now_ms: int) -> list[Effect]:
        reply, self.reply = self.reply, None
        if reply is None:
            return []
        turn = reply.turn(self._turn_id(), self.mode.value, now_ms, cut=True)
        reply.playback.cut()
        return self._commit(turn) if turn else []

    def _commit(self, turn: Turn) -> list[Effect]:
        self.conversation = self.conversation.adding(turn)
        return [CommitTurn(turn)]

    # --- speaking --------------------------------------------------------------------------------------------------

    def _say(
        self, text: str, now_ms: int, ends_call: EndReason | None = None, answers: TurnEnd | None = None
    ) -> list[Effect]:
        reply = self._new_reply(now_ms, answers)
        reply.ends_call = ends_call
        return [Say(reply.id, text)]

    def _answer(self, now_ms: int, end: TurnEnd | None) -> list[Effect]:
        return [Answer(self._new_reply(now_ms, end).id, self.conversation)]

    def _new_reply(self, now_ms: int, answers: TurnEnd | None) -> ReplyInProgress:
        self._replies_made += 1
        self.reply = ReplyInProgress(self._replies_made, Playback(f"r{self._replies_made}"), now_ms, answers)
        return self.reply

    def _play(self, now_ms: int) -> list[Effect]:
        if self.reply is None:
            return []
        effects: list[Effect] = []
        for chunk in self.reply.playback.due(now_ms):
            effects += [SendMedia(chunk.mulaw), SendMark(chunk.mark)]
        return effects

    def _finish_if_heard(self, now_ms: int) -> list[Effect]:
        reply = self.reply
        if reply is None or not reply.is_heard:
            return []
        self.reply = None
        turn = reply.turn(self._turn_id(), self.mode.value, now_ms, cut=False)
        effects = self._commit(turn) if turn else []
        match reply.action:
            case Transfer(number) as transfer:
                return effects + self._leave(NextStep(Do.DIAL, number), closing.reason_of(transfer))
            case EndCall() as end:
                return effects + self._leave(NextStep(Do.HANG_UP), closing.reason_of(end))
        if reply.ends_call:
            return effects + self._leave(NextStep(Do.HANG_UP), reply.ends_call)
        return effects

    # --- leaving ---------------------------------------------------------------------------------------------------

    @property
    def _is_leaving(self) -> bool:
        """A goodbye or a transfer is being spoken: the caller no longer takes the floor."""
        return self.reply is not None and (self.reply.ends_call is not None or self.reply.action is not None)

    def _leave(self, step: NextStep, reason: EndReason | None, failure: Failure | None = None) -> list[Effect]:
        self.is_over = True
        code = HANDED_OVER if failure else NORMAL_CLOSE
        return [CommitNext(step, reason, failure), CloseSocket(code, step.do.value)]

    def _hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """This engine cannot go on: the call does, over TwiML, from the conversation as it stands."""
        if self.reply and self.reply.ends_call:  # it was saying goodbye: there is nothing to go on with
            step, reason = NextStep(Do.HANG_UP, why=failure.sentence), self.reply.ends_call
            return [SendClear(), *self._cut_reply(now_ms), *self._leave(step, reason, failure)]
        cut = [SendClear(), *self._cut_reply(now_ms)] if self.reply else []
        return [*cut, *self._leave(NextStep(Do.GATHER, why=failure.sentence), None, failure)]

    def hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """From outside: this task is leaving, or something broke around the session."""
        return [] if self.is_over else self._hand_over(failure, now_ms)

    # --- names and clocks ------------------------------------------------------------------------------------------

    def _turn_id(self) -> str:
        self._turns_made += 1
        return f"{self.name}-{self._turns_made}"

    def _epoch_of(self, media_ms: int) -> int:
        return self._media_zero_ms + media_ms
