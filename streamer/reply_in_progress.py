"""One reply of the agent from the moment it was wanted to the moment it was heard: its words, its audio, its timing."""

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class ReplyInProgress:
    """`ends_call` marks a goodbye: it cannot be interrupted, and the socket closes once it has been heard.

    `is_held`: made ahead of the end of the caller's turn, not to be sent yet. `is_paused`: silenced by a voice that may
    come to nothing. `is_filled`: short words have covered the wait for it, or are not needed. `is_bridged`: the bridge
    phrase has. `number` names its turn and its marks; `id` is what its engine knows it by, another with each engine.
    `fixed` are the words it was ordered with, where it was. `said` is everything that is to be spoken, `spoken` what
    has become sound of it; `own_sound_at_ms` is when the first of that came, fillers not counted.
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
    is_held: bool = False
    is_paused: bool = False
    is_filled: bool = False
    number: int = 0
    fixed: str = ""
    spoken: list[str] = field(default_factory=list)
    own_sound_at_ms: int | None = None
    is_bridged: bool = False
    filler_ms: int = 0

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
