"""One call on one stream, as a state machine: frames, engine events and time in; effects out. No await, no SDK, no I/O.

Who said what is the `dialogue`; here are the beginning, the limits and the end. A goodbye, a transfer and a hand-over
end the same way: what comes next is committed, then the socket closes, and Twilio asks `resume`.
"""

from dataclasses import InitVar, dataclass, field, replace

from calls import closing
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, Failure
from calls.record import EndReason, Mode
from streamer.between_streams import BetweenStreams
from streamer.dialogue import Dialogue
from streamer.events import (
    ChangeEngine,
    CommitNote,
    CommitUsage,
    Effect,
    EngineEvent,
    EngineLost,
    Noted,
    ReplyBegun,
    ReplyDone,
    ReplyFilled,
    ReplyLost,
    ReplySpoken,
    ReplyWorded,
    SendClear,
    TurnEnded,
    TurnTaken,
    Used,
)
from streamer.going_on import go_on, take_up
from streamer.ladder import Ladder, has_spare
from streamer.leaving import after_failure, after_reply, move
from streamer.media_time import MediaTime
from streamer.turns import Silence

MEDIA_AHEAD_MS = 600_000
"""A frame dated further ahead of the stream than this is no frame of it."""
TAIL_MS = 200
"""A recogniser may date the end of a turn a little early: what sounds of it after that must not be heard as another
turn, and nobody has begun one so soon."""
HEARS_WITHIN_MS = 10_000
"""An engine that told nothing of the caller for so long may just have had nobody to hear."""
LAST_WORDS_MS = 2_000
"""How long the agent goes on saying what has become sound already, when no engine is left."""


@dataclass(frozen=True, slots=True)
class LastWords:
    """No engine is left because of `failure`; the call leaves the socket when they were heard, or at `until_ms`."""

    failure: Failure
    until_ms: int


