"""What a scripted reply becomes in time: words ahead of their sound, function calls, and the end of it. Pure."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from tests.vendors.realtime_items import audio_tokens
from tests.vendors.script_speech import SpokenReply
from tests.vendors.speech_tone import RATE_HZ, SILENCE, tone
from tests.vendors.tokens import pieces

_TOKEN_MS = 5.0
"""Between two pieces of a function's arguments, or of a text that is not spoken."""


@dataclass(frozen=True, slots=True)
class Words:
    """Of the transcript, or of a text that is not spoken."""

    delta: str


@dataclass(frozen=True, slots=True)
class Sound:
    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Calling:
    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    delta: str


@dataclass(frozen=True, slots=True)
class End:
    """`status` completed, incomplete (and why: `reason`) or failed (`reason` is the error's code)."""

    status: str
    reason: str | None = None


Step: TypeAlias = Words | Sound | Calling | Arguments | End
Timed: TypeAlias = tuple[float, Step]
Plan: TypeAlias = tuple[Timed, ...]
"""Steps in order, each with its milliseconds after the response was due."""


@lru_cache(maxsize=512)
def voice(text: str, character_ms: int, lead_silence_ms: int) -> bytes:
    """Mu-law 8 kHz of a text: silence, then a tone a character."""
    return SILENCE * (lead_silence_ms * RATE_HZ // 1000) + b"".join(tone(one, character_ms) for one in text)


def sound_of(reply: SpokenReply, text: str) -> bytes:
    """`text` as `reply` makes it sound."""
    mulaw = voice(text, reply.character_ms, reply.lead_silence_ms)
    return SILENCE * len(mulaw) if reply.form == "silence" else mulaw


@lru_cache(maxsize=512)
def planned(reply: SpokenReply, text: str, offered: frozenset[str], most_tokens: float, *, spoken: bool) -> Plan:
    """The steps of `reply` with the words `text`. `spoken`: the client wants audio.

    Functions that are not `offered` are not called, unless the reply invents them. What is over `most_tokens` is cut
    off, as is what comes after the script's stall.
    """
    if reply.form == "nothing":
        text = ""
    spoken = spoken and reply.is_audio
    tokens, was_cut = _affordable(pieces(text), reply, most_tokens, spoken=spoken)
    text = "".join(tokens)
    steps = _speech(reply, text, tokens) if spoken else _text(reply, tokens)
    over_ms = reply.first_audio_ms
    if spoken and text:
        over_ms += len(voice(text, reply.character_ms, reply.lead_silence_ms)) / 8 / reply.times_realtime
    elif tokens:
        over_ms = steps[-1][0]
    end = _end(reply, was_cut=was_cut)
    if end.status == "completed":
        for call in reply.tool_calls:
            if call.name in offered or reply.invents:
                steps.append((over_ms, Calling(call.name)))
                for delta in pieces(call.arguments):
                    steps.append((over_ms, Arguments(delta)))
                    over_ms += _TOKEN_MS
    steps.append((over_ms, end))
    if reply.stall_after_ms is not None:
        until_ms = reply.first_audio_ms + reply.stall_after_ms / reply.times_realtime
        steps = [(at_ms, step) for at_ms, step in steps if at_ms < until_ms and not isinstance(step, End)]
    return tuple(steps)


def _affordable(tokens: list[str], reply: SpokenReply, most: float, *, spoken: bool) -> tuple[list[str], bool]:
    """The tokens whose text and sound stay within `most`, and whether that left any out."""
    characters = 0
    for index, token in enumerate(tokens):
        characters += len(token)
        if index + 1 + (audio_tokens(characters * reply.character_ms) if spoken else 0) > most:
            return tokens[:index], True
    return tokens, False


def _speech(reply: SpokenReply, text: str, tokens: list[str]) -> list[Timed]:
    if not text:
        return []
    steps: list[Timed] = []
    media_ms = float(reply.lead_silence_ms)
    for token in tokens:
        early_ms = max(0.0, media_ms - reply.transcript_lead_ms)
        steps.append((reply.first_audio_ms + early_ms / reply.times_realtime, Words(token)))
        media_ms += len(token) * reply.character_ms
    audio, size = sound_of(reply, text), reply.piece_ms * RATE_HZ // 1000
    for at in range(0, len(audio), size):
        steps.append((reply.first_audio_ms + at / 8 / reply.times_realtime, Sound(audio[at : at + size])))
    return sorted(steps, key=lambda step: step[0])


def _text(reply: SpokenReply, tokens: list[str]) -> list[Timed]:
    return [(reply.first_audio_ms + index * _TOKEN_MS, Words(token)) for index, token in enumerate(tokens)]


def _end(reply: SpokenReply, *, was_cut: bool) -> End:
    if was_cut:
        return End("incomplete", "max_output_tokens")
    match reply.outcome:
        case "completed":
            return End("completed")
        case "failed":
            return End("failed", reply.error_code)
        case reason:
            return End("incomplete", reason)
