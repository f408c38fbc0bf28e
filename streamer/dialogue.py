"""Who said what, and who may speak now: the caller's turns and the agent's replies in exchange. No I/O.

What the caller says is committed when the recogniser confirms it; what the agent says when it has been heard, cut, or
lost, with only the words that marks prove were played (`agent_voice`). Who may speak is decided by `turns`.

    a voice over the agent        the agent falls silent and keeps what was not heard
      ... that becomes words      the reply is cut; the words are answered
      ... that comes to nothing   the agent goes on from where it stopped
    a turn that is likely over    the answer is made ahead of time, and held
      ... that ends as it was     the answer is let go at once
      ... that goes on            the answer is dropped without a trace
    a turn without words yet      is answered at once; its words take their place in the record when they come
      ... over the agent          waits for its words, a little, as it may be an "uh-huh"
"""

from dataclasses import dataclass, field, replace

from calls import closing
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.record import EndReason, Mode
from streamer.agent_voice import AgentVoice
from streamer.events import (
    CancelReply,
    CommitTurn,
    Draft,
    Effect,
    Heard,
    ReplyBegun,
    ReplyDone,
    ReplyFilled,
    ReplySpoken,
    ReplyWorded,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnResumed,
    TurnTaken,
    TurnWorded,
)
from streamer.keypad import Keypad
from streamer.media_time import MediaTime
from streamer.reply_in_progress import TurnEnd
from streamer.turns import WORDLESS_LATE_MS, WORDLESS_MS, Floor, is_backchannel, same_words
from streamer.unworded import NO_WORDS, WORDS_WITHIN_MS, UnwordedTurn, UnwordedTurns


