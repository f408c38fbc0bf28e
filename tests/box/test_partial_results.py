"""What a gather understands so far, on a line whose clock runs as fast as it can."""

import asyncio

import pytest

from offhook.box import listening, sound
from offhook.box.line import PhoneLine
from offhook.box.listening import Heard
from offhook.box.verbs import Gather
from tests.box.speech import FakeEars, spoken
from tests.box.stage import hurried

SPEECH = Gather(frozenset({"speech"}), partial_result_callback="/partial", timeout_s=3)
BOOK, NOISE, BYE = (spoken(level) for level in (4000, 1000, 2000))


class BrokenEars(FakeEars):
    async def recognise(self, mulaw: bytes) -> str:
        raise RuntimeError("no recogniser")


async def heard(
    caller: bytes, verb: Gather = SPEECH, ears: FakeEars | None = None
) -> tuple[Heard, list[dict[str, str]]]:
    line, told = PhoneLine(), list[dict[str, str]]()
    line.caller_say(caller)

    async def nothing() -> None:
        return None

    async with hurried(line), asyncio.timeout(5):
        return await listening.gather(verb, line, ears or FakeEars(), nothing, told.append), told


async def test_words_are_told_in_the_pause_that_ends_them_and_recognised_once() -> None:
    ears = FakeEars()
    result, told = await heard(BOOK, ears=ears)
    assert result.speech == "book a table please"
    assert told == [
        {
            "StableSpeechResult": "book a table please",
            "UnstableSpeechResult": "",
            "Stability": "0.9",
            "SequenceNumber": "0",
            "Language": "en-US",
        }
    ]
    assert len(ears.heard_ms) == 1


async def test_a_pause_in_the_middle_is_told_too_and_the_end_again() -> None:
    ears = FakeEars()
    result, told = await heard(BYE + sound.silence(400) + BOOK, ears=ears)
    assert result.speech == "book a table please"  # the fake hears what the loudest part stands for
    assert [(form["StableSpeechResult"], form["SequenceNumber"]) for form in told] == [
        ("goodbye", "0"),
        ("book a table please", "1"),
    ]
    assert len(ears.heard_ms) == 2


async def test_long_speech_is_told_while_it_goes_on_as_unstable() -> None:
    _, told = await heard(spoken(4000, 2_000))
    assert [(form["UnstableSpeechResult"], form["StableSpeechResult"]) for form in told] == [
        ("book a table please", ""),
        ("", "book a table please"),
    ]


async def test_what_has_not_changed_is_not_told_again() -> None:
    _, told = await heard(BOOK + sound.silence(300) + BOOK)
    assert [form["SequenceNumber"] for form in told] == ["0"]


async def test_noise_is_told_nobody_and_waited_past() -> None:
    result, told = await heard(NOISE)
    assert result == Heard()
    assert told == []


async def test_a_gather_that_did_not_ask_is_told_nothing() -> None:
    result, told = await heard(BOOK, Gather(frozenset({"speech"}), timeout_s=3))
    assert result.speech == "book a table please"
    assert told == []


async def test_a_recogniser_that_fails_fails_the_gather_as_without_partial_results() -> None:
    with pytest.raises(RuntimeError, match="no recogniser"):
        await heard(BOOK, ears=BrokenEars())
