"""A reply in the making on a speech-to-speech session. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calls.conversation import Turn
from calls.reply import Action
from streamer.engines.lead_in import LeadIn
from streamer.engines.outcomes import Outcome
from streamer.engines.realtime_events import calls_in, end_of
from streamer.engines.wording import Wording, left_to_say
from streamer.turns import same_words


@dataclass(slots=True)
class Making:
    """A reply. `said` are its words so far, `text` those that came without sound, `untold` those of a transcript that
    nobody has heard a voice of yet. `elsewhere_ms` of its audio came from sessions before the present one. `words` are
    what the model was told to say, `action` what follows them, and `mulaw` what it made of them. `until_s` is when
    nobody waits for its first sound any longer. `asked` are the turns that it answers."""

    id: int
    wording: Wording
    until_s: float
    asked: tuple[Turn, ...] = ()
    words: str = ""
    action: Action | None = None
    mulaw: bytearray = field(default_factory=bytearray)
    is_fixed: bool = False
    tries: int = 1
    rounds: int = 0
    said: str = ""
    text: str = ""
    untold: str = ""
    lead_in: LeadIn = field(default_factory=LeadIn)
    sounded_ms: float = 0.0
    elsewhere_ms: float = 0.0

    @property
    def left(self) -> str:
        """What of `words` is still to be said."""
        return left_to_say(self.words, self.said)

    @property
    def is_said_as_told(self) -> bool:
        """The model said `words`, all of them, in one session."""
        return bool(self.words) and same_words(self.said, self.words) and not self.elsewhere_ms

    def forget_unspoken(self) -> None:
        """The session makes it anew: words without sound were not said."""
        self.said, self.text, self.untold = self.said.removesuffix(self.wording.unspoken()), "", ""
        if not self.lead_in.has_voice:
            self.lead_in = LeadIn()

    def goes_elsewhere(self) -> None:
        """Another session makes the rest."""
        self.elsewhere_ms, self.lead_in.skipped_ms = self.sounded_ms, 0

    def here_ms(self, played_ms: float) -> int:
        """How far the present session's own audio of it was heard, where so much of all its audio was played."""
        heard_ms = max(0, round(played_ms - self.elsewhere_ms))
        return heard_ms + self.lead_in.skipped_ms if heard_ms else 0

    def outcome(self, response: Mapping[str, Any], model: str, limited_for_s: float, now_s: float) -> Outcome:
        """Of a response that is over. `limited_for_s`: how long the vendor wants to be left alone, as far as it said
        so before."""
        status, reason, failed = end_of(response)
        return Outcome(
            model,
            status,
            reason,
            failed,
            self.sounded_ms > 0,
            self.text,
            calls_in(response),
            self.tries,
            self.rounds,
            limited_for_s,
            self.until_s - now_s,
        )
