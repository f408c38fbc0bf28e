"""The part of an agent file that speech-to-speech models read: `[realtime]`, which models and voices are known, and
when which of them goes away.

Names: `RealtimeSessionCreateRequest`, `RealtimeAudioConfigOutput`, `AudioTranscription` and `BuiltInVoice` of the same
version; OpenAI may have others by now, so a name that is not among them is doubted, and not refused.
Shutdown dates: https://developers.openai.com/api/docs/deprecations as carried by openai-python 3.54.0
(`types/realtime`), read on 2026-11-22.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from calls.fields import Fields

DEFAULT_MODEL = "gpt-realtime-2.1"
DEFAULT_PROVIDER = f"openai/{DEFAULT_MODEL}"
DEFAULT_VOICE = "marin"
TRANSCRIPTION = "gpt-live-transcribe"
LIVE = "gpt-live"
"""How the names of full-duplex models begin, which speak another protocol."""
MODELS = (DEFAULT_MODEL, "gpt-realtime-2.1-mini", "gpt-realtime-2", "gpt-realtime-1.5")
LIVE_MODELS = ("gpt-live-1",)
TRANSCRIPTIONS = (TRANSCRIPTION, "gpt-transcribe", "gpt-realtime-whisper")
VOICES = (DEFAULT_VOICE, "cedar", "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse")
LIVE_VOICES = (
    *("marin", "cedar", "alloy", "ash", "ballad", "beacon", "bossa", "cinder", "coral", "delta", "echo", "gleam"),
    *("meridian", "quartz", "ripple", "sage", "shida", "shimmer", "stone", "tempo", "verse", "vesper", "willow"),
)
OWN_VOICE = "voice_"
"""How the id of a voice begins that an account has made itself."""
_OPENAI = re.compile(r"openai(/.+)?")
_DAY_JAN = date(2027, 1, 20)
_DAY_FEB = date(2027, 2, 26)

SHUTDOWNS: Mapping[str, date] = {
    **dict.fromkeys(("gpt-realtime", "gpt-realtime-2025-08-28", "gpt-realtime-mini"), _DAY_JAN),
    **dict.fromkeys(("gpt-realtime-mini-2025-10-06", "gpt-realtime-mini-2025-12-15"), _DAY_JAN),
    **dict.fromkeys(("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"), _DAY_FEB),
    **dict.fromkeys(("gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-transcribe-diarize"), _DAY_FEB),
}
"""Models of speech that go, and the day."""


@dataclass(frozen=True, slots=True)
class RealtimeHearing:
    """How a speech-to-speech session listens.

    `vad`: "semantic" ends the caller's turn by what was said, as eagerly as `eagerness` (low, medium, high, auto);
    "server" ends it after `silence_ms` of silence, a voice being what is above `threshold` (0 to 1).
    `noise_reduction`: "far", "near" or "off". `transcription` is the model that writes the caller's words down.
    `longest_s`: a session is exchanged for a new one after so long at the latest; 0 leaves it to the vendor's limit.
    """

    vad: str = "semantic"
    eagerness: str = "auto"
    silence_ms: int = 500
    threshold: float = 0.5
    noise_reduction: str = "far"
    transcription: str = TRANSCRIPTION
    longest_s: int = 0

    @property
    def models(self) -> tuple[str, ...]:
        """The models that this names."""
        return (self.transcription,)


def realtime_hearing(fields: Fields) -> RealtimeHearing:
    """The table `[realtime]`; what is wrong with it is noted in `fields`."""

    def one_of(name: str, default: str, known: tuple[str, ...]) -> str:
        return fields.shaped(name, default, ", ".join(known[:-1]) + f" or {known[-1]}", lambda value: value in known)

    hearing = RealtimeHearing(
        vad=one_of("vad", "semantic", ("semantic", "server")),
        eagerness=one_of("eagerness", "auto", ("low", "medium", "high", "auto")),
        silence_ms=fields.whole("silence_ms", 500, 100, 3_000),
        threshold=fields.number("threshold", 0.5, 0, 1),
        noise_reduction=one_of("noise_reduction", "far", ("far", "near", "off")),
        transcription=fields.text("transcription", TRANSCRIPTION, longest=100),
        longest_s=fields.whole("longest_s", 0, 0, 14_400),
    )
    if 0 < hearing.longest_s < 10:
        fields.note("longest_s", "must be 0 or at least 10 seconds")
    fields.finish()
    return hearing


def check_models(fields: Fields, first: str, others: Sequence[str]) -> None:
    """What is wrong with models.realtime and models.realtime_fallbacks, which have the shape of providers, is noted."""
    if not _OPENAI.fullmatch(first):
        fields.note("realtime", f'must be "openai" or "openai/<model>", not "{first}"')
    if not all(map(_OPENAI.fullmatch, others)):
        fields.note("realtime_fallbacks", 'must be a list of "openai/<model>"')
    elif any(LIVE in one for one in (first, *others)) and others:
        fields.note("realtime_fallbacks", f"must not go with {LIVE} models, which have none: the next mode does")


def doubts(agent_name: str, providers: Sequence[str], voice: str, transcription: str) -> tuple[str, ...]:
    """A sentence for every name of a realtime agent's that OpenAI is not known to take. `providers` are its
    models.realtime and models.realtime_fallbacks."""
    models = [provider.partition("/")[2] or DEFAULT_MODEL for provider in providers]
    is_live = any(model.startswith(LIVE) for model in models)
    voices = LIVE_VOICES if is_live else VOICES
    asked: list[tuple[str, str, tuple[str, ...]]]
    asked = [("models.realtime", model, LIVE_MODELS if model.startswith(LIVE) else MODELS) for model in models]
    if not is_live:  # the caller's words are Live's own
        asked.append(("realtime.transcription", transcription, TRANSCRIPTIONS))
    sentences = [
        f"Agent {agent_name}: {where} names {name!r}, which is not among the models known here. Known: "
        f"{', '.join(known)}."
        for where, name, known in asked
        if name not in known and name not in SHUTDOWNS
    ]
    if voice not in voices and not voice.startswith(OWN_VOICE):
        sentences.append(
            f"Agent {agent_name}: voice.realtime is {voice!r}, which {models[0]} is not known to have. Known: "
            f"{', '.join(voices)}; or the id of a voice of your own ({OWN_VOICE}...)."
        )
    return tuple(sentences)


def shutdown_warnings(agent_name: str, models: tuple[str, ...], today: date) -> tuple[str, ...]:
    """A sentence for each of `models` that has gone or will go."""
    sentences = []
    for model in models:
        if (day := SHUTDOWNS.get(model)) is not None:
            when = f"was shut down on {day}" if day <= today else f"will be shut down on {day}"
            sentences.append(f"Agent {agent_name} names openai/{model}, which {when}; name another model.")
    return tuple(sentences)
