"""One reply of the agent from the moment it was wanted to the moment it was heard: its words, its audio, its timing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from calls.conversation import Role, Turn
from calls.latency import Waterfall
from calls.record import EndReason
from calls.reply import Action
from streamer.playback import Playback


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The end of the caller's turn that the reply answers, epoch ms: the last voice, and when the end was decided."""

    last_voice_at_ms: int
    decided_at_ms: int


class Outlet(Enum):
    """Whether its audio goes out.

    HELD ──release──► OPEN ──pause──► PAUSED
                        ▲                │
                        └─────resume─────┘
    """

    HELD = auto()
    """Made ahead of the end of the caller's turn, not to be sent yet."""
    OPEN = auto()
    PAUSED = auto()
    """Silenced by a voice that may come to nothing."""


class Cover(Enum):
    """What covers the wait for its first sound. It only goes on from one to the next."""

    NOTHING = auto()
    FILLED = auto()
    """Short words have been ordered, or are not needed."""
    BRIDGED = auto()
    """The bridge phrase: nothing more is said in between."""


@dataclass(slots=True)
class ReplyInProgress:
    """`ends_call` marks a goodbye: it cannot be interrupted, and the socket closes once it has been heard.

    `is_whole`: its engine has given out everything of it. `number` names its turn and its marks; `id` is what its
    engine knows it by, another with each engine. `fixed` are the words it was ordered with, where it was. `said` is
    everything that is to be spoken, `spoken` what has become sound of it; `own_sound_at_ms` is when the first of that
    came, fillers not counted.
    """

    id: int
    playback: Playback
    ordered_at_ms: int
    answers: TurnEnd | None = None
    ends_call: EndReason | None = None
    action: Action | None = None
    said: list[str] = field(default_factory=list)
    worded_at_ms: int | None = None
    clause_at_ms: int | None = None
    spoken_at_ms: int | None = None
    is_whole: bool = False
    outlet: Outlet = Outlet.OPEN
    cover: Cover = Cover.NOTHING
    number: int = 0
    fixed: str = ""
    spoken: list[str] = field(default_factory=list)
    own_sound_at_ms: int | None = None
    filler_ms: int = 0

    @property
    def is_held(self) -> bool:
        return self.outlet is Outlet.HELD

    @property
    def is_paused(self) -> bool:
        return self.outlet is Outlet.PAUSED

    @property
    def is_filled(self) -> bool:
        """Nothing has to be ordered to cover the wait."""
        return self.cover is not Cover.NOTHING

    @property
    def is_bridged(self) -> bool:
        return self.cover is Cover.BRIDGED

    def release(self, answers: TurnEnd) -> None:
        """The turn that it answers is over: it may be heard."""
        self.answers = answers
        if self.outlet is Outlet.HELD:
            self.outlet = Outlet.OPEN

    def pause(self) -> bool:
        """A voice has begun. Whether that silences it; what is held is silent."""
        if self.outlet is not Outlet.OPEN:
            return False
        self.outlet = Outlet.PAUSED
        return True

    def resume(self) -> bool:
        """The voice came to nothing. Whether it is to go on."""
        if self.outlet is not Outlet.PAUSED:
            return False
        self.outlet = Outlet.OPEN
        return True

    def fill(self) -> None:
        """Short words cover the wait for it, or none are needed."""
        if self.cover is Cover.NOTHING:
            self.cover = Cover.FILLED

    def bridge(self) -> None:
        """The bridge phrase covers the wait for it."""
        self.cover = Cover.BRIDGED

    @property
    def played_ms(self) -> int:
        """How much of the reply's own audio marks prove was played."""
        return max(0, self.playback.played_ms - self.filler_ms)

    @property
    def wanted_since_ms(self) -> int:
        """Since when somebody waits for it: one made ahead of time is not waited for until the turn has ended."""
        return max(self.ordered_at_ms, self.answers.decided_at_ms if self.answers else 0)

    @property
    def is_heard(self) -> bool:
        """Whole, and everything of it played."""
        return self.is_whole and self.playback.is_empty

    def turn(self, id_of: Callable[[int], str], mode: str, now_ms: int, cut: bool) -> Turn | None:
        """The agent's turn as it stands, or None when no sound of it was ever sent."""
        playback = self.playback
        if playback.first_sent_at_ms is None:
            return None
        said = "".join(self.said).strip()
        heard = playback.heard_text.strip()
        started = playback.first_heard_at_ms or playback.first_sent_at_ms
        ended = playback.last_heard_at_ms or now_ms
        return Turn(
            id_of(self.number), Role.AGENT, said, heard, cut and heard != said, started, ended, mode, self.waterfall()
        )

    def waterfall(self) -> Waterfall:
        """Stages that were over before the caller's turn was (a reply made ahead of time) took no time of the caller's,
        and nor did those that came after the first sound (a bridge phrase, where another engine took the call).

        `ours` is the time in which audio was there and not sent, or nobody had been asked yet.
        """
        worded, spoken = self.worded_at_ms, self.spoken_at_ms
        sent, heard = self.playback.first_sent_at_ms, self.playback.first_heard_at_ms
        if self.answers is None or worded is None or spoken is None or sent is None:
            return Waterfall()
        decided = self.answers.decided_at_ms
        ordered = min(max(decided, self.ordered_at_ms), max(decided, sent))
        worded = min(max(ordered, worded), max(ordered, sent))
        spoken = min(max(worded, spoken), max(worded, sent))
        claused = None if self.clause_at_ms is None else min(max(worded, self.clause_at_ms), spoken)
        return Waterfall(
            total=None if heard is None else heard - self.answers.last_voice_at_ms,
            endpointing=decided - self.answers.last_voice_at_ms,
            model=worded - ordered,
            clause=None if claused is None else claused - worded,
            speech=spoken - (worded if claused is None else claused),
            queue=sent - spoken,
            playout=None if heard is None else heard - sent,
            ours=ordered - decided + sent - spoken,
        )
