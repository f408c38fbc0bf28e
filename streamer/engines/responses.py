"""The responses of one speech-to-speech session: at most one at a time.

idle ──ask──► asked ──created──► active ──done──► idle
                │                   │
                └──cancel───────────┴──► cancelling ──done──► idle       (whatever was asked meanwhile goes out then)

A vendor refuses a second response while one is active; it sends on for a while what was cancelled. So nothing is asked
before `done`, and what belongs to no wanted response is nobody's. What is cut of one is `sounded`'s.

A vendor that answers turns unasked *offers* a response. Asking for an answer takes it, without a word to the
vendor; one that nobody takes, or that was begun before the conversation was put right, is cancelled when it is created.
What was asked for is waited for, made or refused, whatever comes unasked meanwhile. No I/O, no clock.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from streamer.engines.sounded import Sounded, Truncate

_STRANGERS_KEPT = 32


@dataclass(frozen=True, slots=True)
class Create:
    """Ask the vendor for the answer that is to be reply `reply_id`; with `words` it says exactly those instead."""

    reply_id: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    response_id: str


Command = Create | Cancel | Truncate


class State(Enum):
    IDLE = auto()
    ASKED = auto()
    ACTIVE = auto()
    CANCELLING = auto()
    BLOCKED = auto()
    """A response is active, or coming, that nobody wants: what is asked waits for its end."""


class Offer(Enum):
    """What the vendor makes, unasked, of the turn that is over."""

    NONE = auto()
    COMING = auto()
    OUTDATED = auto()
    """It is coming, and may not know all that the vendor was told."""
    LATE = auto()
    """It was taken, did not come, and was asked for: what comes first is the reply."""


@dataclass(slots=True)
class Responses:
    state: State = State.IDLE
    reply_id: int | None = None
    """Of the response that is asked, active or cancelling."""
    response_id: str | None = None
    _offer: Offer = Offer.NONE
    _wanted: bool = False
    _words: str = ""
    _queued: Create | None = None
    _strangers: OrderedDict[str, None] = field(default_factory=OrderedDict)
    heard: Sounded = field(default_factory=Sounded)
    """What has come of each reply."""

    @property
    def is_idle(self) -> bool:
        return self.state is State.IDLE and self._queued is None and not self.is_offered

    @property
    def has_sounded(self) -> bool:
        """Some audio of the present response, or of an earlier one of its reply, has come."""
        return self.heard.has(self.reply_id)

    @property
    def being_made(self) -> list[tuple[str, int | None, int]]:
        """The responses whose end nobody told of yet: id, the reply that it is made for, and how much of its audio
        came, as far as anybody wanted it."""
        strangers: list[tuple[str, int | None, int]] = [(response_id, None, 0) for response_id in self._strangers]
        if self.response_id is None:
            return strangers
        return [(self.response_id, self.reply_id, self.heard.received_ms(self.reply_id)), *strangers]

    # --- orders ------------------------------------------------------------------------------------------------------

    def ask(self, reply_id: int, words: str = "") -> list[Command]:
        """Now, or when the vendor can take it; one asked for before and not yet sent is forgotten. Nothing goes out
        where the vendor is making an answer anyway."""
        create = Create(reply_id, words)
        is_taken = self._offer is Offer.COMING and not words
        if self.state is State.IDLE and self._offer is not Offer.NONE and not is_taken:
            self.state = State.BLOCKED
        if self.state is not State.IDLE:
            self._queued = create
            return []
        self.state, self.reply_id, self.response_id, self._wanted = State.ASKED, reply_id, None, True
        self._words = words
        return [] if is_taken else [create]

    def cancel(self, reply_id: int, played_ms: int) -> list[Command]:
        """Of the reply, over or not, `played_ms` were heard and no more will be."""
        if self._queued is not None and self._queued.reply_id == reply_id:
            self._queued = None
        commands: list[Command] = []
        if self.reply_id == reply_id and self.state in (State.ASKED, State.ACTIVE):
            self._wanted = False
            if self.state is State.ACTIVE and self.response_id is not None:
                self.state = State.CANCELLING
                commands.append(Cancel(self.response_id))
        still_comes = self.state is State.CANCELLING and self.reply_id == reply_id
        return commands + list(self.heard.cut(reply_id, played_ms, still_comes=still_comes))

    # --- what the vendor makes unasked -------------------------------------------------------------------------------

    def turn_over(self, *, is_answered: bool, knows_all: bool = True) -> None:
        """Of the caller's. `is_answered`: the vendor answers it unasked, where nothing else is active. `knows_all`: it
        had got whatever it was told before."""
        if self.state is not State.IDLE:
            return
        if not is_answered:
            self._offer = Offer.NONE
        else:
            self._offer = Offer.COMING if knows_all else Offer.OUTDATED

    def told_more(self) -> None:
        """The conversation was added to, or put right."""
        if self._offer is Offer.COMING and self.state is State.IDLE:
            self._offer = Offer.OUTDATED

    @property
    def is_offered(self) -> bool:
        """A response that nobody asked for is coming."""
        return self._offer in (Offer.COMING, Offer.OUTDATED)

    def not_begun(self) -> list[Command]:
        """The response that was to come unasked did not: what was to be it is asked for."""
        offer, self._offer = self._offer, Offer.NONE
        if offer is Offer.COMING and self.state is State.ASKED and self._wanted and self.reply_id is not None:
            self._offer = Offer.LATE
            return [Create(self.reply_id)]
        if offer in (Offer.COMING, Offer.OUTDATED) and self.state in (State.ASKED, State.BLOCKED):
            return self._free()
        return []

    def not_answered(self) -> None:
        """The vendor does not answer the turn, as a response is active: who took its answer asks when that is done."""
        if self.is_offered:
            self._offer = Offer.NONE
            self.not_now()

    # --- what the vendor tells ---------------------------------------------------------------------------------------

    def created(self, response_id: str, reply_id: int | None, *, may_be_unasked: bool = True) -> list[Command]:
        """A response began; `reply_id` is what its metadata say, None where they say nothing. Such a one is what was
        asked for where it cannot be `may_be_unasked`: not every server that speaks the protocol keeps metadata."""
        is_taken = not may_be_unasked or self._offer in (Offer.COMING, Offer.LATE)
        is_ours = is_taken if reply_id is None else reply_id == self.reply_id
        if reply_id is None or self._offer is Offer.LATE:
            self._offer = Offer.NONE
        if self.state is not State.ASKED or not is_ours:
            self._strangers[response_id] = None
            if len(self._strangers) > _STRANGERS_KEPT:
                self._strangers.popitem(last=False)
            if self.state is State.IDLE:
                self.state = State.BLOCKED
            return [Cancel(response_id)]
        self.response_id = response_id
        if not self._wanted:
            self.state = State.CANCELLING
            return [Cancel(response_id)]
        self.state = State.ACTIVE
        return []

    def reply_of(self, response_id: str) -> int | None:
        """The reply that a response was made for, wanted or not."""
        return self.reply_id if response_id == self.response_id else None

    def wanted_reply(self, response_id: str) -> int | None:
        """The reply that something of this response belongs to; None when nobody wants it."""
        is_wanted = self.state is State.ACTIVE and response_id == self.response_id
        return self.reply_id if is_wanted else None

    def sounded(self, response_id: str, item_id: str, content_index: int, size_bytes: int) -> int | None:
        """Audio came. The reply that it belongs to, or None when nobody wants it."""
        reply_id = self.wanted_reply(response_id)
        if reply_id is None:
            return None
        self.heard.add(reply_id, item_id, content_index, size_bytes)
        return reply_id

    def done(self, response_id: str) -> tuple[int | None, list[Command]]:
        """A response is over. The reply that somebody waited for, if it was that one; and what can go out now."""
        if response_id in self._strangers:
            del self._strangers[response_id]
            return None, self._free() if self.state is State.BLOCKED else []
        if self.state is State.BLOCKED:
            return None, self._free()
        if response_id != self.response_id or self.state not in (State.ACTIVE, State.CANCELLING):
            return None, []
        reply_id = self.reply_id if self.state is State.ACTIVE else None
        return reply_id, self._free()

    def not_now(self) -> None:
        """The vendor refused what was asked, as a response is active: it is asked again when that one is done."""
        if self.state is State.ASKED:
            if self._wanted and self._queued is None and self.reply_id is not None:
                self._queued = Create(self.reply_id, self._words)
            self.state, self.reply_id = State.BLOCKED, None

    def unblock(self) -> list[Command]:
        """The response that was in the way never told of its end: ask anyway."""
        return self._free() if self.state is State.BLOCKED else []

    def refused(self) -> tuple[int | None, list[Command]]:
        """The vendor refused what was asked, for good. The reply that somebody waited for; and what can go out now."""
        if self.state is not State.ASKED:
            return None, []
        reply_id = self.reply_id if self._wanted else None
        return reply_id, self._free()

    def _free(self) -> list[Command]:
        if self._offer is Offer.LATE:
            self._offer = Offer.NONE
        self.state, self.reply_id, self.response_id, self._wanted = State.IDLE, None, None, False
        queued, self._queued = self._queued, None
        return [] if queued is None else self.ask(queued.reply_id, queued.words)
