"""Moments of the vendors go to the calls that they are of, with two calls at once."""

from typing import Any

from tests.bench.attribution import Moments, pipeline_rows, socket_rows
from tests.bench.speech import Speech
from tests.bench.vendor_process import NUMBERED, Delays
from tests.vendors.script import Listening, Utterance
from tests.vendors.spoken_words import numbered

METERS: dict[str, dict[str, Any]] = {
    "deepgram": {"moments": [[10.3, 4, "EndOfTurn"], [10.31, 5, "EndOfTurn"]]},
    "openai": {
        "moments": [
            [10.32, 0, "request"],
            [10.33, 1, "request"],
            [10.67, 0, "first token"],
            [10.68, 1, "first token"],
            [20.32, 2, "request"],
        ],
        "asked": [[0, "Tuesday at 5 would be good for me"], [1, "Tuesday at 4 would be good"], [2, "no number"]],
    },
    "elevenlabs": {
        "moments": [
            [1.0, 1, "text"],
            [10.75, 2, "text"],
            [10.76, 1, "text"],
            [10.9, 2, "first audio"],
            [10.91, 1, "first audio"],
        ]
    },
    "realtime": {"moments": [[9.0, 7, "committed"], [10.0, 7, "committed"], [10.1, 8, "answer asked for"]]},
}


def test_a_request_is_of_the_call_whose_number_is_in_its_words() -> None:
    rows = pipeline_rows({1: 4, 2: 5}, Moments(METERS.__getitem__, 5.0), Delays().stage_signs)
    assert rows == {
        1: [[10.3], [10.33], [10.68], [10.76], [10.91]],
        2: [[10.31], [10.32], [10.67], [10.75], [10.9]],
    }


def test_speech_to_speech_has_one_socket_a_call() -> None:
    rows = socket_rows({1: 7, 2: 8}, Moments(METERS.__getitem__, 9.5), Speech().stage_signs)
    assert rows == {1: [[10.0], [], []], 2: [[], [10.1], []]}


def test_words_have_the_number_of_their_connection() -> None:
    listening = Listening((Utterance(NUMBERED, eager_text="{connection}"), Utterance("plain")))
    assert [(one.text, one.eager_text) for one in numbered(listening, 12).utterances] == [
        ("Tuesday at 12 would be good for me", "12"),
        ("plain", None),
    ]
