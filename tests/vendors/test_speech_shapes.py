"""The tables of what a client may send have the fields of the SDK's types: no more, and none is missing."""

import inspect
from typing import Any, get_args

import pytest
from openai.types import live, realtime
from openai.types.live import responses_delegation_config, session_config
from openai.types.realtime import (
    realtime_audio_config_input,
    realtime_audio_config_output,
    realtime_audio_input_turn_detection,
    realtime_response_create_params,
    realtime_session_create_request,
)
from pydantic import BaseModel

from tests.vendors import live_shapes, realtime_shapes
from tests.vendors.sdk_models import models_by_type
from tests.vendors.shapes import ByTag, Shape

_DECISIONS = {"decision.create", "decision.item.create", "decision.item.delete"}
"""Of Live's other model, which is not simulated."""


def fields_of(model: type[BaseModel], *without: str) -> set[str]:
    return set(model.model_fields) - set(without)


@pytest.mark.parametrize(
    ("shape", "model", "without"),
    [
        (realtime_shapes.SESSION, realtime_session_create_request.RealtimeSessionCreateRequest, ()),
        (realtime_shapes.AUDIO_INPUT, realtime_audio_config_input.RealtimeAudioConfigInput, ()),
        (realtime_shapes.NOISE_REDUCTION, realtime_audio_config_input.NoiseReduction, ()),
        (realtime_shapes.AUDIO_OUTPUT, realtime_audio_config_output.RealtimeAudioConfigOutput, ()),
        (realtime_shapes.TRANSCRIPTION, realtime.AudioTranscription, ()),
        (realtime_shapes.SERVER_VAD, realtime_audio_input_turn_detection.ServerVad, ("type",)),
        (realtime_shapes.SEMANTIC_VAD, realtime_audio_input_turn_detection.SemanticVad, ("type",)),
        (realtime_shapes.RESPONSE, realtime_response_create_params.RealtimeResponseCreateParams, ()),
        (live_shapes.SESSION, session_config.SessionConfig, ()),
        (live_shapes.RESPONSES, responses_delegation_config.ResponsesDelegationConfig, ()),
    ],
)
def test_a_shape_has_the_fields_of_the_model(shape: Shape, model: type[BaseModel], without: tuple[str, ...]) -> None:
    assert set(shape.fields) == fields_of(model, *without)


@pytest.mark.parametrize(
    ("events", "union", "left_out"),
    [
        (realtime_shapes.EVENTS, realtime.RealtimeClientEvent, set()),
        (live_shapes.EVENTS, live.ClientEvent, _DECISIONS),
    ],
)
def test_the_client_events_are_those_of_the_sdk(events: ByTag, union: Any, left_out: set[str]) -> None:
    models = models_by_type(union)
    assert set(events.shapes) == set(models) - left_out
    for kind, shape in events.shapes.items():
        assert set(shape.fields) == fields_of(models[kind], "type"), kind


def test_the_voices_are_those_of_the_sdk() -> None:
    source = inspect.getsource(realtime_audio_config_output)
    assert all(f'"{voice}"' in source for voice in realtime_shapes.VOICES)
    assert set(live_shapes.VOICES) == set(get_args(live.BuiltInVoice))
