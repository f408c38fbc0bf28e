"""Where voice begins and ends."""

from tests.vendors.sounds import frames, silence, voice
from tests.vendors.voice_energy import Stretch, VoiceEnergy


def test_a_stretch_is_exact_to_five_milliseconds() -> None:
    energy = VoiceEnergy(300)
    energy.hear(silence(205) + voice(100) + silence(50))
    assert energy.stretch == Stretch(205, 305, 100)
    assert energy.received_ms == 355


def test_the_size_of_the_pieces_does_not_matter() -> None:
    energy = VoiceEnergy(300)
    audio = silence(205) + voice(100) + silence(50)
    for at in range(0, len(audio), 37):
        energy.hear(audio[at : at + 37])
    assert energy.stretch == Stretch(205, 305, 100)
    assert energy.received_ms == 355


def test_a_pause_does_not_end_a_stretch_and_forgetting_does() -> None:
    energy = VoiceEnergy(300)
    for frame in frames(voice(100) + silence(200) + voice(60)):
        energy.hear(frame)
    assert energy.stretch == Stretch(0, 360, 160)
    energy.forget()
    assert energy.stretch is None
    energy.hear(voice(20))
    assert energy.stretch == Stretch(360, 380, 20)


def test_comfort_noise_is_no_voice() -> None:
    energy = VoiceEnergy(300)
    energy.hear(bytes([0x7E, 0xFE, 0x7D, 0xFD]) * 400)
    assert energy.stretch is None
    assert energy.received_ms == 200
