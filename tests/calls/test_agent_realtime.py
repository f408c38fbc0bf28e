from datetime import date
from typing import Any, get_args

import pytest
from openai.types.live.built_in_voice import BuiltInVoice
from openai.types.live.session_config import SessionConfig
from openai.types.realtime.audio_transcription import AudioTranscription
from openai.types.realtime.realtime_audio_config_output import Voice
from openai.types.realtime.realtime_session_create_request import RealtimeSessionCreateRequest

from calls.agent import parse, read
from calls.agent_realtime import (
    DEFAULT_PROVIDER,
    LIVE_MODELS,
    LIVE_VOICES,
    MODELS,
    SHUTDOWNS,
    TRANSCRIPTION,
    TRANSCRIPTIONS,
    VOICES,
    RealtimeHearing,
    doubts,
    shutdown_warnings,
)

HEAD = 'name = "desk"\nprompt = "You keep a desk."\ngreeting = "Hello."\n'
TABLE = """
[models]
realtime = "openai/gpt-realtime-2.1-mini"
realtime_fallbacks = ["openai/gpt-realtime-2"]
[voice]
realtime = "cedar"
[realtime]
vad = "server"
eagerness = "low"
silence_ms = 700
threshold = 0.7
noise_reduction = "near"
transcription = "gpt-transcribe"
longest_s = 1800
"""


def test_what_an_agent_has_that_says_nothing() -> None:
    agent = parse(HEAD, "desk.toml")
    assert (agent.models.realtime, agent.models.realtime_fallbacks) == (DEFAULT_PROVIDER, ())
    assert agent.voice.realtime == "marin"
    assert agent.realtime == RealtimeHearing()


def test_what_an_agent_may_say() -> None:
    agent = parse(HEAD + TABLE, "desk.toml")
    assert agent.models.realtime == "openai/gpt-realtime-2.1-mini"
    assert agent.models.realtime_fallbacks == ("openai/gpt-realtime-2",)
    assert agent.voice.realtime == "cedar"
    assert agent.realtime == RealtimeHearing("server", "low", 700, 0.7, "near", "gpt-transcribe", 1_800)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('vad = "loud"', "realtime.vad must be semantic or server"),
        ('eagerness = "very"', "realtime.eagerness must be low, medium, high or auto"),
        ("silence_ms = 50", "realtime.silence_ms must be a whole number from 100 to 3000"),
        ("threshold = 2", "realtime.threshold must be a number from 0 to 1"),
        ('noise_reduction = "some"', "realtime.noise_reduction must be far, near or off"),
        ("longest_s = 5", "realtime.longest_s must be 0 or at least 10 seconds"),
        ("loudness = 1", "realtime.loudness is not a field"),
    ],
)
def test_what_is_wrong_is_named(line: str, problem: str) -> None:
    agent, problems = read(f"{HEAD}[realtime]\n{line}\n", "desk.toml")
    assert agent is None
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('realtime = "acme/talker"', 'models.realtime must be "openai" or "openai/<model>", not "acme/talker"'),
        ('realtime_fallbacks = ["acme/talker"]', 'models.realtime_fallbacks must be a list of "openai/<model>"'),
        (
            'realtime = "openai/gpt-live-1"\nrealtime_fallbacks = ["openai/gpt-realtime-2.1"]',
            "models.realtime_fallbacks must not go with gpt-live models",
        ),
        ('realtime_fallbacks = ["openai/gpt-live-1"]', "models.realtime_fallbacks must not go with gpt-live models"),
    ],
)
def test_models_that_no_session_can_have_are_named(lines: str, problem: str) -> None:
    agent, problems = read(f"{HEAD}[models]\n{lines}\n", "desk.toml")
    assert agent is None
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize("model", ["openai", "openai/gpt-live-1", "openai/gpt-realtime-2.1-mini"])
def test_models_that_a_session_can_have(model: str) -> None:
    assert parse(f'{HEAD}[models]\nrealtime = "{model}"\n', "desk.toml").models.realtime == model


def test_no_default_goes_away() -> None:
    assert DEFAULT_PROVIDER.partition("/")[2] not in SHUTDOWNS
    assert TRANSCRIPTION not in SHUTDOWNS


def test_a_model_that_goes_is_warned_of() -> None:
    sentences = shutdown_warnings("desk", ("gpt-realtime", "gpt-realtime-2.1", "whisper-1"), date(2027, 2, 1))
    assert sentences == (
        "Agent desk names openai/gpt-realtime, which was shut down on 2027-01-20; name another model.",
        "Agent desk names openai/whisper-1, which will be shut down on 2027-02-26; name another model.",
    )


def names_in(kind: Any) -> set[str]:
    """The strings among the literals of a type."""
    return {kind} if isinstance(kind, str) else {name for one in get_args(kind) for name in names_in(one)}


def test_the_known_names_are_those_of_the_sdk() -> None:
    realtime = names_in(RealtimeSessionCreateRequest.model_fields["model"].annotation)
    assert {name for name in realtime if name.startswith("gpt-realtime")} == {
        *MODELS,
        *(name for name in SHUTDOWNS if name.startswith("gpt-realtime")),
    }
    assert names_in(SessionConfig.model_fields["model"].annotation) == set(LIVE_MODELS)
    transcribing = names_in(AudioTranscription.model_fields["model"].annotation)
    assert set(TRANSCRIPTIONS) | (transcribing & SHUTDOWNS.keys()) == transcribing
    assert (set(VOICES), set(LIVE_VOICES)) == (names_in(Voice), names_in(BuiltInVoice))


@pytest.mark.parametrize(
    ("providers", "voice", "transcription", "told"),
    [
        (("openai", "openai/gpt-realtime-2"), "marin", TRANSCRIPTION, ()),
        (("openai/gpt-realtime",), "voice_1234", "whisper-1", ()),  # they go, which is told elsewhere
        (("openai/gpt-live-1",), "quartz", "nothing that Live uses", ()),
        (
            ("openai/gpt-realtime-2.1",),
            "quartz",
            TRANSCRIPTION,
            ("voice.realtime is 'quartz', which gpt-realtime-2.1",),
        ),
        (("openai/gpt-live-2",), "marvin", TRANSCRIPTION, ("names 'gpt-live-2'", "Known: marin, cedar")),
        (
            ("openai", "openai/gpt-9"),
            "marin",
            "ears",
            ("models.realtime names 'gpt-9'", "realtime.transcription names"),
        ),
    ],
)
def test_names_that_are_doubted(
    providers: tuple[str, ...], voice: str, transcription: str, told: tuple[str, ...]
) -> None:
    sentences = doubts("desk", providers, voice, transcription)
    assert len(sentences) == len(told)
    for sentence, part in zip(sentences, told, strict=True):
        assert part in sentence
