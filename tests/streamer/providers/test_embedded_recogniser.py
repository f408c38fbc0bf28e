"""The order of things with light parts; the words and times with the real models and a recorded human voice."""

import asyncio

import numpy as np
import pytest

from calls.errors import ProviderFailed
from streamer.audio import Pcm, mulaw_of, voice_span
from streamer.events import Heard, SpeechStarted, SpeechStopped, TurnEnded, TurnLikely
from streamer.providers.embedded_recogniser import EmbeddedRecogniser
from tests.recorded_voice import heard, models, silence, spoken, turns
from tests.streamer.providers.light_models import BrokenEars, CountingEars, light_models

WINDOW_MS = 32
FRAME = mulaw_of(np.full(160, 8000, np.int16))


def sound(duration_ms: int) -> Pcm:
    return np.full(duration_ms * 8, 8000, np.int16)


def line(*parts: Pcm) -> Pcm:
    """Half a second before, more than the hangover after."""
    return np.concatenate([silence(512), *parts, silence(700)])


async def test_recognition_begins_in_the_pause_and_is_used_at_the_end() -> None:
    ears = CountingEars("good day")
    told = await heard(EmbeddedRecogniser(light_models(ears)), line(sound(320)))
    assert told == [SpeechStarted(512), TurnLikely("good day", 512, 832), TurnEnded("good day", 512, 832)]
    assert ears.heard_samples == [(320 + 320 + 128) * 8]


async def test_a_pause_that_was_only_a_pause_is_recognised_anew() -> None:
    ears = CountingEars()
    told = await heard(EmbeddedRecogniser(light_models(ears)), line(sound(320), silence(320), sound(320)))
    assert turns(told) == [TurnEnded("words", 512, 1472)]
    assert ears.heard_samples[-1] == (320 + 960 + 128) * 8


async def test_sound_without_words_is_no_turn() -> None:
    told = await heard(EmbeddedRecogniser(light_models(CountingEars(""))), line(sound(320)))
    assert told == [SpeechStarted(512), SpeechStopped()]


async def test_the_hangover_is_a_parameter() -> None:
    patient = EmbeddedRecogniser(light_models(), hangover_ms=800)
    told = await heard(patient, line(sound(320), silence(640), sound(320), silence(320)))
    assert turns(told) == [TurnEnded("words", 512, 1792)]


async def test_a_very_long_voice_is_cut() -> None:
    told = await heard(EmbeddedRecogniser(light_models()), line(sound(30_000)), ends=2)
    assert turns(told) == [TurnEnded("words", 512, 28_512), TurnEnded("words", 28_512, 30_512)]


async def test_more_than_5_s_of_waiting_audio_loses_its_oldest() -> None:
    recogniser = EmbeddedRecogniser(light_models())
    for number in range(300):
        recogniser.hear(FRAME, number * 20)
    assert (recogniser.waiting_ms, recogniser.dropped_ms) == (5000, 1000)


async def test_audio_that_stops_coming_ends_the_turn() -> None:
    recogniser = EmbeddedRecogniser(light_models(), stalled_s=0.05)
    told = await heard(recogniser, np.concatenate([silence(512), sound(320)]))
    assert turns(told) == [TurnEnded("words", 512, 832)]


async def test_lost_frames_end_a_turn_no_later_than_silence() -> None:
    recogniser = EmbeddedRecogniser(light_models())
    told: list[Heard] = []
    over = asyncio.Event()

    def emit(event: Heard) -> None:
        told.append(event)
        if turns(told):
            over.set()

    running = asyncio.create_task(recogniser.run(emit))
    for start_ms in (*range(0, 320, 20), *range(9000, 9320, 20)):
        recogniser.hear(FRAME, start_ms)
    async with asyncio.timeout(5):
        await over.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert turns(told) == [TurnEnded("words", 0, 320)]


async def test_a_failing_model_is_told_by_raising() -> None:
    recogniser = EmbeddedRecogniser(light_models(BrokenEars()))
    for number in range(16):
        recogniser.hear(FRAME, number * 20)
    for number in range(16, 60):
        recogniser.hear(b"\xff" * 160, number * 20)
    with pytest.raises(ProviderFailed):
        async with asyncio.timeout(5):
            await recogniser.run(lambda _event: None)


# --- the real models and a recorded voice -----------------------------------------------------------------------------


def span_ms(pcm: Pcm) -> tuple[float, float]:
    """When the voice truly begins and ends, from its energy."""
    first, end = voice_span(pcm)
    return first / 8, end / 8


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hello", "hello"),
        ("goodbye", "goodbye"),
        ("one-moment-please", "one moment please"),
        ("digits/day-3", "wednesday"),
        ("vm-no", "no"),
    ],
)
async def test_a_recorded_utterance_is_heard_with_its_times(name: str, words: str) -> None:
    pcm = line(spoken(name))
    (turn,) = turns(await heard(EmbeddedRecogniser(models()), pcm))
    first_ms, last_ms = span_ms(pcm)
    assert turn.text.lower().strip(".!").replace(",", "") == words
    assert abs(turn.first_voice_media_ms - first_ms) <= WINDOW_MS
    assert abs(turn.last_voice_media_ms - last_ms) <= 2 * WINDOW_MS


async def test_a_voice_over_line_noise_keeps_its_times() -> None:
    clean = line(spoken("digits/day-2"))
    noise = np.random.default_rng(1).normal(0, 150, clean.size)
    (turn,) = turns(await heard(EmbeddedRecogniser(models()), (clean + noise).astype(np.int16)))
    first_ms, last_ms = span_ms(clean)
    assert turn.text == "Tuesday."
    assert abs(turn.first_voice_media_ms - first_ms) <= 2 * WINDOW_MS
    assert abs(turn.last_voice_media_ms - last_ms) <= 5 * WINDOW_MS


async def test_silence_noise_and_tones_are_no_turns() -> None:
    seconds = np.arange(8000) / 8000
    noise = np.random.default_rng(1).normal(0, 300, 16_000)
    keypad = 4000 * (np.sin(2 * np.pi * 697 * seconds) + np.sin(2 * np.pi * 1209 * seconds))
    hum = 1500 * np.sin(2 * np.pi * 50 * seconds)
    before = np.concatenate([silence(2000), noise.astype(np.int16), keypad.astype(np.int16), hum.astype(np.int16)])
    told = await heard(EmbeddedRecogniser(models()), np.concatenate([before, line(spoken("goodbye"))]))
    assert [type(event) for event in told] == [SpeechStarted, TurnLikely, TurnEnded]
    assert turns(told)[0].first_voice_media_ms > before.size / 8


async def test_a_pause_of_300_ms_is_one_turn() -> None:
    pcm = line(spoken("digits/day-2"), silence(300), spoken("digits/day-3"))
    (turn,) = turns(await heard(EmbeddedRecogniser(models()), pcm))
    assert turn.text == "Tuesday, Wednesday."


async def test_two_calls_at_once_do_not_touch_each_other() -> None:
    one, other = EmbeddedRecogniser(models()), EmbeddedRecogniser(models())
    told_of_one, told_of_other = await asyncio.gather(
        heard(one, line(spoken("one-moment-please"))),
        heard(other, line(spoken("digits/day-2"), silence(700), spoken("auth-thankyou")), ends=2),
    )
    assert [turn.text for turn in turns(told_of_one)] == ["One moment please."]
    assert [turn.text for turn in turns(told_of_other)] == ["Tuesday.", "Thank you."]
