"""TwiML as values: one frozen dataclass a verb or noun, with Twilio's documented defaults already filled in.

URLs stay as they were written, relative ones too; an empty string is an attribute that was not there. Seconds and
counts are integers; `None` is "no limit" or "not set", as each field says.
"""

from dataclasses import dataclass
from typing import Literal

HttpMethod = Literal["GET", "POST"]
Input = Literal["dtmf", "speech"]


@dataclass(frozen=True, slots=True)
class Say:
    """`text` is spoken `loop` times; 0 means until the call ends."""

    text: str
    voice: str = "man"
    language: str = "en-US"
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Plays the sound at `url`, or when `digits` is not empty, those keys as tones (`w` waits half a second)."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    length_s: int = 1


Prompt = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Collects keys, speech or both while the nested `prompts` play.

    `speech_timeout_s` is None for "auto"; `num_digits` is None for no limit; `finish_on_key` is empty for none.
    """

    inputs: frozenset[Input] = frozenset({"dtmf"})
    action: str = ""
    method: HttpMethod = "POST"
    timeout_s: int = 5
    speech_timeout_s: int | None = None
    max_speech_s: int = 60
    finish_on_key: str = "#"
    num_digits: int | None = None
    barge_in: bool = True
    action_on_empty_result: bool = False
    language: str = "en-US"
    hints: str = ""
    speech_model: str = ""
    prompts: tuple[Prompt, ...] = ()
    partial_result_callback: str = ""
    partial_result_method: HttpMethod = "POST"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Control goes to the document at `url`; empty is the current document."""

    url: str
    method: HttpMethod = "POST"


@dataclass(frozen=True, slots=True)
class Stream:
    """`<Stream>` inside `<Connect>`. `parameters` become `start.customParameters`."""

    url: str
    name: str
    track: str
    status_callback: str
    status_callback_method: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Connect:
    """Bridges the call to one stream; `action` is requested when the stream has ended."""

    stream: Stream
    action: str = ""
    method: HttpMethod = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """Ends the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuses an inbound call before it is answered; nothing is billed."""

    reason: Literal["rejected", "busy"] = "rejected"


@dataclass(frozen=True, slots=True)
class Dial:
    """Connects the caller to `number` (E.164). `time_limit_s` bounds the bridged call, `timeout_s` the ringing."""

    number: str
    action: str = ""
    method: HttpMethod = "POST"
    timeout_s: int = 30
    time_limit_s: int = 14_400
    caller_id: str = ""
    send_digits: str = ""


Verb = Say | Play | Pause | Gather | Redirect | Connect | Hangup | Reject | Dial
