"""Two closed alphabets of frozen values: what an engine tells the session, and what the session wants done.

Audio is 8 kHz mono mu-law, 8 bytes a millisecond. `media_ms` is Twilio's media clock: ms since the stream started.
"""

from dataclasses import dataclass

from calls.conversation import Conversation, Turn
from calls.errors import Failure
from calls.record import EndReason, Mode, NextStep
from calls.reply import Action
from calls.usage import Usage

# --- what engines say (past tense) -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller's voice began at `media_ms`."""

    media_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The voice that had started was too short or had no words in it: nobody took a turn."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the caller's turn sounds like so far; may still change."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The caller's turn is over. The voice began at `first_voice_media_ms` and truly ended at `last_voice_media_ms`."""

    text: str
    first_voice_media_ms: int
    last_voice_media_ms: int


@dataclass(frozen=True, slots=True)
class TurnLikely:
    """The caller's turn is probably over; a TurnEnded with the same words, or a TurnResumed, will follow."""

    text: str
    first_voice_media_ms: int
    last_voice_media_ms: int


@dataclass(frozen=True, slots=True)
class TurnResumed:
    """The turn that was likely over goes on."""


Heard = SpeechStarted | SpeechStopped | Draft | TurnLikely | TurnResumed | TurnEnded


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """The caller's turn `ref` is over, as TurnEnded, but its words are not written down yet: TurnWorded follows."""

    ref: str
    first_voice_media_ms: int
    last_voice_media_ms: int


@dataclass(frozen=True, slots=True)
class TurnWorded:
    """The words of turn `ref`; empty where it had none, or where nobody could write them down."""

    ref: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplyBegun:
    """The engine speaks of its own accord, as reply `reply_id`, which it numbers itself from OWN_REPLIES up."""

    reply_id: int


OWN_REPLIES = 1_000_000


@dataclass(frozen=True, slots=True)
class ReplyWorded:
    """A piece of the text of reply `reply_id`, in order, before (or with) its audio. `has_clause`: with it the first
    clause stands, and goes to the voice."""

    reply_id: int
    text: str
    has_clause: bool = False


@dataclass(frozen=True, slots=True)
class ReplySpoken:
    """A piece of the audio of reply `reply_id`, with the words that it speaks (possibly none)."""

    reply_id: int
    mulaw: bytes
    text: str


@dataclass(frozen=True, slots=True)
class ReplyFilled:
    """Short words that cover the wait for reply `reply_id`; they count only where nothing of it has sounded yet."""

    reply_id: int
    mulaw: bytes
    text: str


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """Everything of the reply has been given out; `action` is to be done once it has been heard. `keys` is how many
    keys answer it, 0 where any number may."""

    reply_id: int
    action: Action | None
    keys: int = 0


@dataclass(frozen=True, slots=True)
class ReplyLost:
    """The reply cannot be finished. What was given out stands."""

    reply_id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The engine can no longer hear, think or speak. `caller_waits`: the caller has said something that it did not tell
    of, or not the end of, and is silent."""

    failure: Failure
    caller_waits: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """Something was used and will be billed; told when it is known, which may be after the call has left the stream.

    `usage.id` is unique among the engines that a session may have one after the other; the session names it after
    itself, dates it, and makes it the turn's of reply `reply_id` (None: it belongs to the call as a whole). Telling it
    again changes nothing.
    """

    usage: Usage
    reply_id: int | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """To be written down, though it changes nothing; may be told after the call has left the stream."""

    failure: Failure


EngineEvent = (
    Heard
    | TurnTaken
    | TurnWorded
    | ReplyBegun
    | ReplyWorded
    | ReplySpoken
    | ReplyFilled
    | ReplyDone
    | ReplyLost
    | EngineLost
    | Used
    | Noted
)

# --- what the session wants done (imperative) -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SendMedia:
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    pass


@dataclass(frozen=True, slots=True)
class Say:
    """To the engine: speak fixed words as reply `reply_id`."""

    reply_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """To the engine: think of an answer to the conversation and speak it as reply `reply_id`."""

    reply_id: int
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Fill:
    """To the engine: speak short words as the beginning of reply `reply_id`, unless the reply itself has begun to
    sound by then."""

    reply_id: int
    text: str


@dataclass(frozen=True, slots=True)
class CancelReply:
    """To the engine: stop thinking and speaking `reply_id`; nothing more of it may be given out. Marks prove that
    `played_ms` of its audio (fillers not counted) were heard, and with them the words `heard`."""

    reply_id: int
    played_ms: int = 0
    heard: str = ""


EngineOrder = Say | Answer | Fill | CancelReply


@dataclass(frozen=True, slots=True)
class ChangeEngine:
    """Let go of the engine and go on with one of `mode`; orders that follow are for the new one. The record gets the
    rung and `failure`."""

    mode: Mode
    failure: Failure


@dataclass(frozen=True, slots=True)
class CommitTurn:
    """To the record: this turn is finished."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class CommitUsage:
    """To the record: this was used."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class CommitNext:
    """To the record: what `resume` does once the socket is closed, and why the call ends, where it does."""

    step: NextStep
    end_reason: EndReason | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class CommitNote:
    """To the record: this has happened; the call goes on."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Close the Twilio socket, after everything committed so far has been written (or has run out of time)."""

    code: int
    reason: str


Effect = (
    SendMedia
    | SendMark
    | SendClear
    | EngineOrder
    | ChangeEngine
    | CommitTurn
    | CommitUsage
    | CommitNext
    | CommitNote
    | CloseSocket
)
