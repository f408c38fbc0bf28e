"""One continuous stream of a model's audio, cut into bursts: literal audio, words and times."""

from streamer.engines.live_bursts import (
    AHEAD_MS,
    CUSHION_MS,
    END_MS,
    STRAY_WORDS_MS,
    Burst,
    BurstBegan,
    BurstEnded,
    Bursts,
    BurstSounded,
    BurstWorded,
)
from tests.vendors.sounds import silence, voice

TENTH, PAUSE = voice(100), silence(100)


def stream(bursts: Bursts, *pieces: bytes, from_ms: int = 0) -> list[Burst]:
    """Pieces of 100 ms at the pace of speech."""
    return [burst for at, piece in enumerate(pieces) for burst in bursts.sound(piece, from_ms + at * 100)]


def sound_ms(out: list[Burst]) -> int:
    return sum(len(burst.mulaw) for burst in out if isinstance(burst, BurstSounded)) // 8


def test_silence_begins_nothing_and_is_not_passed_on() -> None:
    assert stream(Bursts(), *[PAUSE] * 20) == []


def test_a_burst_begins_with_a_cushion_and_ends_after_silence() -> None:
    bursts = Bursts()
    out = stream(bursts, PAUSE, PAUSE, TENTH, TENTH, *[PAUSE] * 12)
    assert out[0] == BurstBegan()
    assert out[1] == BurstSounded(silence(CUSHION_MS) + TENTH, "")
    assert out[-1] == BurstEnded()
    assert not bursts.is_open
    assert sound_ms(out) == CUSHION_MS + 200 + 200  # two pieces of soft end


def test_a_pause_inside_a_burst_is_left_out_as_nothing_sounds_just_as_long() -> None:
    bursts = Bursts()
    out = stream(bursts, TENTH, *[PAUSE] * 5, TENTH)
    assert [type(burst) for burst in out].count(BurstBegan) == 1
    assert BurstEnded() not in out
    assert sound_ms(out) == 100 + 200 + CUSHION_MS + 100


def test_a_burst_ends_too_where_silence_is_not_sent_at_all() -> None:
    bursts = Bursts()
    stream(bursts, TENTH)
    assert bursts.due(100 + END_MS - 1) == []
    assert bursts.due(100 + END_MS) == [BurstEnded()]


def test_audio_that_comes_faster_than_speech_is_held_back() -> None:
    bursts = Bursts()
    out = [burst for _ in range(20) for burst in bursts.sound(TENTH, 0)]
    assert sound_ms(out) == AHEAD_MS
    assert sound_ms(bursts.due(300)) == 300
    assert sound_ms([burst for at_ms in range(300, 3_000, 20) for burst in bursts.due(at_ms)]) == 2_000 - AHEAD_MS - 300


def test_what_is_held_back_is_gone_when_the_burst_is_cut() -> None:
    bursts = Bursts()
    for _ in range(20):
        bursts.sound(TENTH, 0)
    bursts.cut(200)
    assert bursts.due(400) == []
    assert bursts.sound(TENTH, 250) == []


def test_words_go_with_the_audio_in_which_they_end() -> None:
    bursts = Bursts()
    assert bursts.words("We", 5_000, 5_100, 0) == []
    out = bursts.sound(TENTH, 10)
    assert out == [BurstBegan(), BurstWorded("We"), BurstSounded(TENTH, "We")]
    assert bursts.words(" are open", 5_100, 5_600, 20) == [BurstWorded(" are open")]
    texts = [burst.text for burst in stream(bursts, *[TENTH] * 5, from_ms=110) if isinstance(burst, BurstSounded)]
    assert texts == ["", "", "", " are open", ""]  # 100 ms of tolerance


def test_words_that_come_behind_their_audio_are_told_at_the_end() -> None:
    bursts = Bursts()
    stream(bursts, TENTH)
    bursts.words("Yes", 900, 2_000, 150)
    assert bursts.due(100 + END_MS) == [BurstSounded(b"", "Yes"), BurstEnded()]


def test_words_that_no_sound_follows_belong_to_nothing() -> None:
    bursts = Bursts()
    bursts.words("late", 0, 100, 0)
    bursts.due(3_100)
    assert bursts.unheard_words == 1
    assert bursts.sound(TENTH, 3_200) == [BurstBegan(), BurstSounded(TENTH, "")]


def test_after_a_cut_the_same_burst_is_not_heard_and_the_next_one_is() -> None:
    bursts = Bursts()
    stream(bursts, TENTH, TENTH)
    bursts.cut(200)
    assert stream(bursts, TENTH, TENTH, PAUSE, from_ms=200) == []
    assert bursts.words("unheard", 0, 100, 450) == []
    assert bursts.unheard_words == 1
    out = stream(bursts, PAUSE, PAUSE, TENTH, from_ms=500)
    assert out[0] == BurstBegan()


def test_a_model_that_speaks_on_after_a_cut_is_heard_again_in_the_end() -> None:
    bursts = Bursts()
    stream(bursts, TENTH)
    bursts.cut(100)
    out = stream(bursts, *[TENTH] * 30, from_ms=100)
    assert out[0] == BurstBegan()
    assert sound_ms(out) == 500


def test_another_session_begins_afresh() -> None:
    bursts = Bursts()
    stream(bursts, TENTH)
    bursts.cut(100)
    bursts.forget()
    assert bursts.sound(TENTH, 110)[0] == BurstBegan()


def test_words_that_no_sound_follows_are_soundless_until_there_is_one() -> None:
    bursts = Bursts()
    for at_ms in (1_000, 1_400):
        bursts.words("Good day.", 0, 400, at_ms)
    assert bursts.due(1_400 + STRAY_WORDS_MS) == []
    assert bursts.soundless_since_ms == 1_000
    bursts.words("Hello?", 2_000, 2_400, 6_000)
    assert bursts.soundless_since_ms == 6_000, "the others were given up"
    bursts.sound(TENTH, 6_500)
    assert bursts.soundless_since_ms is None
    bursts.words("Are you there?", 2_400, 2_900, 6_600)
    assert bursts.soundless_since_ms is None
