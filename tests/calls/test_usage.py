import json
from dataclasses import fields
from decimal import Decimal

import pytest

from calls.usage import Kind, Unit, Usage, from_plain, to_plain, token_amounts

AMOUNTS = {unit: number for number, unit in enumerate(Unit, 1)}
USAGE = Usage(
    "s-u1", "openai", "gpt-realtime-2.1", Kind.REALTIME, AMOUNTS, "s-r3", 1_780_000_000_000, is_estimated=True
)


def test_what_is_stored_comes_back() -> None:
    assert from_plain(json.loads(json.dumps(to_plain(USAGE)), parse_int=Decimal)) == USAGE


def test_the_usage_above_leaves_no_field_at_its_default() -> None:
    assert [f.name for f in fields(Usage) if getattr(USAGE, f.name) == f.default] == []


def test_an_amount_that_is_not_there_is_none() -> None:
    usage = Usage("a", "elevenlabs", "eleven_flash_v2_5", Kind.SPEECH, {Unit.CHARACTERS: 12})
    assert (usage.amount(Unit.CHARACTERS), usage.amount(Unit.TEXT_IN)) == (12, 0)


def test_cached_tokens_are_taken_off_what_came_in() -> None:
    assert token_amounts(text_in=100, text_in_cached=60, text_out=7, audio_in=50, audio_in_cached=20, audio_out=9) == {
        Unit.TEXT_IN: 40,
        Unit.TEXT_IN_CACHED: 60,
        Unit.TEXT_OUT: 7,
        Unit.AUDIO_IN: 30,
        Unit.AUDIO_IN_CACHED: 20,
        Unit.AUDIO_OUT: 9,
    }


def test_tokens_written_to_the_cache_are_taken_off_too() -> None:
    assert token_amounts(text_in=2_000, text_in_cached=500, text_in_cache_write=1_400) == {
        Unit.TEXT_IN: 100,
        Unit.TEXT_IN_CACHED: 500,
        Unit.TEXT_IN_CACHE_WRITE: 1_400,
    }


@pytest.mark.parametrize(
    ("came_in", "cached", "written", "amounts"),
    [
        (10, 30, 5, {Unit.TEXT_IN_CACHED: 10}),
        (10, 4, 30, {Unit.TEXT_IN_CACHED: 4, Unit.TEXT_IN_CACHE_WRITE: 6}),
        (10, -4, -4, {Unit.TEXT_IN: 10}),
        (-10, 4, 4, {}),
    ],
)
def test_figures_that_cannot_be_count_as_far_as_they_can(
    came_in: int, cached: int, written: int, amounts: dict[Unit, int]
) -> None:
    assert token_amounts(text_in=came_in, text_in_cached=cached, text_in_cache_write=written) == amounts
