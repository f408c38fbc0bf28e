"""What an engine's providers use, told as events where it happens and put down to the reply that it was for.

Providers say how much they used; which reply they were at work for is known by the task that they run in: whoever makes
a reply calls `making` first, and every task that it starts inherits that.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import count

from calls.errors import Failure
from calls.usage import Kind, Unit, Usage
from streamer.events import Used

_REPLY: ContextVar[int | None] = ContextVar("reply", default=None)

_METERS = count(1)
"""A session's engines may follow one another, and what they tell must not share an id."""


def making(reply_id: int) -> None:
    """What is used from now on in this task, and in those that it starts, is used for the reply."""
    _REPLY.set(reply_id)


def _unheard(_provider: str, _failure: Failure) -> None:
    """Nobody counts failures."""


class UsageMeter:
    """One for each engine. What is used before `tell` (a phrase spoken to warm up) is no call's and not kept.
    `made_good` is called with a provider's name and a failure that it makes good by itself."""

    def __init__(self, made_good: Callable[[str, Failure], None] = _unheard) -> None:
        self.made_good = made_good
        self._emit: Callable[[Used], None] | None = None
        self._name = f"m{next(_METERS)}"
        self._numbers = count(1)

    def tell(self, emit: Callable[[Used], None]) -> None:
        """Tell `emit` of every use from now on. It is called on the event loop only, and must not block."""
        self._emit = emit

    def used(
        self, kind: Kind, vendor: str, model: str, amounts: Mapping[Unit, int], *, is_estimated: bool = False
    ) -> None:
        """So much was used; nothing is told where all amounts are 0."""
        if self._emit is None or not any(amounts.values()):
            return
        name = f"{self._name}-{next(self._numbers)}"
        usage = Usage(name, vendor, model, kind, amounts, is_estimated=is_estimated)
        self._emit(Used(usage, _REPLY.get()))

    def pass_on(self, used: Usage) -> None:
        """What a provider has put down itself; its id is not taken over."""
        self.used(used.kind, used.vendor, used.model, used.amounts, is_estimated=used.is_estimated)

    def each(self, kind: Kind, vendor: str, model: str, unit: Unit) -> Callable[[int], None]:
        """For a provider that uses one unit of one model: it tells only how many."""

        def told(amount: int) -> None:
            self.used(kind, vendor, model, {unit: amount})

        return told


def unmetered(_amount: int) -> None:
    """For a provider that nobody bills."""
