"""What a test or a benchmark tells the simulated vendors to do: frozen values, written in Python or in a JSON file.

Wherever a script holds a list, its entries serve one connection (or request) after the other, and the last entry serves
all that follow. Times are milliseconds from the moment the vendor could first have known: the last voice received, the
request received, the text that made a generation due.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, TypeAlias, TypeVar

Kind: TypeAlias = Literal["status", "reset", "stall", "drop", "garbage", "close", "error", "silence"]
"""How a vendor fails. Before anything else (`after_messages` and `after_ms` 0), or in mid-stream:

- status: the request or the handshake is answered with `status`, and `Retry-After` where `retry_after_s` is given
- reset: the TCP connection is reset without an answer
- stall: accepted, then nothing, for ever
- drop: the connection is cut without a closing handshake
- garbage: something that is no message of this vendor, then the stream goes on
- close: a WebSocket is closed with `code` and `reason`; an HTTP stream is ended as if it were complete
- error: the vendor's own error message inside a stream, and the end of it (on a socket with `code`)
- silence: 200 OK and silent audio (mu-law 0xFF); for a recogniser: it hears no words
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of one connection. It strikes once `after_messages` were sent and `after_ms` have passed."""

    kind: Kind
    after_messages: int = 0
    after_ms: float = 0.0
    status: int = 500
    retry_after_s: float | None = None
    code: int = 1011
    reason: str = ""

    def __post_init__(self) -> None:
        HTTPStatus(self.status)

    @property
    def at_once(self) -> bool:
        return not self.after_messages and not self.after_ms


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller is taken to say while the next voice is heard.

    `text` may hold pauses, " | ": each stretch of voice that a pause divides takes the next part, so
    "I want to book | for Tuesday" is an eager end of turn that is taken back, if the caller's audio really pauses.
    `None` takes the connection's delay. `eager_text` is what the eager end of turn has instead of the text: it is
    corrected (TurnResumed) just before the turn ends. With `confidence` below the client's `eot_threshold` the turn
    ends by `eot_timeout_ms` only. Nova: `speech_final` and `utterance_end` say whether these come; `segment_words`
    makes a final result of every so many words in mid-speech. No text: voice without words.
    """

    text: str
    start_ms: float | None = None
    eager_ms: float | None = None
    end_ms: float | None = None
    eager_text: str | None = None
    confidence: float | None = None
    speech_final: bool = True
    utterance_end: bool = True
    segment_words: int = 0


@dataclass(frozen=True, slots=True)
class Listening:
    """One Deepgram socket. `utterances` are taken in turn, from the first again after the last, unless `again` is off.

    `start_ms` counts from the first voice, `eager_ms` and `end_ms` from the last; a word comes out every `word_ms` of
    voice. Voice shorter than `least_voice_ms` is noise. `threshold` is the RMS (of 32768) from which a block is voice.
    `accept_ms` delays the handshake.
    """

    utterances: tuple[Utterance, ...] = (Utterance("hello there"),)
    again: bool = True
    start_ms: float = 80.0
    eager_ms: float = 150.0
    end_ms: float = 300.0
    interim_ms: float = 250.0
    word_ms: float = 250.0
    least_voice_ms: float = 40.0
    threshold: int = 300
    accept_ms: float = 0.0
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class DeepgramScript:
    """`refused`: nobody listens on the port. `idle_timeout_ms`: silence on the wire after which NET-0001 closes."""

    connections: tuple[Listening, ...] = (Listening(),)
    api_key: str = "deepgram-key"
    idle_timeout_ms: float = 10_000.0
    refused: bool = False

    def __post_init__(self) -> None:
        nth(self.connections, 0)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model calls; `arguments` is a JSON text."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers: words, then calls. `finish` is chat's finish reason where it is not plain."""

    text: str = "Certainly."
    tool_calls: tuple[ToolCall, ...] = ()
    first_token_ms: float = 350.0
    token_ms: float = 10.0
    finish: Literal["stop", "length", "content_filter"] = "stop"
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply to any request whose last caller's words match the regular expression `when` (ignoring case)."""

    when: str
    reply: Reply


Messages: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OpenAIScript:
    """The reply is the first of: what `think` returns, the first matching of `answers`, the next of `replies`.

    `by` says which of `replies` is next: the one for this "request" of all, or for this "turn" of the conversation, the
    number of user messages in the request (which speculation does not upset). `think` is given chat's messages, or the
    input of a Responses request as a list.
    """

    replies: tuple[Reply, ...] = (Reply(),)
    answers: tuple[Answer, ...] = ()
    think: Callable[[Messages], Reply | None] | None = None
    by: Literal["request", "turn"] = "request"
    api_key: str = "openai-key"
    models: tuple[str, ...] = ("gpt-5.4-mini", "gpt-5.4", "gpt-5.2", "gpt-6-luna", "gpt-6-sol", "gpt-5.6-luna")
    refused: bool = False

    def __post_init__(self) -> None:
        nth(self.replies, 0)


@dataclass(frozen=True, slots=True)
class Speaking:
    """One ElevenLabs request, or one socket with all its contexts.

    A character lasts `character_ms`; audio comes `first_byte_ms` after the text is due, in pieces of
    `piece_characters`, `times_realtime` faster than it plays. Every generation begins with `lead_silence_ms` of
    silence. `inactivity_ms` replaces the seconds the client asked for.
    """

    first_byte_ms: float = 150.0
    character_ms: int = 60
    piece_characters: int = 4
    times_realtime: float = 10.0
    lead_silence_ms: int = 0
    accept_ms: float = 0.0
    inactivity_ms: float | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class ElevenLabsScript:
    """`requests` serve HTTP, `sockets` serve both WebSockets. Without `voices` any voice exists."""

    requests: tuple[Speaking, ...] = (Speaking(),)
    sockets: tuple[Speaking, ...] = (Speaking(),)
    api_key: str = "elevenlabs-key"
    voices: tuple[str, ...] | None = None
    models: tuple[str, ...] = ("eleven_flash_v2_5", "eleven_flash_v2", "eleven_turbo_v2_5", "eleven_multilingual_v2")
    refused: bool = False

    def __post_init__(self) -> None:
        nth(self.requests, 0)
        nth(self.sockets, 0)


@dataclass(frozen=True, slots=True)
class Script:
    """All three vendors."""

    deepgram: DeepgramScript = field(default_factory=DeepgramScript)
    openai: OpenAIScript = field(default_factory=OpenAIScript)
    elevenlabs: ElevenLabsScript = field(default_factory=ElevenLabsScript)


_Entry = TypeVar("_Entry")


def nth(entries: Sequence[_Entry], number: int) -> _Entry:
    """The entry for connection or request `number` (from 0): the last one serves all that follow."""
    if not entries:
        raise ValueError("a script needs at least one entry in each of its lists")
    return entries[min(number, len(entries) - 1)]
