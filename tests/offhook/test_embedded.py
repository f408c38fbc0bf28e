from pathlib import Path

import numpy as np
import pytest

from offhook.box.caller_script import Say, parse_script
from offhook.embedded import EmbeddedEars, EmbeddedMouth
from streamer.audio import mulaw_of, pcm_of
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from tests.recorded_voice import heard, models, silence, spoken, turns

SCRIPTS = Path(__file__).parents[2] / "offhook" / "scripts"


@pytest.mark.parametrize(
    ("recordings", "words"),
    [
        (("auth-thankyou", "goodbye"), "Thank you. Goodbye."),
        (("digits/tomorrow", "digits/at", "digits/10", "digits/a-m"), "Tomorrow at 10 a.m."),
        (("pbx-transfer",), "Transfer."),
    ],
)
async def test_an_utterance_is_recognised(recordings: tuple[str, ...], words: str) -> None:
    utterance = mulaw_of(np.concatenate([silence(3000), spoken(*recordings), silence(2000)]))
    recognised = await EmbeddedEars(models()).recognise(utterance)
    assert recognised.lower() == words.lower()


@pytest.mark.parametrize("noise", [b"", b"\xff" * 100, b"\xff" * 80_000, bytes(range(256)) * 300])
async def test_no_words_are_found_where_there_are_none(noise: bytes) -> None:
    assert await EmbeddedEars(models()).recognise(noise) == ""


async def test_a_long_utterance_is_recognised_to_its_end() -> None:
    days = np.concatenate([spoken("digits/day-2", "digits/day-3", "digits/day-4", "digits/day-5")] * 10)
    recognised = await EmbeddedEars(models()).recognise(mulaw_of(np.concatenate([days, spoken("goodbye")])))
    assert recognised.count("Wednesday") >= 9
    assert recognised.lower().rstrip(".!").endswith("goodbye")


async def test_what_the_mouth_says_the_ears_understand() -> None:
    said = await EmbeddedMouth(models()).synthesise("Please say that again. Thank you.", "Polly.Joanna", "en-US")
    assert await EmbeddedEars(models()).recognise(said) == "Please say that again. Thank you."


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("demo", ["Hello, hours.", "Tuesday at 3 o'clock", "5, 5, 5, 0, 1, 3, 4", "Thank you. Goodbye."]),
        ("hang-up", ["Hello, hours."]),
        ("transfer", ["Transfer."]),
        ("silent", []),
    ],
)
async def test_each_utterance_of_a_callers_script_is_heard_as_one_turn(script: str, words: list[str]) -> None:
    steps = parse_script(SCRIPTS / f"{script}.toml").steps
    utterances = [pcm_of(step.action.mulaw) for step in steps if isinstance(step.action, Say)]
    line = np.concatenate([silence(500), *(part for pcm in utterances for part in (pcm, silence(1000)))])
    told = await heard(EmbeddedRecogniser(models()), line, ends=len(words)) if words else []
    assert [turn.text.rstrip(".") for turn in turns(told)] == [text.rstrip(".") for text in words]
    assert len(utterances) == len(words)
