"""What a test or a benchmark tells the simulated vendors to do: frozen values, written in Python or in a JSON file.

Wherever a script holds a list, its entries serve one connection (or request) after the other, and the last entry serves
all that follow. Times are milliseconds from the moment the vendor could first have known: the last voice received, the
request received, the text that made a generation due.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.vendors.script_parts import Fault, Kind, Messages, ToolCall, nth
from tests.vendors.script_speech import LiveScript, RealtimeScript

__all__ = [
    "Answer",
    "DeepgramScript",
    "ElevenLabsScript",
    "Fault",
    "Kind",
    "Listening",
    "LiveScript",
    "Messages",
    "OpenAIScript",
    "RealtimeScript",
    "Reply",
    "Script",
    "Speaking",
    "ToolCall",
    "Utterance",
    "nth",
]


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the caller is taken to say while the next voice is heard.

    `text` may hold pauses, " | ": each stretch of voice that a pause divides takes the next part, so
    "I want to book | for Tuesday" is an eager end of turn that is taken back, if the caller's audio really pauses.
    "{connection}" in a text becomes the number of the socket, from 0, so that what is made of the words (a request to
    a model) can be told from what is made of another caller's. `None` takes the connection's delay. `eager_text` is
    what the eager end of turn has instead of the text: it is corrected (TurnResumed) just before the turn ends. With
    `confidence` below the client's `eot_threshold` the turn ends by `eot_timeout_ms` only. Nova: `speech_final` and
    `utterance_end` say whether these come; `segment_words` makes a final result of every so many words in mid-speech.
    No text: voice without words.
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


@dataclass(frozen=True, slots=True)
class OpenAIScript:
    """The reply is the first of: what `think` returns, the first matching of `answers`, the next of `replies`.

    `by` says which of `replies` is next: the one for this "request" of all, or for this "turn" of the conversation, the
    number of user messages in the request (which speculation does not upset). `think` is given chat's messages, or the
    input of a Responses request as a list. `realtime` and `live` have entries of their own, one a socket.
    """

    replies: tuple[Reply, ...] = (Reply(),)
    answers: tuple[Answer, ...] = ()
    think: Callable[[Messages], Reply | None] | None = None
    by: Literal["request", "turn"] = "request"
    api_key: str = "openai-key"
    models: tuple[str, ...] = ("gpt-5.4-mini", "gpt-5.4", "gpt-5.2", "gpt-6-luna", "gpt-6-sol", "gpt-5.6-luna")
    refused: bool = False
    realtime: RealtimeScript = field(default_factory=RealtimeScript)
    live: LiveScript = field(default_factory=LiveScript)

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
