"""A call on a Live model, as a state machine: the caller's frames, the model's events, the session's orders and time
in; engine events, and messages for the model, out. No await, no socket.

The model leads: it hears everything, decides when to speak and when to stop, and takes no orders but words to say. So
of the session's orders only these reach it: fixed words (as something that it has said already), and what makes no
sound (keys). A cut of the session's ends what the caller hears, never what the model believes that it has said.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from calls.agent import Agent
from calls.errors import ProviderFailed
from streamer.engines.live_actions import Delegation, LiveActions
from streamer.engines.live_bursts import (
    STRAY_WORDS_MS,
    Burst,
    BurstBegan,
    BurstEnded,
    Bursts,
    BurstSounded,
    BurstWorded,
    is_silent,
)
from streamer.engines.live_ear import LiveEar
from streamer.engines.live_turns import CallerTurns
from streamer.events import (
    OWN_REPLIES,
    Answer,
    CancelReply,
    EngineEvent,
    EngineOrder,
    ReplyBegun,
    ReplyDone,
    ReplySpoken,
    ReplyWorded,
    Say,
    TurnTaken,
    TurnWorded,
)
from streamer.playback import BYTES_PER_MS
from streamer.providers import openai_live_failures as failures
from streamer.providers import openai_live_messages as messages
from streamer.providers.endpointing import Began, Ended
from streamer.providers.openai_live_events import AgentWords, CallerWords, Delegated, LiveEvent, Sound
from streamer.turns import same_words

SOONER_MS = 500
"""How much sooner than our ear the model may find that a turn is over."""
FIXED_ECHO_MS = 250
"""How long fixed words still sound after their last piece would have been played."""


@dataclass(frozen=True, slots=True)
class Append:
    """Messages for the model, in order."""

    texts: list[bytes]


@dataclass(frozen=True, slots=True)
class SayFixed:
    """Speak `text` as reply `reply_id` in place of the model."""

    reply_id: int
    text: str


Out = EngineEvent | Append | SayFixed


@dataclass(slots=True)
class LiveTalk:
    """`now_ms` is any steady millisecond clock. `is_kept`: whether fixed words can be spoken at once, without the
    model."""

    agent: Agent
    model: str
    is_kept: Callable[[str], bool]
    turns: CallerTurns = field(default_factory=CallerTurns)
    bursts: Bursts = field(default_factory=Bursts)
    ear: LiveEar = field(default_factory=LiveEar)
    _reply_id: int | None = None
    _next_id: int = OWN_REPLIES
    _wanted: Say | Answer | None = None
    _fixed: Say | None = None
    _fixed_until_ms: int | None = None
    _agent_words: str = ""
    _is_nudged: bool = False
    _actions: LiveActions = field(init=False)

    def __post_init__(self) -> None:
        self._actions = LiveActions(self.agent)

    def is_quiet(self, now_ms: int) -> bool:
        """Nobody speaks, nothing is awaited: another session may take over unheard."""
        speaks = self.bursts.is_open or self.fixed_sounds(now_ms) or self.turns.is_busy
        is_awaited = self._wanted is not None or self.turns.waiting_since_ms is not None
        return not speaks and not is_awaited and self._actions.delegation is None

    def fixed_sounds(self, now_ms: int) -> bool:
        """Fixed words are being spoken, or will be at once."""
        return self._fixed is not None and (self._fixed_until_ms is None or now_ms < self._fixed_until_ms)

    def is_fixed(self, reply_id: int) -> bool:
        """Whether the words of that reply are still to be spoken in place of the model."""
        return self._fixed is not None and self._fixed.reply_id == reply_id

    @property
    def fixed_words(self) -> str:
        """The fixed words that were ordered last and not taken back."""
        return self._fixed.text if self._fixed is not None else ""

    def late(self, now_ms: int) -> ProviderFailed | None:
        """What it means that the caller waits; None while the model has the agent's `reply_s` to answer. Words of an
        answer that no sound follows are one that nobody hears: not waited for any longer."""
        since_ms, reply_s = self.turns.waiting_since_ms, self.agent.limits.reply_s
        if since_ms is None or not self._is_idle(now_ms):
            return None
        words_ms = self.bursts.soundless_since_ms
        if words_ms is not None and words_ms >= since_ms - SOONER_MS and now_ms - words_ms >= STRAY_WORDS_MS:
            return failures.silent(self.model)
        return failures.reply_late(self.model, reply_s) if now_ms - since_ms >= reply_s * 1000 else None

    def _is_idle(self, now_ms: int) -> bool:
        return not self.bursts.is_open and not self.turns.caller_talks and not self.fixed_sounds(now_ms)

    # --- from the caller ---------------------------------------------------------------------------------------------

    def frame(self, mulaw: bytes, media_ms: int, now_ms: int) -> list[Out]:
        decisions = self.ear.hear(mulaw, media_ms)
        self.turns.heard(media_ms + len(mulaw) // BYTES_PER_MS)
        out: list[Out] = []
        for decision in decisions:
            match decision:
                case Began(first_ms):
                    out += self.turns.began(first_ms, now_ms)
                case Ended(_, last_ms):
                    out += self._of_turns(self.turns.ended(last_ms, now_ms), now_ms)
        return out

    # --- from the model ----------------------------------------------------------------------------------------------

    def event(self, event: LiveEvent, said_at: Callable[[int], int], now_ms: int) -> list[Out]:
        """`said_at` makes Twilio's media time of the session's."""
        match event:
            case Sound(mulaw):
                if self.fixed_sounds(now_ms) and not is_silent(mulaw):
                    self.bursts.cut(now_ms)
                    return []
                return self._of_bursts(self.bursts.sound(mulaw, now_ms), now_ms)
            case AgentWords(text, start_ms, end_ms):
                return self._of_bursts(self.bursts.words(text, start_ms, end_ms, now_ms), now_ms)
            case CallerWords(text, _, end_ms):
                return self._of_turns(self.turns.words(text, said_at(end_ms), now_ms), now_ms)
            case Delegated(delegation_id):
                self._actions.delegation = Delegation(delegation_id, now_ms)
        return []

    # --- from the session --------------------------------------------------------------------------------------------

    def order(self, order: EngineOrder, now_ms: int) -> list[Out]:
        match order:
            case Say(reply_id, text) if self.is_kept(text):
                self._silence(now_ms)
                self._fixed, self._fixed_until_ms = order, None
                return [Append(messages.already_said(text)), SayFixed(reply_id, text)]
            case Say(_, text):
                self._wanted = order
                return [Append(messages.say(text))]
            case Answer(_, conversation):
                self._wanted = order
                last = conversation.turns[-1].said if conversation.turns else ""
                return [Append(messages.pressed(last) if last.startswith("[keys") else messages.answer_now())]
            case CancelReply(reply_id, _, heard):
                return self._cancel(reply_id, heard, now_ms)
        return []

    def fixed(self, mulaw: bytes, now_ms: int) -> None:
        """A piece of the fixed words has been given out."""
        until_ms = max(self._fixed_until_ms or 0, now_ms)
        self._fixed_until_ms = until_ms + len(mulaw) // BYTES_PER_MS + (0 if self._fixed_until_ms else FIXED_ECHO_MS)

    def no_fixed(self, order: SayFixed) -> list[Out]:
        """The words could not be spoken: the model is to say them."""
        if not self.is_fixed(order.reply_id):
            return []
        self._wanted, self._fixed = self._fixed, None
        return [Append(messages.say(order.text))]

    def _cancel(self, reply_id: int, heard: str, now_ms: int) -> list[Out]:
        if self._fixed is not None and reply_id == self._fixed.reply_id:
            is_whole = same_words(heard, self._fixed.text)
            self._fixed = self._fixed_until_ms = None
            return [] if is_whole else [Append(messages.cut_off(heard))]
        if self._wanted is not None and self._wanted.reply_id == reply_id:
            self._wanted = None
        if reply_id == self._reply_id:
            self._silence(now_ms)
        return []

    def _silence(self, now_ms: int) -> None:
        self.bursts.cut(now_ms)
        self.turns.agent_ends()
        self._reply_id = self._actions.wanted = None

    # --- from the clock ----------------------------------------------------------------------------------------------

    def due(self, now_ms: int) -> list[Out]:
        """What the time brings; cheap when that is nothing."""
        out = self._of_bursts(self.bursts.due(now_ms), now_ms)
        out += self._of_turns(self.turns.due(now_ms), now_ms)
        if delegation := self._actions.settled(now_ms):
            out.append(self._delegated(delegation, now_ms))
        if self._actions.is_due(now_ms) and self._is_idle(now_ms):
            return out + self._act()
        return out + self._nudge(now_ms)

    def _nudge(self, now_ms: int) -> list[Out]:
        """Half of the time that a reply may take is over: the model is asked for it, once."""
        since_ms = self.turns.waiting_since_ms
        if since_ms is None:
            self._is_nudged = False
            return []
        if self._is_nudged or now_ms - since_ms < self.agent.limits.reply_s * 500 or not self._is_idle(now_ms):
            return []
        self._is_nudged = True
        return [Append(messages.answer_now())]

    def _act(self) -> list[Out]:
        """Nothing more is said: the action stands alone."""
        reply_id = self._new_id()
        return [ReplyBegun(reply_id), ReplyDone(reply_id, self._actions.take())]

    def _delegated(self, delegation: Delegation, now_ms: int) -> Append:
        told, is_to_do = self._actions.decide(delegation, self.turns.words_so_far, self._agent_words, now_ms)
        if is_to_do:
            self.turns.waiting_since_ms = None
        return Append(told)

    # --- another session ---------------------------------------------------------------------------------------------

    def session_lost(self) -> tuple[list[Out], list[bytes]]:
        """What is told of what the lost session leaves, and what the next one is to be told once it has started."""
        out: list[Out] = [*self.turns.close()]
        then: list[bytes] = []
        if self._reply_id is not None and self.bursts.is_open:
            then += messages.broke_off(self._agent_words)
            out.append(ReplyDone(self._reply_id, self._actions.take()))
            self._reply_id = None
        elif self.turns.waiting_since_ms is not None:
            then += messages.answer_now()
        if self._wanted is not None:
            then += messages.say(self._wanted.text) if isinstance(self._wanted, Say) else messages.answer_now()
        self.bursts.forget()
        self.turns.agent_ends()
        self._actions.delegation = None
        return out, then

    def _of_bursts(self, bursts: list[Burst], now_ms: int) -> list[Out]:
        out: list[Out] = []
        for burst in bursts:
            match burst:
                case BurstBegan():
                    out += self._begin(now_ms)
                case BurstWorded(text) if self._reply_id is not None:
                    self._agent_words += text
                    out.append(ReplyWorded(self._reply_id, text))
                case BurstSounded(mulaw, text) if self._reply_id is not None:
                    out.append(ReplySpoken(self._reply_id, mulaw, text))
                case BurstEnded() if self._reply_id is not None:
                    out.append(ReplyDone(self._reply_id, self._actions.take()))
                    self._reply_id = None
                    self.turns.agent_ends()
        return out

    def _begin(self, now_ms: int) -> list[Out]:
        """The caller's turn that the model answers comes first, whether it seemed over or not."""
        out = self._of_turns(self.turns.agent_begins(now_ms), now_ms)
        self._agent_words = ""
        if self._wanted is not None:
            self._reply_id, self._wanted = self._wanted.reply_id, None
            return out
        self._reply_id = self._new_id()
        return [*out, ReplyBegun(self._reply_id)]

    def _of_turns(self, events: list[EngineEvent], now_ms: int) -> list[Out]:
        for event in events:
            if isinstance(event, TurnTaken) and not self.bursts.is_open:
                self._agent_words = ""
            if isinstance(event, TurnWorded) and event.text and self._actions.caller_said(event.text, now_ms):
                self.turns.waiting_since_ms = None
        return [*events]

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1
