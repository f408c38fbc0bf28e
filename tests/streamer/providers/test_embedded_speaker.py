from contextlib import aclosing

import numpy as np
import pytest

from calls.errors import ConfigurationInvalid
from streamer.audio import pcm_of, voice_span
from streamer.engines.ports import Spoken
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from streamer.providers.embedded_speaker import EmbeddedSpeaker
from tests.recorded_voice import heard, models, silence, turns
from tests.streamer.providers.light_models import CountingVoice, light_models


async def spoken(speaker: EmbeddedSpeaker, text: str) -> list[Spoken]:
    return [piece async for piece in speaker.speak(text)]


async def test_a_text_is_spoken_piece_by_piece() -> None:
    speaker = EmbeddedSpeaker(light_models())
    assert await spoken(speaker, "One. Two. ") == [Spoken(b"One. ", "One. "), Spoken(b"Two. ", "Two. ")]
    assert await spoken(speaker, "") == []


async def test_closing_stops_the_work() -> None:
    voice = CountingVoice()
    async with aclosing(EmbeddedSpeaker(light_models(voice=voice)).speak("One. Two. Three. ")) as pieces:
        async for _ in pieces:
            break
    assert voice.spoken == ["One. "]


async def test_prepared_phrases_cost_nothing() -> None:
    voice = CountingVoice()
    speaker = EmbeddedSpeaker(light_models(voice=voice))
    await speaker.prepare(["One. Two. ", "Two. Three. "])
    assert voice.spoken == ["One. ", "Two. ", "Three. "]
    await spoken(speaker, "Three. One. ")
    assert voice.spoken == ["One. ", "Two. ", "Three. "]


def test_no_other_voice_is_ever_fetched() -> None:
    with pytest.raises(ConfigurationInvalid):
        EmbeddedSpeaker(light_models(), "emma")


async def test_speech_is_understood_and_trimmed() -> None:
    text = "We are open from nine to five. Would you like to book an appointment?"
    pieces = await spoken(EmbeddedSpeaker(models()), text)
    assert [piece.text for piece in pieces] == [
        "We are open from nine to five. ",
        "Would you like to book an appointment?",
    ]
    for piece in pieces:
        pcm = pcm_of(piece.mulaw)
        first, end = voice_span(pcm, below_peak_db=40, above_floor_db=0)
        assert first <= 30 * 8
        assert abs((pcm.size - end) - 120 * 8) <= 40 * 8
    said = np.concatenate([silence(500), *(pcm_of(piece.mulaw) for piece in pieces), silence(700)])
    (turn,) = turns(await heard(EmbeddedRecogniser(models()), said))
    assert turn.text.replace("9", "nine").replace("5", "five") == text
