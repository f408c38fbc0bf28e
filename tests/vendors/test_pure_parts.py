"""The parts of the simulators that are functions of values."""

import inspect
from dataclasses import replace

import orjson
import pytest
from elevenlabs.text_to_speech.client import AsyncTextToSpeechClient
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

from tests.vendors.deepgram_parameters import V1_NAMES, V2_NAMES, BadQuery, flux_parameters, nova_parameters
from tests.vendors.deepgram_v2 import configured_by
from tests.vendors.elevenlabs_parameters import HTTP_BODY, HTTP_QUERY
from tests.vendors.openai_errors import Complaint
from tests.vendors.openai_requests import CHAT_NAMES, RESPONSES_NAMES, chat_body, responses_body
from tests.vendors.script import Answer, Listening, OpenAIScript, Reply, Script, Utterance, nth
from tests.vendors.script_file import BadScript, script_of
from tests.vendors.speech_tone import SILENCE, spoken
from tests.vendors.spoken_words import Word, heard_by, laid_out, parts_of, utterances_of
from tests.vendors.tokens import count, count_messages, pieces

AUDIO = (("encoding", "mulaw"), ("sample_rate", "8000"))
FLUX = (("model", "flux-general-en"), *AUDIO)
NOVA = (("model", "nova-3"), *AUDIO)
MODELS = ("gpt-5.4-mini", "gpt-4.1")
USER = {"role": "user", "content": "Hi"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}],
}
ANSWER = {"role": "tool", "tool_call_id": "c1", "content": "done"}


def names_of(function: object) -> set[str]:
    assert callable(function)
    return set(inspect.signature(function).parameters) - {"self", "authorization", "request_options", "voice_id"}


@pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
def test_parameter_names_are_those_of_the_sdks() -> None:
    from deepgram.listen.v1.client import AsyncV1Client
    from deepgram.listen.v2.client import AsyncV2Client

    assert names_of(AsyncV1Client.connect) == V1_NAMES
    assert names_of(AsyncV2Client.connect) == V2_NAMES
    assert names_of(AsyncTextToSpeechClient.stream) == HTTP_QUERY | HTTP_BODY
    for kind, names in (
        (CompletionCreateParamsStreaming, CHAT_NAMES),
        (ResponseCreateParamsStreaming, RESPONSES_NAMES),
    ):
        assert kind.__required_keys__ | kind.__optional_keys__ == names


def test_nova_parameters() -> None:
    given = nova_parameters((*NOVA, ("interim_results", "true"), ("utterance_end_ms", "1000"), ("endpointing", "300")))
    assert (given.interim_results, given.utterance_end_ms, given.endpointing_ms) == (True, 1000, 300)
    assert nova_parameters(NOVA).endpointing_ms == 10
    assert nova_parameters((*NOVA, ("endpointing", "false"))).endpointing_ms is None
    assert nova_parameters((*NOVA, ("keyterm", "a"), ("keyterm", "b c"))).keyterms == ("a", "b c")


def test_flux_parameters() -> None:
    given = flux_parameters((*FLUX, ("eager_eot_threshold", "0.4"), ("eot_threshold", "0.8"), ("keyterm", "Acme")))
    assert (given.eager_threshold, given.threshold, given.timeout_ms) == (0.4, 0.8, 5000)
    assert flux_parameters(FLUX).eager_threshold is None


@pytest.mark.parametrize(
    "more",
    [
        ("interim_results", "true"),
        ("eot_threshold", "0.4"),
        ("eot_threshold", "high"),
        ("eager_eot_threshold", "0.8"),
        ("eot_timeout_ms", "100"),
        ("model", "flux-general-multi"),
        ("language_hint", "de"),
        ("keyterm", " "),
        ("channels", "2"),
    ],
)
def test_flux_refuses(more: tuple[str, str]) -> None:
    with pytest.raises(BadQuery):
        flux_parameters((*FLUX, more))


def test_configure_keeps_what_it_does_not_name() -> None:
    now = flux_parameters((*FLUX, ("keyterm", "Acme")))
    changed = configured_by(now, {"type": "Configure", "thresholds": {"eager_eot_threshold": 0.5}})
    assert changed == replace(now, eager_threshold=0.5)
    assert configured_by(changed, {"type": "Configure", "keyterms": []}).keyterms == ()


def test_words_come_out_one_by_one() -> None:
    words = ("a", "b", "c")
    assert [heard_by(words, at, 80, 200) for at in (79, 80, 279, 280, 9999)] == [0, 1, 1, 2, 3]


def test_words_lie_evenly_in_their_stretch() -> None:
    assert laid_out(("Well,", "yes."), 1000, 1500) == (Word("Well,", 1.0, 1.25), Word("yes.", 1.25, 1.5))
    assert Word("Well,", 0, 1).bare == "well"


