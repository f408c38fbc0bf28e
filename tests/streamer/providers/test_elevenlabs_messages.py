"""ElevenLabs' messages, both ways: literal values."""

import orjson
import pytest

from calls.errors import Blame, ProviderFailed
from streamer.providers import elevenlabs_messages as messages
from streamer.providers.elevenlabs_failures import refused
from streamer.providers.elevenlabs_messages import ContextFinal, FromContext
from streamer.providers.narration import Aligned, SpeechPiece


def test_the_url_asks_for_telephone_audio_as_it_comes() -> None:
    assert messages.socket_url("https://api.elevenlabs.io", "Ra/chel", "eleven_flash_v2_5") == (
        "wss://api.elevenlabs.io/v1/text-to-speech/Ra%2Fchel/multi-stream-input?model_id=eleven_flash_v2_5"
        "&output_format=ulaw_8000&auto_mode=true&sync_alignment=true&inactivity_timeout=180"
    )


def test_what_is_sent() -> None:
    assert messages.open_context("c") == b'{"text":" ","context_id":"c"}'
    assert messages.words("c", "Hello.") == b'{"text":"Hello. ","context_id":"c"}'
    assert messages.words("c", "Hello, ") == b'{"text":"Hello, ","context_id":"c"}'
    assert messages.flush("c") == b'{"context_id":"c","flush":true}'
    assert messages.close_context("c") == b'{"context_id":"c","close_context":true}'
    assert messages.keep_alive("c") == b'{"text":"","context_id":"c"}'


def test_audio_with_its_characters() -> None:
    raw = (
        b'{"audio":"gIA=","contextId":"c","alignment":'
        b'{"chars":["H","i"],"charStartTimesMs":[0,60],"charDurationsMs":[60,70]}}'
    )
    assert messages.read(raw) == [
        FromContext("c", SpeechPiece(b"\x80\x80", Aligned(["H", "i"], [0, 60], [60, 130]))),
    ]


def test_audio_without_characters_in_the_other_spelling() -> None:
    assert messages.read(b'{"audio":"gIA=","context_id":"c","alignment":null}') == [
        FromContext("c", SpeechPiece(b"\x80\x80", None))
    ]


@pytest.mark.parametrize("raw", [b'{"isFinal":true,"contextId":"c"}', b'{"is_final":true,"audio":"","context_id":"c"}'])
def test_the_end_of_a_context_in_both_spellings(raw: bytes) -> None:
    assert messages.read(raw) == [FromContext("c", ContextFinal())]


def test_what_tells_nothing_tells_nothing() -> None:
    assert messages.read(b'{"audio":null,"isFinal":null,"contextId":"c"}') == []


def test_an_error_is_of_the_socket_and_keeps_its_message_to_itself() -> None:
    [said] = messages.read(b'{"error":"quota_exceeded","message":"cannot speak: my secret","code":1008}')

    assert said.context == ""
    assert isinstance(said.told, ProviderFailed)
    assert said.told.failure.code == "elevenlabs-quota"
    assert "secret" not in said.told.failure.sentence


@pytest.mark.parametrize(
    "raw", [b"<html>", b"[1]", b'{"audio":"?","contextId":"c"}', b'{"audio":"gIA=","alignment":[1]}']
)
def test_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        messages.read(raw)


def test_a_line_of_the_http_stream() -> None:
    raw = (
        b'{"audio_base64":"gIA=","alignment":{"characters":["H"],"character_start_times_seconds":[0.1],'
        b'"character_end_times_seconds":[0.25]},"normalized_alignment":null}'
    )
    assert messages.read_line(raw) == SpeechPiece(b"\x80\x80", Aligned(["H"], [100], [250]))


def test_a_line_that_is_an_error() -> None:
    with pytest.raises(ProviderFailed) as caught:
        messages.read_line(b'{"detail":{"status":"system_busy","message":"busy"}}')
    assert caught.value.failure.code == "elevenlabs-busy"


@pytest.mark.parametrize(
    ("status", "said", "code", "blame", "retryable"),
    [
        (401, "invalid_api_key", "elevenlabs-unauthorised", Blame.CONFIGURATION, False),
        (401, "quota_exceeded", "elevenlabs-quota", Blame.PROVIDER, False),
        (403, "missing_permissions", "elevenlabs-unauthorised", Blame.CONFIGURATION, False),
        (404, "voice_not_found", "elevenlabs-refused", Blame.CONFIGURATION, False),
        (422, "value_error", "elevenlabs-refused", Blame.CONFIGURATION, False),
        (429, "too_many_concurrent_requests", "elevenlabs-limit", Blame.PROVIDER, True),
        (429, "system_busy", "elevenlabs-busy", Blame.PROVIDER, True),
        (500, "internal_server_error", "elevenlabs-unreachable", Blame.PROVIDER, True),
    ],
)
def test_what_a_refusal_means(status: int, said: str, code: str, blame: Blame, retryable: bool) -> None:
    failure = refused(status, orjson.dumps({"detail": {"status": said, "message": "m"}})).failure

    assert (failure.code, failure.blame, failure.retryable) == (code, blame, retryable)


def test_a_refusal_without_a_body_is_judged_by_its_status() -> None:
    assert refused(401, b"").failure.code == "elevenlabs-unauthorised"
    assert refused(402, b"").failure.code == "elevenlabs-quota"
    assert refused(429, b"{}").failure.code == "elevenlabs-limit"
    assert refused(418, b'{"detail":[]}').failure.code == "elevenlabs-refused"