@dataclass(slots=True)
class Session:
    """`now_ms` is epoch milliseconds throughout; the stream began at `started_at_ms`; turns are named after `name`.

    `ladder` chooses another engine when the one at work is lost (None: the call leaves the socket). `bridge` is
    phrases.bridge as mu-law, where somebody has spoken it before. `resumed`: the call comes from another stream, though
    nothing may be known of what was said there.
    """

    agent: Agent
    mode: Mode
    name: str
    started_at_ms: int
    conversation: InitVar[Conversation | None] = None
    ladder: Ladder | None = None
    bridge: bytes = b""
    resumed: bool = False
    is_over: bool = False
    _moving: Failure | None = None
    _last_words: LastWords | None = None
    _has_heard: bool = False
    _between: BetweenStreams = field(init=False, default_factory=BetweenStreams)
    dialogue: Dialogue = field(init=False)
    media_time: MediaTime = field(init=False)

    def __post_init__(self, conversation: Conversation | None) -> None:
        self.media_time = MediaTime(self.started_at_ms)
        so_far = conversation or Conversation()
        self.dialogue = Dialogue(self.agent, self.mode, self.name, self.started_at_ms, so_far, self.media_time)

    @property
    def unconfirmed_since_media_ms(self) -> int:
        """Media time from which on what the caller said does not stand in the record yet."""
        confirmed_ms = self.dialogue.confirmed_until_ms - self.media_time.zero_ms
        return confirmed_ms + TAIL_MS if confirmed_ms > 0 else 0

    def begin(self, now_ms: int) -> list[Effect]:
        """The engine is there: greet, or go on from the conversation so far."""
        dialogue, conversation = self.dialogue, self.dialogue.conversation
        if not conversation.turns and self.resumed:  # the table did not answer: who was greeted is not greeted again
            return dialogue.voice.say(self.agent.phrases.ask_again, now_ms)
        if not conversation.turns:
            dialogue.floor.protected_until_ms = now_ms + self.agent.turn_taking.greeting_protected_ms
            return dialogue.voice.say(self.agent.greeting, now_ms)
        if conversation.unanswered:
            return take_up(dialogue, self.bridge, now_ms)
        self._between.silent_since_ms = now_ms
        if conversation.turns[-1].heard == self.agent.phrases.bridge:
            return []  # said before the call came here: not twice
        return dialogue.voice.say(self.agent.phrases.bridge, now_ms)

    # --- from Twilio -----------------------------------------------------------------------------------------------

    def on_media_time(self, media_ms: int, now_ms: int) -> None:
        self.media_time.arrived(media_ms, now_ms)

    def on_mark(self, mark: str, now_ms: int) -> list[Effect]:
        voice = self.dialogue.voice
        if self.is_over or voice.reply is None or not voice.reply.playback.returned(mark, now_ms):
            return []
        effects = voice.play(now_ms) or self._finish_if_heard(now_ms)
        return effects + self._leave_after_last_words(now_ms)

    def on_digit(self, digit: str, now_ms: int) -> list[Effect]:
        return [] if self.is_over else self.dialogue.press(digit, now_ms)

    def on_gone(self, now_ms: int) -> list[Effect]:
        """The caller hung up, or the socket broke: keep what was heard."""
        if self.is_over:
            return []
        self.is_over = True
        return self.dialogue.lose_reply(now_ms) + self.dialogue.close_turns()

    # --- from the engine -------------------------------------------------------------------------------------------

    def on_engine(self, event: EngineEvent, now_ms: int) -> list[Effect]:
        if isinstance(event, Used | Noted):  # written down, whether the call is over or not
            return [self._used(event, now_ms) if isinstance(event, Used) else CommitNote(event.failure)]
        if self.is_over or (self._last_words and not isinstance(event, TurnEnded)):
            return []
        match event:
            case ReplyBegun() | ReplyWorded() | ReplySpoken() | ReplyFilled() | ReplyDone():
                return self.dialogue.reply(event, now_ms) or self._finish_if_heard(now_ms)
            case ReplyLost(reply_id, failure):
                return self._reply_lost(reply_id, failure, now_ms)
            case EngineLost(failure, caller_waits):
                return self._change_engine(failure, now_ms, caller_waits=caller_waits)
            case _:
                self._has_heard |= not self.dialogue.engine_leads or isinstance(event, TurnTaken)  # its ear is our own
                return self.dialogue.hear(event, now_ms) + self.on_time(now_ms)

    def _used(self, used: Used, now_ms: int) -> CommitUsage:
        turn = "" if used.reply_id is None else self.dialogue.turn_id_of(used.reply_id)
        return CommitUsage(replace(used.usage, id=f"{self.name}-{used.usage.id}", turn=turn, at_ms=now_ms))

    def _reply_lost(self, reply_id: int, failure: Failure, now_ms: int) -> list[Effect]:
        """One made ahead of time is done without: nobody waits for it, and the turn that it answers is not confirmed,
        so its words would be lost with a hand-over. The confirmed turn asks again."""
        reply = self.dialogue.voice.reply
        if reply is None or reply.id != reply_id:
            return []
        return self.dialogue.drop_guess(now_ms) if reply.is_held else self._change_engine(failure, now_ms)

    # --- from the clock --------------------------------------------------------------------------------------------

    def on_time(self, now_ms: int) -> list[Effect]:
        """Whatever is due; cheap when nothing is. Called with the frames, where `due_at_ms` has come, and
        a few times a second besides."""
        if self.is_over:
            return []
        voice = self.dialogue.voice
        if self._last_words:
            return voice.play(now_ms) + self._leave_after_last_words(now_ms)
        if voice.is_late(now_ms):
            sentence = f"No sound of a reply came within {self.agent.limits.reply_s:g} s."
            return self._change_engine(Failure("reply-late", Blame.PROVIDER, sentence, retryable=True), now_ms)
        effects = self.dialogue.due(now_ms)
        if voice.is_leaving:
            return effects
        effects += self._between.ask(self.dialogue, now_ms)
        return effects + (self._move_when_quiet(now_ms) if self._moving else self._watch_limits(now_ms))

    @property
    def due_at_ms(self) -> float:
        """When `on_time`, which has just been called and brought on nothing, may do so next by time alone, at the
        earliest: until then, and until the next event, there is no need to call it."""
        if self._last_words:
            return 0
        dialogue = self.dialogue
        voice, limit_at_ms = dialogue.voice, self.started_at_ms + self.agent.limits.call_s * 1000
        floor_at_ms = dialogue.floor.due_at_ms(agent_busy=voice.reply is not None)
        dialogue_at_ms = min(voice.due_at_ms, dialogue.keypad.due_at_ms, dialogue.unworded.due_at_ms)
        return min(limit_at_ms, floor_at_ms, dialogue_at_ms, self._between.due_at_ms)

    def _watch_limits(self, now_ms: int) -> list[Effect]:
        phrases, voice = self.agent.phrases, self.dialogue.voice
        if closing.limit_reached(self.started_at_ms, now_ms, self.agent.limits):
            effects = self.dialogue.interrupt(now_ms)
            return effects + voice.say(phrases.limit_goodbye, now_ms, ends_call=EndReason.LIMIT)
        match self.dialogue.floor.silence(now_ms, agent_busy=voice.reply is not None):
            case Silence.ASK:
                return voice.say(phrases.still_there, now_ms)
            case Silence.GIVE_UP:
                return voice.say(phrases.silence_goodbye, now_ms, ends_call=EndReason.SILENCE)
        return []

    # --- another engine ----------------------------------------------------------------------------------------------

    def _change_engine(self, failure: Failure, now_ms: int, *, caller_waits: bool = False) -> list[Effect]:
        """Whatever was said and is being said stays; only when no engine is left does the call leave the socket, not
        in mid-word: what has become sound is heard first."""
        reply = self.dialogue.voice.reply
        if self.dialogue.voice.is_leaving and reply and reply.is_whole:
            return []  # the goodbye is here already, and needs no engine to be heard
        mode = None
        # A goodbye in fixed words of which nothing has sounded is said by the next engine.
        is_unsaid = reply is not None and bool(reply.fixed) and reply.own_sound_at_ms is None
        if self.ladder and (is_unsaid or not self.dialogue.voice.is_leaving):
            waited_ms = self._waited_ms(self.ladder.since_ms, now_ms)
            spare = has_spare(self.agent.models, self.mode, failure)
            mode = self.ladder.next(failure, now_ms, waited_ms, has_spare=spare)
        if mode is None:
            self._last_words = LastWords(failure, now_ms + LAST_WORDS_MS)
            return self._leave_after_last_words(now_ms)
        self.mode, self._has_heard = mode, False
        self.dialogue.stand_on(mode)
        going_on = go_on(self.dialogue, self.bridge, now_ms, caller_waits=caller_waits)
        return [ChangeEngine(mode, failure), *going_on, *self._finish_if_heard(now_ms)]

    def _waited_ms(self, engine_since_ms: int, now_ms: int) -> int:
        """How long the engine that is lost has kept the caller waiting: for a sound, or for being heard at all."""
        reply = self.dialogue.voice.reply
        if reply and not reply.is_held and not reply.is_whole and reply.own_sound_at_ms is None:
            return now_ms - reply.wanted_since_ms
        end = self.dialogue.unanswered_end
        if reply is None and end is not None and self.dialogue.conversation.unanswered:
            return now_ms - end.decided_at_ms
        runs_ms = now_ms - engine_since_ms
        return 0 if self._has_heard or runs_ms > HEARS_WITHIN_MS else runs_ms

    # --- leaving ---------------------------------------------------------------------------------------------------

    def _leave_after_last_words(self, now_ms: int) -> list[Effect]:
        last, reply = self._last_words, self.dialogue.voice.reply
        if last is None or self.is_over:
            return []
        is_sounding = reply is not None and not (reply.is_held or reply.is_paused or reply.playback.is_empty)
        return [] if is_sounding and now_ms < last.until_ms else self._hand_over(last.failure, now_ms)

    def _finish_if_heard(self, now_ms: int) -> list[Effect]:
        heard = self.dialogue.voice.heard(now_ms)
        if heard is None:
            return []
        reply, turn = heard
        self._between.heard(is_bridge=reply.fixed == self.agent.phrases.bridge, now_ms=now_ms)
        leaving = after_reply(reply)
        if self._moving and reply.fixed == self.agent.phrases.bridge and not self.dialogue.floor.caller_speaks:
            leaving = move(self._moving)
        self.is_over = bool(leaving)
        return self.dialogue.commit(turn) + (self.dialogue.close_turns() if leaving else []) + leaving

    def move(self, failure: Failure, now_ms: int) -> list[Effect]:
        """This task is leaving: at the next moment when nobody speaks or waits, the caller is asked to wait, and the
        call goes to another task. `hand_over` where that moment does not come."""
        self._moving = failure
        return self.on_time(now_ms)

    def _move_when_quiet(self, now_ms: int) -> list[Effect]:
        dialogue = self.dialogue
        if dialogue.voice.reply or dialogue.floor.caller_speaks or dialogue.conversation.unanswered:
            return []
        return dialogue.voice.say(self.agent.phrases.bridge, now_ms)

    def hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """From outside, at once: time is up for this task, or something broke around the session."""
        return [] if self.is_over else self._hand_over(failure, now_ms)

    def _hand_over(self, failure: Failure, now_ms: int) -> list[Effect]:
        """From the conversation as it stands, something else takes the call."""
        self.is_over = True
        reply = self.dialogue.voice.reply
        cut: list[Effect] = [SendClear(), *self.dialogue.lose_reply(now_ms)] if reply else []
        says_goodbye = reply is not None and reply.ends_call is not None and not reply.is_held
        leaving = move(failure) if self._moving and not says_goodbye else after_failure(reply, failure)
        return [*cut, *self.dialogue.close_turns(), *leaving]
