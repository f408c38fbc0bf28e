"""What the parts of the box ask of each other. Audio is 8 kHz mono mu-law, 160 bytes a 20 ms frame."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Ears(Protocol):
    async def recognise(self, mulaw: bytes) -> str:
        """The words in one utterance; empty when there are none. Heavy work happens off the event loop."""


class Mouth(Protocol):
    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        """The text as speech."""


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """Who a media stream or a webhook belongs to; `auth_token` signs what the box sends."""

    account_sid: str
    call_sid: str
    auth_token: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One line of the account's debugger: a Twilio error or warning code and what it means here."""

    code: int
    level: str
    call_sid: str
    sentence: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """stream-started, stream-stopped or stream-error, as told to a `<Stream>`'s statusCallback."""

    event: str
    stream_sid: str
    stream_name: str
    error: str = ""
    error_code: int = 0


class Line(Protocol):
    """One phone line: both directions of a call's audio on one true 20 ms clock.

    The caller's side is fed by a caller script; the agent's side is played (`<Say>`, `<Play>`: `play`) or streamed
    (Media Streams: `enqueue`, `mark`, `clear`). Both sides are kept from answer to hang-up for the recording. All times
    are ms on the line's own clock, which starts at 0 when the call is answered.
    """

    @property
    def now_ms(self) -> int:
        """Media time since answer."""

    @property
    def agent_audible(self) -> bool:
        """True while agent audio is being played out (silence inside buffered audio counts as audible)."""

    @property
    def hung_up(self) -> bool:
        """True once either side has ended the call."""

    def listen(self, on_frame: Callable[[bytes, int], None], on_digit: Callable[[str], None]) -> Callable[[], None]:
        """Call `on_frame(mulaw_160_bytes, now_ms)` at every tick and `on_digit` for every key the caller presses, until
        the returned function is called. Several listeners may be there at once."""

    async def play(self, mulaw: bytes) -> None:
        """Play the agent's audio to its end on the clock. Cancelling it stops the sound at the next tick. Raises
        LineEnded when the call ends first."""

    async def pause(self, duration_ms: int) -> None:
        """Let time pass on the clock, in silence. Raises LineEnded when the call ends first."""

    def enqueue(self, mulaw: bytes) -> None:
        """Append streamed audio to the playout buffer; it plays from the next tick on, in order."""

    def mark(self, name: str, on_played: Callable[[str], None]) -> None:
        """Call `on_played(name)` when everything enqueued before has been played: at once when the buffer is empty."""

    def clear(self) -> None:
        """Drop what is buffered and return every pending mark at once, in order."""

    def hang_up(self) -> None:
        """End the call from either side; every waiter gets LineEnded."""

    async def ended(self) -> None:
        """Return when the call has ended."""


class LineEnded(Exception):
    """The call ended while something was still to be played or awaited."""
