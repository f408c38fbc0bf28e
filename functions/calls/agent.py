"""An agent is data: a TOML file, parsed once into these values, refused with the file and the field named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calls.record import Mode


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: `speech` for the streaming modes ("heart"), `twilio` for `<Say>` ("Polly.Joanna")."""

    speech: str
    twilio: str
    language: str


@dataclass(frozen=True, slots=True)
class Models:
    """Which provider does what, as "provider" or "provider/model": "embedded", "scripted", "openai/gpt-6-luna"."""

    recogniser: str
    reply: str
    speech: str


@dataclass(frozen=True, slots=True)
class Limits:
    """`call_s` is the longest call; `silence_s` how long nobody may speak before the caller is asked, and again
    before goodbye; `reply_s` how long a reply may be in coming."""

    call_s: int
    silence_s: float
    reply_s: float


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """`barge_in_ms`: how long the caller must speak over the agent to take the floor. `greeting_protected_ms`: how
    long the greeting cannot be interrupted (line noise at pickup)."""

    barge_in_ms: int
    greeting_protected_ms: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """Fixed sentences: `bridge` covers a change of mode, `ask_again` an unheard answer, `still_there` a silence,
    `silence_goodbye`, `limit_goodbye` and `trouble_goodbye` end the call."""

    bridge: str
    ask_again: str
    still_there: str
    silence_goodbye: str
    limit_goodbye: str
    trouble_goodbye: str


@dataclass(frozen=True, slots=True)
class Agent:
    """Everything that makes one agent. `modes` is the ladder, best first. `desk` is the scripted engine's own table
    (its shape belongs to `desk.py`, which validates it); `transfer_number` is E.164 or empty."""

    name: str
    prompt: str
    greeting: str
    closing: str
    voice: Voice
    models: Models
    modes: tuple[Mode, ...]
    limits: Limits
    turn_taking: TurnTaking
    phrases: Phrases
    transfer_number: str = ""
    desk: Mapping[str, Any] = field(default_factory=dict)
