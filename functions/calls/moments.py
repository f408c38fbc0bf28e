"""What happens to a call between two webhooks, and what it does next: two closed alphabets of frozen values, which
`calls.route` leads from one to the other."""

from dataclasses import dataclass

from calls.record import EndReason, Mode, Status

# --- what happened (past tense) --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VoiceAnswered:
    """Twilio asks for the first time what to do with the call. Asking again (a retry) gets the same answer."""


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """`<Connect>` is over; `error` is what Twilio says went wrong, or empty; `stream` counts as `streams_served` does,
    and is None for the newest."""

    error: str = ""
    stream: int | None = None


@dataclass(frozen=True, slots=True)
class CallerSpoke:
    """`<Gather>` heard words or keys; they are the conversation's last caller turn already. `streamer_ready` says that
    a streamer would take the call now, where that was asked."""

    streamer_ready: bool = False


@dataclass(frozen=True, slots=True)
class NothingHeard:
    """`<Gather>` ran out of time."""


@dataclass(frozen=True, slots=True)
class DialEnded:
    """`<Dial>` is over; `connected` says whether the caller spoke with anybody."""

    connected: bool


@dataclass(frozen=True, slots=True)
class CallOver:
    """Twilio asks, and says in the same breath that the call has ended with `status`."""

    status: Status


Live = VoiceAnswered | StreamEnded | CallerSpoke | NothingHeard | DialEnded
Moment = Live | CallOver

# --- what the call does next (imperative) ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stream:
    """Connect the call's audio to the streamer, in `mode`."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Gather:
    """Say `say` and listen for one turn; the caller may speak over it. `keys` is how many keys answer it (0: any)."""

    say: str
    keys: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Think of a reply to the caller's unanswered words, then ask `replied` (or `troubled`, if nothing comes).
    `say_first` is to be said before the reply."""

    say_first: str = ""


@dataclass(frozen=True, slots=True)
class SayAndHangUp:
    text: str
    end_reason: EndReason


@dataclass(frozen=True, slots=True)
class Dial:
    """Say `say`, if anything, and connect the caller to `number` (E.164)."""

    number: str
    say: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Step = Stream | Gather | Answer | SayAndHangUp | Dial | HangUp
