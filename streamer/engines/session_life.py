"""How long a vendor's session may serve a call, and when the next one takes its place. Pure; seconds of a steady
clock."""

from dataclasses import dataclass

PREPARE_SHARE = 0.8
FORCE_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class SessionLife:
    """`bound_s`: what is left of the session when the call got it; 0: nobody limits it."""

    began_s: float
    bound_s: float

    def is_due(self, now_s: float) -> bool:
        """The next session is to be made ready, and takes over when nobody speaks."""
        return self.bound_s > 0 and now_s - self.began_s >= self.bound_s * PREPARE_SHARE

    def is_urgent(self, now_s: float) -> bool:
        """It takes over at the next end of a turn, whatever is still sounding."""
        return self.bound_s > 0 and now_s - self.began_s >= self.bound_s * FORCE_SHARE


def life(now_s: float, left_s: float, longest_s: float) -> SessionLife:
    """Of a session with `left_s` before the vendor's limit (0: unknown), in a call that wants none longer than
    `longest_s` (0: it does not mind)."""
    bounds = [bound for bound in (left_s, longest_s) if bound > 0]
    return SessionLife(now_s, min(bounds, default=0.0))
