from calls.usage import Kind, Unit, Usage
from streamer.providers import openai_realtime_usage as usage

RESPONSE = {
    "id": "resp_1",
    "usage": {
        "input_token_details": {
            "text_tokens": 100,
            "audio_tokens": 50,
            "cached_tokens": 90,
            "cached_tokens_details": {"text_tokens": 60, "audio_tokens": 30},
        },
        "output_token_details": {"text_tokens": 12, "audio_tokens": 40},
    },
}


def test_a_response_with_its_cached_share() -> None:
    amounts = {
        Unit.TEXT_IN: 40,
        Unit.TEXT_IN_CACHED: 60,
        Unit.TEXT_OUT: 12,
        Unit.AUDIO_IN: 20,
        Unit.AUDIO_IN_CACHED: 30,
        Unit.AUDIO_OUT: 40,
    }
    assert usage.of_response(RESPONSE, "m") == Usage("resp_1", "openai", "m", Kind.REALTIME, amounts)


def test_a_response_that_says_nothing_of_use() -> None:
    assert usage.of_response({"id": "resp_1", "usage": None}, "m") is None
    assert usage.of_response({"usage": {}}, "m") is None
    odd = {"id": "resp_1", "usage": {"input_token_details": [], "output_token_details": {"text_tokens": -1}}}
    assert usage.of_response(odd, "m") is None


def test_a_transcription_by_the_second_and_by_tokens() -> None:
    timed = usage.of_transcription({"item_id": "i", "usage": {"type": "duration", "seconds": 1.25}}, "t")
    assert timed == Usage("i-transcript", "openai", "t", Kind.RECOGNISER, {Unit.MILLISECONDS: 1_250})
    tokens = {"type": "tokens", "input_tokens": 14, "output_tokens": 5, "input_token_details": {"audio_tokens": 14}}
    counted = usage.of_transcription({"item_id": "i", "usage": tokens}, "t")
    assert counted is not None
    assert counted.amounts == {Unit.AUDIO_IN: 14, Unit.TEXT_OUT: 5}
    assert usage.of_transcription({"item_id": "i"}, "t") is None


def test_what_nobody_waited_for_is_worked_out_from_what_came_and_what_the_last_one_read() -> None:
    last = usage.of_response(RESPONSE, "m")
    made = usage.estimated("resp_2", "m", 2_000, last)
    assert made.is_estimated
    assert made.amounts == {
        Unit.TEXT_IN: 40,
        Unit.TEXT_IN_CACHED: 60,
        Unit.AUDIO_IN: 20,
        Unit.AUDIO_IN_CACHED: 30,
        Unit.AUDIO_OUT: 40,
    }
    assert usage.estimated("resp_2", "m", 500, None).amounts == {Unit.AUDIO_OUT: 10}
