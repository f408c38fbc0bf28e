"""One call on one stream, as a state machine: frames, engine events and time in; effects out. No await, no SDK, no I/O.

What the caller says is committed when the recogniser confirms it; what the agent says is committed when it has been
heard, cut, or lost, with only the words that marks prove were played (`agent_voice`). Who may speak is decided by
`turns`. A goodbye, a transfer and a hand-over end the same way: what comes next is committed, then the socket closes,
and Twilio asks `resume`.

    a voice over the agent        the agent falls silent and keeps what was not heard
      ... that becomes words      the reply is cut; the words are answered
      ... that comes to nothing   the agent goes on from where it stopped
    a turn that is likely over    the answer is made ahead of time, and held
      ... that ends as it was     the answer is let go at once
      ... that goes on            the answer is dropped without a trace
"""

from dataclasses import dataclass, field, replace

from calls import closing
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.errors import Blame, Failure
from calls.record import EndReason, Mode
from streamer.agent_voice import AgentVoice
from streamer.events import (
    CommitTurn,
    CommitUsage,
    Draft,
    Effect,
    EngineEvent,
    EngineLost,
    Heard,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    SendClear,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnResumed,
    Used,
)
from streamer.keypad import Keypad
from streamer.leaving import after_failure, after_reply
from streamer.reply_in_progress import TurnEnd
from streamer.turns import Floor, Silence, is_backchannel, same_words

MEDIA_AHEAD_MS = 600_000
"""A frame dated further ahead of the stream than this is no frame of it."""


