"""Silence before a voice, and silence that nothing comes after."""

import pytest

from streamer.engines.lead_in import LEAD_KEPT_MS, MOST_SILENT_MS, LeadIn, without_lead
from tests.vendors.sounds import silence, voice

VOICE = voice(100)


def test_a_voice_goes_out_as_it_comes() -> None:
    lead = LeadIn()
    assert [lead.take(VOICE), lead.take(silence(100)), lead.take(VOICE)] == [VOICE, silence(100), VOICE]
    assert lead.skipped_ms == 0
    assert not lead.is_too_long


def test_silence_is_held_back_and_a_breath_of_it_goes_with_the_voice() -> None:
    lead = LeadIn()
    assert lead.take(silence(100)) == b""
    assert lead.take(silence(100)) == b""
    assert lead.take(VOICE) == silence(LEAD_KEPT_MS) + VOICE
    assert lead.skipped_ms == 200 - LEAD_KEPT_MS
    assert lead.take(silence(100)) == silence(100)


def test_a_voice_in_the_middle_of_a_piece() -> None:
    lead = LeadIn()
    assert lead.take(silence(10)) == b""
    assert lead.take(silence(60) + VOICE) == silence(LEAD_KEPT_MS) + VOICE
    assert lead.skipped_ms == 70 - LEAD_KEPT_MS


@pytest.mark.parametrize(("silent_ms", "is_too_long"), [(MOST_SILENT_MS, False), (MOST_SILENT_MS + 20, True)])
def test_silence_that_lasts_is_no_answer(silent_ms: int, is_too_long: bool) -> None:
    lead = LeadIn()
    for _ in range(silent_ms // 20):
        assert lead.take(silence(20)) == b""
    assert lead.is_too_long is is_too_long
    assert len(lead.take(VOICE)) == len(VOICE) + LEAD_KEPT_MS * 8, "no more than that is kept of it"
    assert not lead.is_too_long


def test_a_whole_recording() -> None:
    assert without_lead(silence(300) + VOICE + silence(50)) == silence(LEAD_KEPT_MS) + VOICE + silence(50)
    assert without_lead(silence(20) + VOICE) == silence(20) + VOICE
    assert without_lead(silence(300)) == b""
    assert without_lead(b"") == b""
