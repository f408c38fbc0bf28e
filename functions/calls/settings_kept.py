"""Settings that hold secrets, kept for a while and then made anew from Secrets Manager.

Time is the wall clock, in epoch seconds: a steady clock stands still while Lambda freezes an environment or restores
a snapshot, and a secret must not outlive its time in either.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from calls.errors import ConfigurationInvalid, Failure, SecretsUnavailable
from calls.secret_versions import SecretRead, SecretVersions, followed

AT_MOST_EVERY_S = 5.0
"""How often at most the secret is looked at out of turn: anybody can send a signature that does not hold."""
AGAIN_AFTER_S = 10.0
"""How soon the next look is after one that failed: each may hold up a webhook."""

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Kept(Protocol[S_co]):
    """Settings as they are now."""

    def current(self) -> S_co:
        """The settings. SecretsUnavailable or ConfigurationInvalid where none could be made so far."""

    def anew(self) -> S_co | None:
        """Other settings than before, where a look at the secret has just found some: for who was shown a secret that
        is not the known one. None where there are none, or the last such look was a moment ago."""


class SettingsSettled(Generic[S]):
    """Implements `Kept`: settings that the environment holds whole."""

    def __init__(self, settings: S) -> None:
        self._settings = settings

    def current(self) -> S:
        return self._settings

    def anew(self) -> S | None:
        return None


class SettingsKept(Generic[S]):
    """Implements `Kept`. `look` asks Secrets Manager (whether nothing is known yet), `make` makes settings of what is
    known at a time; both may raise SecretsUnavailable or ConfigurationInvalid, and where earlier settings serve on
    instead, `stale` is told why. For one at a time, from whatever thread."""

    def __init__(
        self,
        look: Callable[[bool], SecretRead],
        make: Callable[[SecretVersions, float], S],
        *,
        keep_s: float,
        grace_s: float,
        now_s: Callable[[], float],
        stale: Callable[[Failure], None],
    ) -> None:
        self._look, self._make = look, make
        self._keep_s, self._grace_s = keep_s, grace_s
        self._now_s, self._stale = now_s, stale
        self._known: SecretVersions | None = None
        self._settings: S | None = None
        self._looked_s = self._due_s = 0.0
        self._anew_s: float | None = None

    def current(self) -> S:
        now_s = self._now_s()
        if self._settings is None:
            self._refresh(now_s)
        elif now_s >= self._due_s or now_s < self._looked_s:  # the clock was set back
            self._refresh_or_serve(now_s)
        assert self._settings is not None, "made or raised"
        return self._settings

    def anew(self) -> S | None:
        now_s = self._now_s()
        before = self._settings
        if before is None or (self._anew_s is not None and 0 <= now_s - self._anew_s < AT_MOST_EVERY_S):
            return None
        self._anew_s = now_s
        self._refresh_or_serve(now_s)
        return self._settings if self._settings != before else None

    def _refresh_or_serve(self, now_s: float) -> None:
        try:
            self._refresh(now_s)
        except (SecretsUnavailable, ConfigurationInvalid) as error:
            self._due_s = now_s + AGAIN_AFTER_S
            self._stale(error.failure)
            assert self._known is not None, "settings were made of something"
            self._settings = self._make(self._known, now_s)  # what was good for a while only may not be any more

    def _refresh(self, now_s: float) -> None:
        self._looked_s = now_s
        read = self._look(self._settings is None)
        known = followed(self._known, read, self._grace_s, now_s)
        self._settings = self._make(known, now_s)
        self._known = known
        self._due_s = now_s + self._keep_s
