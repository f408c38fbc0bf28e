import asyncio

import numpy as np
import pytest

from calls.errors import Blame, ProviderFailed
from streamer.providers.embedded_models import Phrasebook
from tests.streamer.providers.light_models import BrokenEars, CountingEars, CountingVoice, light_models

SOUND = np.full(256, 8000, np.int16)


def test_the_longest_unused_phrase_is_forgotten_first() -> None:
    book = Phrasebook(most_bytes=5)
    book.put("one", b"11")
    book.put("two", b"22")
    assert book.get("one") == b"11"
    book.put("three", b"33")
    assert (book.get("one"), book.get("two"), book.get("three")) == (b"11", None, b"33")


def test_a_phrase_put_twice_counts_once() -> None:
    book = Phrasebook(most_bytes=4)
    book.put("one", b"11")
    book.put("one", b"1111")
    assert book.get("one") == b"1111"


def test_a_phrase_that_is_too_long_is_not_kept() -> None:
    book = Phrasebook(most_bytes=3)
    book.put("one", b"1111")
    assert book.get("one") is None


async def test_a_phrase_is_spoken_once() -> None:
    voice = CountingVoice()
    models = light_models(voice=voice)
    assert [await models.mulaw("Hello. ") for _ in range(3)] == [b"Hello. "] * 3
    assert voice.spoken == ["Hello. "]


async def test_voice_activity_does_not_wait_for_recognition() -> None:
    ears = CountingEars()
    ears.free.clear()
    models = light_models(ears)
    decoding = [asyncio.create_task(models.words_in(SOUND)) for _ in range(4)]
    try:
        async with asyncio.timeout(5):
            assert await models.probabilities(models.voice_activity(), [SOUND] * 40) == [1.0] * 40
        assert not any(task.done() for task in decoding)
    finally:
        ears.free.set()
        await asyncio.gather(*decoding)


async def test_work_that_takes_too_long_fails_and_says_so() -> None:
    ears = CountingEars()
    ears.free.clear()
    with pytest.raises(ProviderFailed, match="too busy") as failed:
        await light_models(ears, deadline_s=0.05).words_in(SOUND)
    ears.free.set()
    assert (failed.value.failure.code, failed.value.failure.retryable) == ("embedded-too-slow", True)


async def test_a_model_that_fails_is_the_providers_failure() -> None:
    with pytest.raises(ProviderFailed, match="recognition failed with RuntimeError") as failed:
        await light_models(BrokenEars()).words_in(SOUND)
    assert failed.value.failure.blame is Blame.PROVIDER


async def test_closed_models_fail_instead_of_hanging() -> None:
    models = light_models()
    models.close()
    with pytest.raises(ProviderFailed):
        await models.words_in(SOUND)
