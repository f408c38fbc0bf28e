"""What Live and Realtime must tell alike: the same words and numbers of OpenAI's have the same kind of failure."""

import orjson
import pytest

from streamer.providers import openai_live_failures as live
from streamer.providers import openai_realtime_failures as realtime
from streamer.providers.openai_session_failures import OVER, RATE

WORDS = ["insufficient_quota", "billing_hard_limit_reached", "invalid_api_key", "model_not_found", *RATE, *OVER]


@pytest.mark.parametrize("word", sorted(WORDS))
@pytest.mark.parametrize("field", ["code", "type"])
def test_every_known_word_means_the_same_to_both(field: str, word: str) -> None:
    kinds = {
        live.said({field: word}).failure.code.removeprefix("openai-live-"),
        live.refused(400, orjson.dumps({"error": {field: word}})).failure.code.removeprefix("openai-live-"),
        realtime.said({field: word}).failure.code.removeprefix("openai-realtime-"),
    }
    assert len(kinds) == 1
    assert kinds <= {"quota", "unauthorised", "model-unknown", "rate-limited", "expired"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 500, 503])
def test_a_refused_handshake_means_the_same_to_both(status: int) -> None:
    of_live, of_realtime = live.refused(status, b"").failure, realtime.refused(status, b"").failure
    assert of_live.code.removeprefix("openai-live-") == of_realtime.code.removeprefix("openai-realtime-")
    assert (of_live.blame, of_live.retryable) == (of_realtime.blame, of_realtime.retryable)


@pytest.mark.parametrize("code", [1000, 1005, 1006, 1008, 1011, 3000, 4001])
def test_a_closed_socket_means_the_same_to_both(code: int) -> None:
    of_live, of_realtime = live.closed(code).failure, realtime.closed(code).failure
    assert of_live.code.removeprefix("openai-live-") == of_realtime.code.removeprefix("openai-realtime-")
    assert of_live.blame is of_realtime.blame


def test_each_names_itself_and_its_own_settings() -> None:
    of_live, of_realtime = live.refused(400, b"").failure, realtime.refused(400, b"").failure
    assert (
        of_live.sentence == "OpenAI Live does not take what it was asked (400). Check the agent's voice.realtime, "
        "prompt and models.realtime."
    )
    assert (
        of_realtime.sentence == "OpenAI Realtime does not take what it was asked (400). Check the agent's "
        "voice.realtime, models.realtime and [realtime]."
    )


def test_how_long_a_rate_limit_lasts_is_taken_from_realtimes_own_words() -> None:
    limited = realtime.said({"code": "rate_limit_exceeded", "message": "Please try again in 1.2s."})
    assert getattr(limited, "retry_after_s", None) == 1.2
