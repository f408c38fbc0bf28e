"""One reply of the agent from the moment it was wanted to the moment it was heard: its words, its audio, its timing."""

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
    """`ends_call` marks a goodbye: it cannot be interrupted, and the socket closes once it has been heard."""

    id: int
    playback: Playback
    ordered_at_ms: int
    answers: TurnEnd | None = None
    ends_call: EndReason | None = None
    action: Action | None = None
    said: list[str] = field(default_factory=list)
    worded_at_ms: int | None = None
    spoken_at_ms: int | None = None
    is_whole: bool = False

    @property
    def is_heard(self) -> bool:
        """Whole, and everything of it played."""
        return self.is_whole and self.playback.is_empty

    def turn(self, turn_id: str, mode: str, now_ms: int, cut: bool) -> Turn | None:
        """The agent's turn as it stands, or None when no sound of it was ever sent."""
        playback = self.playback
        if playback.first_sent_at_ms is None:
            return None
        said = "".join(self.said).strip()
        heard = playback.heard_text.strip()
        started = playback.first_heard_at_ms or playback.first_sent_at_ms
        ended = playback.last_heard_at_ms or now_ms
        return Turn(turn_id, Role.AGENT, said, heard, cut and heard != said, started, ended, mode, self.waterfall())

    def waterfall(self) -> Waterfall:
        """`ours` is the time in which audio was there and not sent, or nobody had been asked yet."""
        worded, spoken = self.worded_at_ms, self.spoken_at_ms
        sent, heard = self.playback.first_sent_at_ms, self.playback.first_heard_at_ms
        if self.answers is None or None in (worded, spoken, sent):
            return Waterfall()
        assert worded is not None
        assert spoken is not None
        assert sent is not None
        asking = self.ordered_at_ms - self.answers.decided_at_ms
        return Waterfall(
            total=None if heard is None else heard - self.answers.last_voice_at_ms,
            endpointing=self.answers.decided_at_ms - self.answers.last_voice_at_ms,
            model=worded - self.ordered_at_ms,
            speech=spoken - worded,
            queue=sent - spoken,
            playout=None if heard is None else heard - sent,
            ours=asking + sent - spoken,
        )