@dataclass(slots=True)
class Dialogue:
    """`now_ms` is epoch milliseconds throughout; turns are named after `name`; `mode` is the rung they are spoken on.

    `engine_leads`: the engine decides for itself when to speak, so a turn of the caller's orders no answer, and has to
    be answered since `unanswered_end`. What the caller said until `confirmed_until_ms` stands in the record.
    """

    agent: Agent
    mode: Mode
    name: str
    started_at_ms: int
    conversation: Conversation
    media_time: MediaTime
    engine_leads: bool = False
    confirmed_until_ms: int = 0
    voice: AgentVoice = field(init=False)
    floor: Floor = field(init=False)
    keypad: Keypad = field(default_factory=Keypad)
    unworded: UnwordedTurns = field(default_factory=UnwordedTurns)
    unanswered_end: TurnEnd | None = None
    _guessed: str | None = None
    _turns_made: int = 0

    def __post_init__(self) -> None:
        limits, taking, filler = self.agent.limits, self.agent.turn_taking, self.agent.phrases.filler
        self.floor = Floor(taking, limits)
        self.voice = AgentVoice(limits, taking, filler, self.mode.value, self.turn_id_of)
        self.stand_on(self.mode)

    def hear(self, event: Heard | TurnTaken | TurnWorded, now_ms: int) -> list[Effect]:  # noqa: PLR0911 - one an event
        match event:
            case SpeechStarted(media_ms):
                self.floor.voice_started(self.media_time.epoch_of(media_ms, now_ms))
                return []
            case SpeechStopped():
                return self.nobody_spoke(now_ms)
            case Draft(text):
                return self._words(text, now_ms)
            case TurnLikely():
                return self._guess(event, now_ms)
            case TurnResumed():
                return self.drop_guess(now_ms)
            case TurnEnded():
                return self._caller_said(event, now_ms)
            case TurnTaken():
                return self._turn_taken(event, now_ms)
            case TurnWorded(ref, text):
                return self._turn_worded(ref, text.strip(), now_ms)

    def reply(
        self, event: ReplyBegun | ReplyWorded | ReplySpoken | ReplyFilled | ReplyDone, now_ms: int
    ) -> list[Effect]:
        """A piece of the agent's reply."""
        if isinstance(event, ReplyBegun):
            if self.voice.is_leaving:
                return [CancelReply(event.reply_id)]
            effects = self.interrupt(now_ms)
            if answered := self.unworded.decide():
                self.floor.turn_taken()
            self.voice.begun(event.reply_id, now_ms, answered or self.unanswered_end)
            self.unanswered_end = None
            return effects
        if isinstance(event, ReplyDone) and self.voice.reply and event.reply_id == self.voice.reply.id:
            self.keypad.expected = event.keys
        return self.voice.take(event, now_ms)

    def due(self, now_ms: int) -> list[Effect]:
        """Whatever time alone brings on in the exchange; the rest belongs to the session."""
        effects: list[Effect] = []
        if self.floor.is_noise(now_ms):
            effects += self.nobody_spoke(now_ms)
        effects += self.voice.play(now_ms)
        if self.voice.is_leaving:
            return effects
        reply = self.voice.reply
        if reply and not reply.is_held and self.floor.interrupts(now_ms):
            effects += self.voice.pause()
        if overdue := self.unworded.overdue(now_ms):
            effects += self._takes_floor(replace(overdue, decide_at_ms=None), now_ms)
        return effects + self.voice.fill(now_ms) + self._take_keys(now_ms)

    def press(self, digit: str, now_ms: int) -> list[Effect]:
        if self.voice.is_leaving:
            return []
        self.keypad.press(digit, now_ms)
        return self.interrupt(now_ms) + self._take_keys(now_ms)

    def _words(self, text: str, now_ms: int) -> list[Effect]:
        """Words of a turn that still goes on take the floor, unless they are mere signs of listening."""
        if not text.strip() or self.voice.is_leaving or self._is_backchannel(text):
            return []
        self.floor.words()
        reply = self.voice.reply
        return self.interrupt(now_ms) if reply and not reply.is_held and self.floor.interrupts(now_ms) else []

    def _guess(self, event: TurnLikely, now_ms: int) -> list[Effect]:
        """Make the answer ahead of time, and hold it."""
        text = event.text.strip()
        effects = self._words(text, now_ms)
        if not text or self.voice.is_leaving or not self.agent.turn_taking.speculate:
            return effects
        if self._guessed is not None and same_words(self._guessed, text):
            return effects
        effects += self.drop_guess(now_ms)
        if self.voice.reply:  # the agent still speaks: nothing was taken from it, and it is not asked twice
            return effects
        self._guessed = text
        first_ms, end = self._when(event, now_ms)
        guess = Turn("guess", Role.CALLER, text, text, False, first_ms, end.last_voice_at_ms, self.mode.value)
        return effects + self._reply_to(text, self.conversation.adding(guess), now_ms, None, is_held=True)

    def stand_on(self, mode: Mode) -> None:
        """Another engine has the call: what is said from here on is said on its rung."""
        self.mode, self.voice.mode = mode, mode.value
        self.floor.wordless_ms = WORDLESS_LATE_MS if mode is Mode.REALTIME else WORDLESS_MS

    def forget_guess(self, now_ms: int) -> None:
        """The engine that made an answer ahead of time is gone, and the answer with it."""
        self._guessed = None
        if self.voice.reply and self.voice.reply.is_held:
            self.voice.lose(now_ms)

    def drop_guess(self, now_ms: int) -> list[Effect]:
        if self._guessed is None:
            return []
        self._guessed = None
        return self.voice.cut(now_ms)[0]

    def _caller_said(self, event: TurnEnded, now_ms: int) -> list[Effect]:
        text = event.text.strip()
        if not text or self.voice.is_leaving or self._is_backchannel(text):
            return self.nobody_spoke(now_ms)
        first_ms, end = self._when(event, now_ms)
        self.floor.turn_taken()
        if self._guessed is not None and same_words(self._guessed, text):
            self._guessed = None
            return self._caller_turn(text, first_ms, end) + self.voice.release(end, now_ms)
        effects = self.drop_guess(now_ms) + self.interrupt(now_ms) + self._caller_turn(text, first_ms, end)
        return effects + self._reply_to(text, self.conversation, now_ms, end)

    def _turn_taken(self, event: TurnTaken, now_ms: int) -> list[Effect]:
        """Answer without the words, or wait for them where the voice was over the agent."""
        reply = self.voice.reply
        if self.voice.is_leaving or (reply and now_ms < self.floor.protected_until_ms):
            return self.nobody_spoke(now_ms)
        turn = UnwordedTurn(event.ref, *self._when(event, now_ms))
        if reply is None or reply.playback.is_empty or turn.is_long:
            return self._takes_floor(turn, now_ms)
        return self._wait_for_words(replace(turn, decide_at_ms=now_ms + WORDS_WITHIN_MS))

    def _takes_floor(self, turn: UnwordedTurn, now_ms: int) -> list[Effect]:
        self.floor.turn_taken()
        return self._wait_for_words(turn) + self.interrupt(now_ms) + self._answer_to(turn.end, now_ms)

    def _wait_for_words(self, turn: UnwordedTurn) -> list[Effect]:
        given_up = self.unworded.add(turn)
        return self._unclear(given_up) if given_up else []

    def _turn_worded(self, ref: str, text: str, now_ms: int) -> list[Effect]:
        turn = self.unworded.take(ref)
        if turn is None:
            return []
        if turn.decide_at_ms is not None:
            if not text or is_backchannel(text):
                return self.nobody_spoke(now_ms)
            self.floor.turn_taken()
            effects = self.interrupt(now_ms) + self._caller_turn(text, turn.first_voice_at_ms, turn.end)
            return effects + self._answer_to(turn.end, now_ms)
        effects = self._caller_turn(text or NO_WORDS, turn.first_voice_at_ms, turn.end)
        if not closing.caller_says_goodbye(text):
            return effects
        words = "" if self.engine_leads or self.floor.caller_speaks else self.agent.closing
        return effects + self.voice.make_last(turn.end, EndReason.CALLER_GOODBYE, words, now_ms)

    def _answer_to(self, end: TurnEnd, now_ms: int) -> list[Effect]:
        if self.engine_leads:
            self.unanswered_end = end
            return []
        return self.voice.answer(self.conversation, now_ms, answers=end)

    def _unclear(self, turn: UnwordedTurn) -> list[Effect]:
        return self._caller_turn(NO_WORDS, turn.first_voice_at_ms, turn.end)

    def _take_keys(self, now_ms: int) -> list[Effect]:
        keys = self.keypad.taken(now_ms)
        if keys is None:
            return []
        self.floor.turn_taken()
        text, end = f"[keys {keys.digits}]", TurnEnd(keys.last_at_ms, now_ms)
        effects = self.drop_guess(now_ms) + self._caller_turn(text, keys.first_at_ms, end)
        return effects + self._reply_to(text, self.conversation, now_ms, end)

    def _caller_turn(self, text: str, first_ms: int, end: TurnEnd) -> list[Effect]:
        last_ms, mode = end.last_voice_at_ms, self.mode.value
        self.confirmed_until_ms = max(self.confirmed_until_ms, last_ms)
        return self.commit(Turn(self._new_turn_id(), Role.CALLER, text, text, False, first_ms, last_ms, mode))

    def _reply_to(
        self, text: str, conversation: Conversation, now_ms: int, end: TurnEnd | None, *, is_held: bool = False
    ) -> list[Effect]:
        ending = closing.due(self.agent, now_ms=now_ms, answered_at_ms=self.started_at_ms, caller_said=text)
        if ending:
            return self.voice.say(ending.words, now_ms, ends_call=ending.reason, answers=end, is_held=is_held)
        return self.voice.answer(conversation, now_ms, answers=end, is_held=is_held)

    def nobody_spoke(self, now_ms: int) -> list[Effect]:
        """A voice came to nothing: what it had silenced goes on."""
        self.floor.voice_stopped()
        return self.drop_guess(now_ms) + self.voice.resume(now_ms)

    def _is_backchannel(self, text: str) -> bool:
        """ "Uh-huh" while the agent speaks is listening; the same word after its question is an answer."""
        reply = self.voice.reply
        speaking = reply is not None and not reply.is_held and not reply.playback.is_empty
        return speaking and not self.keypad.expected and is_backchannel(text)

    def interrupt(self, now_ms: int) -> list[Effect]:
        """Take the floor from the agent: no more of its reply is played, and only what was heard is kept."""
        self._guessed = None
        effects, turn = self.voice.cut(now_ms)
        return effects + self.commit(turn)

    def lose_reply(self, now_ms: int) -> list[Effect]:
        """The reply is over, unfinished, and nobody is told."""
        return self.commit(self.voice.lose(now_ms))

    def close_turns(self) -> list[Effect]:
        """The stream or its engine ends: what waits for its words goes into the record without them."""
        return [effect for turn in self.unworded.take_all() for effect in self._unclear(turn)]

    def forget_unworded(self, end: TurnEnd | None) -> bool:
        """True when the turn that ended at `end` has no words yet: it is taken away, for its voice is heard again."""
        return end is not None and self.unworded.forget(end)

    def commit(self, turn: Turn | None) -> list[Effect]:
        if turn is None:
            return []
        self.conversation = self.conversation.adding(turn)
        return [CommitTurn(turn)]

    def _when(self, event: TurnLikely | TurnEnded | TurnTaken, now_ms: int) -> tuple[int, TurnEnd]:
        first_ms = self.media_time.epoch_of(event.first_voice_media_ms, now_ms)
        return first_ms, TurnEnd(self.media_time.epoch_of(event.last_voice_media_ms, now_ms), now_ms)

    def _new_turn_id(self) -> str:
        self._turns_made += 1
        return f"{self.name}-{self._turns_made}"

    def turn_id_of(self, reply_id: int) -> str:
        """A reply's turn is named after it, so that what was used for it is known to be the turn's, whenever told."""
        return f"{self.name}-r{reply_id}"
