"""Voice by loudness alone: silence, a voice, a loud line."""

from streamer.engines.live_ear import LiveEar
from streamer.providers.endpointing import Began, Decision, Ended
from tests.vendors.sounds import frames, recording, silence, voice


def heard(ear: LiveEar, audio: bytes, from_ms: int = 0) -> list[Decision]:
    out: list[Decision] = []
    for at, frame in enumerate(frames(audio)):
        out += [one for one in ear.hear(frame, from_ms + at * 20) if isinstance(one, Began | Ended)]
    return out


def test_a_voice_begins_and_ends_where_it_sounds() -> None:
    assert heard(LiveEar(), silence(400) + voice(600) + silence(800)) == [Began(400), Ended(400, 1_000)]


def test_silence_and_a_click_are_no_voice() -> None:
    assert heard(LiveEar(), silence(500) + voice(40) + silence(1_000)) == []


def test_real_speech_is_found() -> None:
    decisions = heard(LiveEar(), silence(500) + recording("auth-thankyou") + silence(1_000))
    assert isinstance(decisions[0], Began)
    assert isinstance(decisions[-1], Ended)


def test_steady_noise_is_a_voice_at_first_and_no_longer_once_it_is_known() -> None:
    ear = LiveEar()
    heard(ear, voice(30_000))
    assert ear.noise_rms > 2_000
    assert heard(ear, voice(2_000), 30_000) == []
