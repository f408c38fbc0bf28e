"""A reply in the making: what a session is told of how far it was heard."""

import pytest

from streamer.engines.making import Making
from streamer.engines.wording import SpeakingRate, Wording
from tests.vendors.sounds import silence, voice


def making() -> Making:
    return Making(1, Wording(SpeakingRate()), until_s=10.0)


@pytest.mark.parametrize(("played_ms", "here_ms"), [(0, 0), (1, 161), (300, 460)])
def test_silence_that_was_left_out_is_part_of_the_vendors_audio(played_ms: int, here_ms: int) -> None:
    one = making()
    one.lead_in.take(silence(200) + voice(500))  # of which 160 ms are left out
    assert one.here_ms(played_ms) == here_ms


@pytest.mark.parametrize(("played_ms", "here_ms"), [(400, 0), (540, 0), (600, 60)])
def test_what_another_session_made_was_heard_elsewhere(played_ms: int, here_ms: int) -> None:
    one = making()
    one.sounded_ms = len(one.lead_in.take(silence(200) + voice(500))) / 8
    one.goes_elsewhere()
    assert one.here_ms(played_ms) == here_ms


def test_a_transcript_that_nobody_spoke_was_not_said_and_silence_begins_anew() -> None:
    one = making()
    one.wording.add("Hello.")
    one.said = one.untold = "Hello."
    assert one.lead_in.take(silence(1_900)) == b""
    one.forget_unspoken()
    assert (one.said, one.untold, one.lead_in.skipped_ms) == ("", "", 0)
    one.lead_in.take(silence(1_900))
    assert not one.lead_in.is_too_long
