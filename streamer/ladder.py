"""Which engine goes on with a call when the one it had is lost, without leaving the socket. Pure.

lost, and may be well at once    the same mode again, with whatever the task knows to be well, once
lost again, or for good          the next streaming mode of the agent's
lost after a wait                the next one too: a deadline is not waited for twice in one mode
lost, and has a spare            the same mode again, with the agent's fallback for what failed, once for each vendor
                                 whatever was tried before
none left                        the call leaves the socket and goes on over TwiML

So in one mode nobody waits for longer than the deadline of one try and AGAIN_WITHIN_MS.
"""

from dataclasses import dataclass, field

from calls.agent import Models
from calls.errors import Failure
from calls.record import Mode

MOST_TRIES = 2
MOST_CHANGES = 8
"""In one stream. Whoever has lost that many engines is better off without."""
AGAIN_WITHIN_MS = 1_500
"""Who has been waited for longer than this is not asked again in the same mode."""
WELL_MS = 60_000
"""An engine that ran so long was well: what is lost then is a new failure, not the old one again."""


@dataclass(slots=True)
class Ladder:
    """`modes` are the agent's, best first; the call stands on `mode` since `since_ms` (epoch)."""

    modes: tuple[Mode, ...]
    mode: Mode
    since_ms: int
    _tries: dict[Mode, int] = field(default_factory=dict)
    _spared: set[str] = field(default_factory=set)
    _changes: int = 0

    def next(self, failure: Failure, now_ms: int, waited_ms: int = 0, *, has_spare: bool = False) -> Mode | None:
        """The mode of the engine to go on with after `failure`; None when only TwiML is left. The caller has waited
        for the lost one for `waited_ms`; `has_spare`: in its mode there is another provider for what failed."""
        if now_ms - self.since_ms >= WELL_MS:
            self._tries.clear()
            self._spared.clear()
        self._changes += 1
        self._tries[self.mode] = self._tries.get(self.mode, 0) + 1
        if self._changes > MOST_CHANGES:
            return None
        vendor = vendor_of(failure)
        is_first_spare = has_spare and vendor not in self._spared  # recogniser and voice may fail in one call
        self._spared |= {vendor} if has_spare else set()
        is_worth_it = has_spare or (failure.retryable and waited_ms <= AGAIN_WITHIN_MS)
        candidates = [*([self.mode] if is_worth_it else []), *self._below()]
        for mode in candidates:
            if self._tries.get(mode, 0) < MOST_TRIES or (mode is self.mode and is_first_spare):
                self.mode, self.since_ms = mode, now_ms
                return mode
        return None

    def _below(self) -> tuple[Mode, ...]:
        """The streaming modes under the present one; all but it where the agent does not name it."""
        streaming = tuple(mode for mode in self.modes if mode is not Mode.TRADITIONAL)
        return streaming[streaming.index(self.mode) + 1 :] if self.mode in streaming else streaming


RESTING = "-resting"
"""How the code of a failure ends that nobody was asked for: the providers are left alone for a while."""

DEAF = "-deaf"
"""How the code of a failure ends that means an engine which tells nothing of a voice that it was given."""


def vendor_of(failure: Failure) -> str:
    """Who failed: failures of vendors are named so."""
    return failure.code.partition("-")[0]


def has_spare(models: Models, mode: Mode, failure: Failure) -> bool:
    """Whether the agent names another provider of the kind that failed, by the vendor in the failure's code. (A model's
    fallbacks are asked by whoever asks the model.)"""
    if mode is not Mode.PIPELINE or failure.code.endswith(RESTING):
        return False
    vendor = vendor_of(failure)
    kinds = ((models.recogniser, models.recogniser_fallbacks), (models.speech, models.speech_fallbacks))
    return any(bool(spares) and provider.partition("/")[0] == vendor for provider, spares in kinds)
