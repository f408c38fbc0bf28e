"""A level of two calls that speak at nearly the same moments, and what becomes of the vendors' moments."""

from typing import Any

import pytest

from tests.bench.attribution import Moments
from tests.bench.dialogue import Turn
from tests.bench.level import Level
from tests.bench.relation import relate
from tests.bench.stages import host_ms
from tests.bench.stream_caller import Called
from tests.bench.vendor_process import Delays

BEGAN_S = {1: (100.0, 103.0), 2: (100.01, 103.3)}
VOICE_S = 1.2
HOST_MS = {1: (2.0, 1.0, 4.0), 2: (20.0, 5.0, 7.0)}
"""By call: from the end of a turn to the request, from the first clause to the text, from the audio to the caller."""


def call_of(number: int, meters: dict[str, dict[str, Any]]) -> Called:
    """A call of two turns, the second into an answer, whose connections have other numbers than it has. Notes its
    moments in `meters`."""
    called, (to_request, to_text, to_caller) = Called(number), (ms / 1000 for ms in HOST_MS[number])
    ear, mouth = 12 - number, 20 + number
    for index, began_s in enumerate(BEGAN_S[number]):
        turn = Turn(began_s, is_interruption=index == 1)
        turn.ended_s = began_s + VOICE_S
        ended_s = turn.ended_s + 0.301
        asked_s = ended_s + to_request
        text_s = asked_s + 0.350 + 0.060 + to_text
        turn.answered_s, turn.cleared_s = text_s + 0.155 + to_caller, began_s + 0.084
        called.turns.append(turn)
        request = len(meters["openai"]["asked"])
        meters["openai"]["asked"].append([request, f"Tuesday at {ear} would be good for me"])
        meters["deepgram"]["moments"] += [[began_s + 0.081, ear, "StartOfTurn"], [ended_s, ear, "EndOfTurn"]]
        meters["openai"]["moments"] += [[asked_s, request, "request"], [asked_s + 0.350, request, "first token"]]
        meters["elevenlabs"]["moments"] += [[text_s, mouth, "text"], [text_s + 0.155, mouth, "first audio"]]
    return called


def test_each_calls_turns_have_their_own_stages() -> None:
    meters: dict[str, dict[str, Any]] = {
        name: {"moments": [], "asked": []} for name in ("deepgram", "openai", "elevenlabs")
    }
    level = Level(2, [call_of(1, meters), call_of(2, meters)], 99.0)
    relate(Moments(meters.__getitem__, 99.0), Delays(), level)
    assert [host_ms(turn) for turn in level.stages] == pytest.approx([7.0, 32.0])
    assert level.stages[0]["to the recogniser, and late there"] == pytest.approx(1.0)
    assert level.stages[0]["voice: first audio"] == pytest.approx(155.0)
    assert level.clear_ms == pytest.approx([3.0, 3.0])
    assert level.clears_missed == 0
