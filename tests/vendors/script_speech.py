"""The script of OpenAI's speech-to-speech: Realtime and Live. Times and lists as in `script`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.vendors.script_parts import Fault, Messages, ToolCall, nth

ANSWER_NOW = r"(?i)\b(?:answer it|give it) now\b"
SAY_EXACTLY = r'(?is)say exactly[^"“]*(?:"((?:[^"\\]|\\.)+)"|“([^”]+)”)'
"""What stands between quotes after "say exactly"."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller is taken to have said in one stretch of committed audio.

    The transcript comes `transcript_ms` after the commit (`None`: the connection's), word by word, each `word_ms`; with
    a longer time than the next one's it comes after that. With `failed` the transcription fails.
    """

    text: str = "hello there"
    transcript_ms: float | None = None
    failed: bool = False


Form: TypeAlias = Literal["speech", "text", "silence", "nothing"]
Outcome: TypeAlias = Literal["completed", "max_output_tokens", "content_filter", "failed"]


@dataclass(frozen=True, slots=True)
class SpokenReply:
    """One response: words as speech, then calls of functions that the session has; with `invents` also of others.

    Audio comes `first_audio_ms` after the response was due, in pieces of `piece_ms`, `times_realtime` faster than it
    plays; a character lasts `character_ms`, after `lead_silence_ms` of silence, so the voice begins exactly there. The
    transcript is `transcript_lead_ms` of speech ahead of it. `form`: as speech, as a text although speech was asked
    for, as silence (mu-law 0xFF) as long as the speech would be, its transcript with it, or nothing at all.
    `stall_after_ms`: no more comes after so much audio (0: not even the first), nor its end.
    `outcome` other than completed ends it after the words; `error_code` is why it failed. `fault` counts from
    response.created.
    """

    text: str = "Certainly."
    tool_calls: tuple[ToolCall, ...] = ()
    invents: bool = False
    first_audio_ms: float = 350.0
    character_ms: int = 60
    piece_ms: int = 100
    times_realtime: float = 5.0
    lead_silence_ms: int = 0
    transcript_lead_ms: int = 200
    form: Form = "speech"
    stall_after_ms: float | None = None
    outcome: Outcome = "completed"
    error_code: str = "rate_limit_exceeded"
    fault: Fault | None = None

    @property
    def is_audio(self) -> bool:
        """It comes as audio, whatever can be heard of it."""
        return self.form in ("speech", "silence")


@dataclass(frozen=True, slots=True)
class SpokenAnswer:
    """A reply whenever the caller's last words match the regular expression `when` (ignoring case)."""

    when: str
    reply: SpokenReply


@dataclass(frozen=True, slots=True)
class RealtimeConnection:
    """One Realtime socket.

    `heard` are taken in turn, one a committed turn, from the first again after the last. A response is the first of:
    the words that `say` finds in its own instructions or in the last text of its own `input` (spoken as the next of
    `replies` is, which it does not use up); what RealtimeScript.think returns; the first matching of `answers`; the
    next of `replies`, the last again and again.

    speech_started comes `start_ms` after the voice began, speech_stopped `end_ms` after it ended (`None`: the client's
    silence_duration_ms, or for semantic VAD 600, 400 or 200 by eagerness). `threshold` and `least_voice_ms` as for
    Deepgram. Waits: `accept_ms` (handshake), `created_ms` (session.created), `updated_ms` (session.updated).
    `ignored`: client events of these types get no answer and have no effect. Not `answers_unasked`: create_response
    is taken, and a turn's end makes no response all the same. `unknown_every`: after every so many messages one of an
    unknown type. `idle_ms` replaces the idle time-out that the client asked for. `expires_s`:
    session_expired after so long, then a close with `expired_code`. A fault "error" says the error whose code is its
    `reason` (rate_limit_exceeded, insufficient_quota, server_error...) and stays open where its own `code` is 0.
    """

    heard: tuple[Heard, ...] = (Heard(),)
    replies: tuple[SpokenReply, ...] = (SpokenReply(),)
    answers: tuple[SpokenAnswer, ...] = ()
    say: str = SAY_EXACTLY
    start_ms: float = 60.0
    end_ms: float | None = None
    transcript_ms: float = 600.0
    word_ms: float = 30.0
    threshold: int = 300
    least_voice_ms: float = 40.0
    accept_ms: float = 0.0
    created_ms: float = 0.0
    updated_ms: float = 0.0
    ignored: tuple[str, ...] = ()
    answers_unasked: bool = True
    unknown_every: int = 0
    idle_ms: float | None = None
    expires_s: float = 3600.0
    expired_code: int = 1001
    fault: Fault | None = None

    def __post_init__(self) -> None:
        nth(self.replies, 0)


@dataclass(frozen=True, slots=True)
class RealtimeScript:
    """`think` is given the conversation as messages with `role` and `content`, system instructions first. `ears` are
    given a committed turn's audio, as it came, and say what was said in it, in place of the connection's `heard`.

    `wrong_key`: refused with 401 at the handshake, or after it with an error event and close code 3000.
    """

    connections: tuple[RealtimeConnection, ...] = (RealtimeConnection(),)
    think: Callable[[Messages], SpokenReply | None] | None = None
    ears: Callable[[bytes], str] | None = None
    models: tuple[str, ...] = ("gpt-realtime-2.1", "gpt-realtime-2.1-mini", "gpt-realtime-2", "gpt-realtime-1.5")
    wrong_key: Literal["handshake", "event"] = "handshake"
    requests_a_minute: int = 1000
    tokens_a_minute: int = 100_000

    def __post_init__(self) -> None:
        nth(self.connections, 0)


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """One Live socket. All its times are on the clock of the audio that the client sends: without it, nothing moves.

    `heard`, `answers`, `replies`, `threshold` and `least_voice_ms` as for Realtime; a reply with `tool_calls` delegates
    work, its text is what is said meanwhile. A reply comes `end_ms` plus its own first_audio_ms after the voice ended;
    a caller who speaks for `yield_ms` while the model speaks makes it fall silent, without any event, unless it is not
    `yielding`. A word of the caller comes every `word_ms` of voice, `transcript_ms` late.

    Commentary is spoken as it is written, `commentary_ms` after it came; of instructions, what `say` finds in them is
    spoken after `instructions_ms`, and those in which `answer` finds something are answered then, as what a caller says
    is (a keypress, which no primary socket hears of, comes that way). Audio goes out in pieces of `piece_ms`,
    `ahead_ms` ahead of the clock; what lies between speech is silence (`silence`: "sent") or left out. `backend_ms`:
    how long a Responses backend takes. `expires_s` is in real time. `ignored`, `unknown_every`, `fault` and the waits
    as for Realtime.
    """

    heard: tuple[Heard, ...] = (Heard(),)
    replies: tuple[SpokenReply, ...] = (SpokenReply(),)
    answers: tuple[SpokenAnswer, ...] = ()
    say: str = SAY_EXACTLY
    answer: str = ANSWER_NOW
    end_ms: float = 400.0
    yield_ms: float = 200.0
    yielding: bool = True
    word_ms: float = 250.0
    transcript_ms: float = 200.0
    commentary_ms: float = 850.0
    instructions_ms: float = 1200.0
    backend_ms: float = 300.0
    piece_ms: int = 100
    ahead_ms: float = 0.0
    silence: Literal["sent", "omitted"] = "sent"
    usage_every_s: float = 15.0
    threshold: int = 300
    least_voice_ms: float = 40.0
    accept_ms: float = 0.0
    started_ms: float = 0.0
    closed_ms: float = 0.0
    ignored: tuple[str, ...] = ()
    unknown_every: int = 0
    expires_s: float = 7200.0
    fault: Fault | None = None

    def __post_init__(self) -> None:
        nth(self.replies, 0)


@dataclass(frozen=True, slots=True)
class LiveScript:
    """The script of GPT-Live. `think` as for Realtime."""

    connections: tuple[LiveConnection, ...] = (LiveConnection(),)
    think: Callable[[Messages], SpokenReply | None] | None = None
    models: tuple[str, ...] = ("gpt-live-1",)

    def __post_init__(self) -> None:
        nth(self.connections, 0)