def test_parts_and_utterances() -> None:
    assert parts_of("a b | c") == (("a", "b"), ("c",))
    assert parts_of(" ") == ()
    two = (Utterance("a"), Utterance("b"))
    assert [one.text for one in utterances_of(Listening(two, again=False))] == ["a", "b"]
    assert [one.text for one, _ in zip(utterances_of(Listening(two)), range(3), strict=False)] == ["a", "b", "a"]


def test_the_last_entry_serves_all_that_follow() -> None:
    assert [nth("ab", number) for number in range(4)] == ["a", "b", "b", "b"]


def test_tokens_join_to_the_text() -> None:
    text = "Sure, that's 12.50 € — at  ten o'clock.\nBye!"
    assert "".join(pieces(text)) == text
    assert pieces("Sure, I'm in.") == ["Sure", ",", " I'm", " in", "."]
    assert count("Hello there") == 2
    assert count_messages([USER, {"role": "user", "content": [{"type": "text", "text": "one two"}]}]) == 5 + 6


def test_a_tone_is_as_long_as_its_text_and_silence_is_silence() -> None:
    two = spoken("Hello", 60, 4, 100)
    assert [(piece.characters, len(piece.audio)) for piece in two] == [("Hell", 800 + 1920), ("o", 480)]
    assert [piece.starts_ms for piece in two] == [(100, 160, 220, 280), (340,)]
    assert spoken("Hi", 60, 4, silent=True)[0].audio == SILENCE * 960
    assert spoken("Hi", 60, 4) == spoken("Hi", 60, 4)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"messages": [USER]}, "missing_required_parameter"),
        ({"model": "gpt-0", "messages": [USER]}, "model_not_found"),
        ({"model": "gpt-4.1"}, "missing_required_parameter"),
        ({"model": "gpt-4.1", "messages": []}, "empty_array"),
        ({"model": "gpt-4.1", "messages": [{"role": "caller", "content": "Hi"}]}, "invalid_value"),
        ({"model": "gpt-4.1", "messages": [{"role": "user", "content": 3}]}, "invalid_type"),
        ({"model": "gpt-4.1", "messages": [USER], "temperature": 3}, "decimal_out_of_range"),
        ({"model": "gpt-4.1", "messages": [USER], "max_completion_tokens": 0}, "integer_below_min_value"),
        ({"model": "gpt-5.4-mini", "messages": [USER], "max_tokens": 5}, "unsupported_parameter"),
        ({"model": "gpt-4.1", "messages": [USER], "stream_options": {"include_usage": True}}, None),
        ({"model": "gpt-4.1", "messages": [USER, ANSWER]}, None),
        ({"model": "gpt-4.1", "messages": [USER, CALL, USER]}, None),
        ({"model": "gpt-4.1", "messages": [USER], "tool_choice": "auto"}, None),
        ({"model": "gpt-4.1", "messages": [USER], "tools": [{"type": "function", "name": "f"}]}, "invalid_value"),
        ({"model": "gpt-4.1", "messages": [USER], "input": "Hi"}, "unknown_parameter"),
    ],
)
def test_what_chat_refuses(body: dict[str, object], code: str | None) -> None:
    with pytest.raises(Complaint) as refused:
        chat_body(orjson.dumps(body), MODELS)
    assert refused.value.code == code


def test_what_chat_takes() -> None:
    body = {"model": "gpt-4.1", "messages": [USER, CALL, ANSWER, USER], "max_tokens": 5, "temperature": 0.3}
    assert chat_body(orjson.dumps(body), MODELS) == body


@pytest.mark.parametrize(
    "given",
    [
        {"model": "gpt-4.1"},
        {"model": "gpt-4.1", "input": 3},
        {"model": "gpt-4.1", "input": [{"role": "tool", "content": "Hi"}]},
        {"model": "gpt-4.1", "input": [{"type": "function_call_output", "output": "Hi"}]},
        {"model": "gpt-4.1", "input": [{"type": "speech"}]},
        {"model": "gpt-4.1", "input": "Hi", "messages": [USER]},
    ],
)
def test_what_responses_refuses(given: dict[str, object]) -> None:
    with pytest.raises(Complaint):
        responses_body(orjson.dumps(given), MODELS)


def test_a_script_file() -> None:
    text = """{
        "deepgram": {"connections": [{"utterances": [{"text": "hello | there"}], "end_ms": 250}]},
        "openai": {"by": "turn", "answers": [{"when": "open", "reply": {"text": "At nine.", "token_ms": 5}}]},
        "elevenlabs": {"sockets": [{"fault": {"kind": "close", "after_messages": 3}}]}
    }"""
    script = script_of(text)
    assert script.deepgram.connections == (Listening((Utterance("hello | there"),), end_ms=250),)
    assert script.openai == OpenAIScript(answers=(Answer("open", Reply("At nine.", token_ms=5)),), by="turn")
    assert script.elevenlabs.sockets[0].fault is not None
    assert script_of("{}") == Script()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"deepgram": {"speed": 1}}', '{"openai": {"by": "chance"}}', '{"openai": {"replies": []}}']
)
def test_what_is_no_script(text: str) -> None:
    with pytest.raises(BadScript):
        script_of(text)
