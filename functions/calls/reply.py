"""What a reply is made of, whichever engine thinks it up: words to speak, and at most one thing to do after them."""

from dataclasses import dataclass, field

from calls.usage import Usage


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text to speak; pieces are joined as they are, so each carries its own spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up once everything said so far has been heard. `reason` is a `record.EndReason` value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller to a person at `number` (E.164) once everything said so far has been heard."""

    number: str


@dataclass(frozen=True, slots=True)
class ExpectKeys:
    """The reply asks for exactly `count` keys (1 for yes or no): an entry of that length is complete at once."""

    count: int


Action = EndCall | Transfer
ReplyPart = Words | ExpectKeys | EndCall | Transfer


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, for engines and modes that have it at once. `keys` as in ExpectKeys; 0: any number may come.
    `used` is what a vendor bills for it; whoever writes it down names, dates and places it."""

    text: str
    action: Action | None = None
    keys: int = 0
    used: Usage | None = field(default=None, compare=False)