@dataclass(slots=True)
class Session:
    """`now_ms` is epoch milliseconds throughout; the stream began at `started_at_ms`; turns are named after `name`."""

    agent: Agent
    mode: Mode
    name: str
    started_at_ms: int
    conversation: Conversation = Conversation()
    is_over: bool = False
    voice: AgentVoice = field(init=False)
    floor: Floor = field(init=False)
    keypad: Keypad = field(default_factory=Keypad)
    _media_zero_ms: int = field(init=False)
    _guessed: str | None = None
    _turns_made: int = 0

    def __post_init__(self) -> None:
        agent = self.agent
        self.floor = Floor(agent.turn_taking, agent.limits)
        self.voice = AgentVoice(agent.limits, agent.turn_taking, agent.phrases.filler, self.mode.value, self.turn_id_of)
        self._media_zero_ms = self.started_at_ms

    def begin(self, now_ms: int) -> list[Effect]:
        """The engine is there: greet, or go on from the conversation so far."""
        if not self.conversation.turns:
            self.floor.protected_until_ms = now_ms + self.agent.turn_taking.greeting_protected_ms
            return self.voice.say(self.agent.greeting, now_ms)
        if self.conversation.unanswered:
            return self.voice.answer(self.conversation, now_ms, answers=None)
        return self.voice.say(self.agent.phrases.bridge, now_ms)

    # --- from Twilio -----------------------------------------------------------------------------------------------

    def on_media_time(self, media_ms: int, now_ms: int) -> None:
        """Learn where Twilio's media clock stands: the earliest arrival is the truest. One comparison a frame."""
        zero_ms = now_ms - media_ms - 20
        self._media_zero_ms = min(self._media_zero_ms, zero_ms)

    def on_mark(self, mark: str, now_ms: int) -> list[Effect]:
        reply = self.voice.reply
        if self.is_over or reply is None or not reply.playback.returned(mark, now_ms):
            return []
        return self.voice.play(now_ms) or self._finish_if_heard(now_ms)

    def on_digit(self, digit: str, now_ms: int) -> list[Effect]:
        if self.is_over or self.voice.is_leaving:
            return []
        self.keypad.press(digit, now_ms)
        return self._interrupt(now_ms) + self._take_keys(now_ms)

    def on_gone(self, now_ms: int) -> list[Effect]:
        """The caller hung up, or the socket broke: keep what was heard."""
        if self.is_over:
            return []
        self.is_over = True
        return self._commit(self.voice.lose(now_ms))

    # --- from the engine -------------------------------------------------------------------------------------------

    def on_engine(self, event: EngineEvent, now_ms: int) -> list[Effect]:
        if isinstance(event, Used):  # billed, whether the call is over or not
            return [self._used(event, now_ms)]
        if self.is_over:
            return []
        match event:
            case ReplyWorded() | ReplySpoken() | ReplyFilled() | ReplyDone():
                return self._on_reply(event, now_ms)
            case ReplyLost(reply_id, failure):
                return self._reply_lost(reply_id, failure, now_ms)
            case EngineLost(failure):
                return self._hand_over(failure, now_ms)
            case _:
                return self._on_heard(event, now_ms)

    def _used(self, used: Used, now_ms: int) -> CommitUsage:
        turn = "" if used.reply_id is None else self.turn_id_of(used.reply_id)
        return CommitUsage(replace(used.usage, id=f"{self.name}-{used.usage.id}", turn=turn, at_ms=now_ms))

    def _reply_lost(self, reply_id: int, failure: Failure, now_ms: int) -> list[Effect]:
        """One made ahead of time is done without: nobody waits for it, and the turn that it answers is not confirmed,
        so its words would be lost with a hand-over. The confirmed turn asks again."""
        reply = self.voice.reply
        if reply is None or reply.id != reply_id:
            return []
        return self._drop_guess(now_ms) if reply.is_held else self._hand_over(failure, now_ms)

    def _on_heard(self, event: Heard, now_ms: int) -> list[Effect]:
        match event:
            case SpeechStarted(media_ms):
                self.floor.voice_started(self._epoch_of(media_ms, now_ms))
                return self.on_time(now_ms)
            case SpeechStopped():
                return self._nobody_spoke(now_ms)
            case Draft(text):
                return self._words(text, now_ms)
            case TurnLikely():
                return self._guess(event, now_ms)
            case TurnResumed():
                return self._drop_guess(now_ms)
            case TurnEnded():
                return self._caller_said(event, now_ms)

    def _on_reply(self, event: ReplyWorded | ReplySpoken | ReplyFilled | ReplyDone, now_ms: int) -> list[Effect]:
        if isinstance(event, ReplyDone) and self.voice.reply and event.reply_id == self.voice.reply.id:
            self.keypad.expected = event.keys
        return self.voice.take(event, now_ms) or self._finish_if_heard(now_ms)

    # --- from the clock --------------------------------------------------------------------------------------------

    def on_time(self, now_ms: int) -> list[Effect]:
        """Whatever is due; cheap when nothing is. Called with every frame and a few times a second besides."""
        if self.is_over:
            return []
        if self.voice.is_late(now_ms):
            sentence = f"No sound of a reply came within {self.agent.limits.reply_s:g} s."
            return self._hand_over(Failure("reply-late", Blame.PROVIDER, sentence, retryable=True), now_ms)
        if self.floor.is_noise(now_ms):
            return self._nobody_spoke(now_ms)
        effects = self.voice.play(now_ms)
        if self.voice.is_leaving:
            return effects
        if self.voice.reply and not self.voice.reply.is_held and self.floor.interrupts(now_ms):
            effects += self.voice.pause()
        effects += self.voice.fill(now_ms) + self._take_keys(now_ms)
        return effects + self._watch_limits(now_ms)

    def _watch_limits(self, now_ms: int) -> list[Effect]:
        phrases = self.agent.phrases
        if closing.limit_reached(self.started_at_ms, now_ms, self.agent.limits):
            return self._interrupt(now_ms) + self.voice.say(phrases.limit_goodbye, now_ms, ends_call=EndReason.LIMIT)
        match self.floor.silence(now_ms, agent_busy=self.voice.reply is not None):
            case Silence.ASK:
                return self.voice.say(phrases.still_there, now_ms)
            case Silence.GIVE_UP:
                return self.voice.say(phrases.silence_goodbye, now_ms, ends_call=EndReason.SILENCE)
        return []

    # --- the caller's turn -------------------------------------------------------------------------------------------

    def _words(self, text: str, now_ms: int) -> list[Effect]:
        """Words of a turn that still goes on take the floor, unless they are mere signs of listening."""
        if not text.strip() or self.voice.is_leaving or self._is_backchannel(text):
            return self.on_time(now_ms)
        self.floor.words()
        reply = self.voice.reply
        if reply and not reply.is_held and self.floor.interrupts(now_ms):
            return self._interrupt(now_ms)
        return self.on_time(now_ms)

    def _guess(self, event: TurnLikely, now_ms: int) -> list[Effect]:
        """Make the answer ahead of time, and hold it."""
        text = event.text.strip()
        effects = self._words(text, now_ms)
        if not text or self.voice.is_leaving or self.is_over or not self.agent.turn_taking.speculate:
            return effects
        if self._guessed is not None and same_words(self._guessed, text):
            return effects
        effects += self._drop_guess(now_ms)
        if self.voice.reply:  # the agent still speaks: nothing was taken from it, and it is not asked twice
            return effects
        self._guessed = text
        first_ms = self._epoch_of(event.first_voice_media_ms, now_ms)
        last_ms = self._epoch_of(event.last_voice_media_ms, now_ms)
        guess = Turn("guess", Role.CALLER, text, text, False, first_ms, last_ms, self.mode.value)
        return effects + self._reply_to(text, self.conversation.adding(guess), now_ms, None, is_held=True)

    def _drop_guess(self, now_ms: int) -> list[Effect]:
        if self._guessed is None:
            return []
        self._guessed = None
        effects, _ = self.voice.cut(now_ms)
        return effects

    def _caller_said(self, event: TurnEnded, now_ms: int) -> list[Effect]:
        text = event.text.strip()
        if not text or self.voice.is_leaving or self._is_backchannel(text):
            return self._nobody_spoke(now_ms)
        first_ms = self._epoch_of(event.first_voice_media_ms, now_ms)
        end = TurnEnd(self._epoch_of(event.last_voice_media_ms, now_ms), now_ms)
        self.floor.turn_taken()
        if self._guessed is not None and same_words(self._guessed, text):
            self._guessed = None
            return self._caller_turn(text, first_ms, end) + self.voice.release(end, now_ms)
        effects = self._drop_guess(now_ms) + self._interrupt(now_ms) + self._caller_turn(text, first_ms, end)
        return effects + self._reply_to(text, self.conversation, now_ms, end)

    def _take_keys(self, now_ms: int) -> list[Effect]:
        keys = self.keypad.taken(now_ms)
        if keys is None:
            return []
        self.floor.turn_taken()
        text, end = f"[keys {keys.digits}]", TurnEnd(keys.last_at_ms, now_ms)
        effects = self._drop_guess(now_ms) + self._caller_turn(text, keys.first_at_ms, end)
        return effects + self._reply_to(text, self.conversation, now_ms, end)

    def _caller_turn(self, text: str, first_ms: int, end: TurnEnd) -> list[Effect]:
        last_ms = end.last_voice_at_ms
        return self._commit(
            Turn(self._new_turn_id(), Role.CALLER, text, text, False, first_ms, last_ms, self.mode.value)
        )

    def _reply_to(
        self, text: str, conversation: Conversation, now_ms: int, end: TurnEnd | None, *, is_held: bool = False
    ) -> list[Effect]:
        ending = closing.due(self.agent, now_ms=now_ms, answered_at_ms=self.started_at_ms, caller_said=text)
        if ending:
            return self.voice.say(ending.words, now_ms, ends_call=ending.reason, answers=end, is_held=is_held)
        return self.voice.answer(conversation, now_ms, answers=end, is_held=is_held)

    def _nobody_spoke(self, now_ms: int) -> list[Effect]:
        """A voice came to nothing: what it had silenced goes on."""
        self.floor.voice_stopped()
        return self._drop_guess(now_ms) + self.voice.resume(now_ms) + self.on_time(now_ms)

    def _is_backchannel(self, text: str) -> bool:
        """ "Uh-huh" while the agent speaks is listening; the same word after its question is an answer."""
        reply = self.voice.reply
        speaking = reply is not None and not reply.is_held and not reply.playback.is_empty
        return speaking and not self.keypad.expected and is_backchannel(text)

    def _interrupt(self, now_ms: int) -> list[Effect]:
        """Take the floor from the agent: no more of its reply is played, and only what was heard is kept."""
        self._guessed = None
        effects, turn = self.voice.cut(now_ms)
        return effects + self._commit(turn)

    def _commit(self, turn: Turn | None) -> list[Effect]:
        if turn is None:
            return []
        self.conversation = self.conversation.adding(turn)
        return [CommitTurn(turn)]

    # --- leaving ---------------------------------------------------------------------------------------------------

    def _finish_if_heard(self, now_ms: int) -> list[Effect]:
        heard = self.voice.heard(now_ms)
        if heard is None:
            return []
        reply, turn = heard
        leaving = after_reply(reply)
        self.is_over = bool(leaving)
        return self._commit(turn) + leaving

    def hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """From outside: this task is leaving, or something broke around the session."""
        return [] if self.is_over else self._hand_over(failure, now_ms)

    def _hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """From the conversation as it stands, something else takes the call."""
        self.is_over = True
        reply = self.voice.reply
        cut: list[Effect] = [SendClear(), *self._commit(self.voice.lose(now_ms))] if reply else []
        return [*cut, *after_failure(reply, failure)]

    # --- names and clocks ------------------------------------------------------------------------------------------

    def _new_turn_id(self) -> str:
        self._turns_made += 1
        return f"{self.name}-{self._turns_made}"

    def turn_id_of(self, reply_id: int) -> str:
        """A reply's turn is named after it, so that what was used for it is known to be the turn's, whenever told."""
        return f"{self.name}-r{reply_id}"

    def _epoch_of(self, media_ms: int, now_ms: int) -> int:
        """Nothing that was heard lies in the future, whatever the media clock says."""
        return min(self._media_zero_ms + media_ms, now_ms)
