"""Two clocks, and audio that is kept: literal values."""

from streamer.providers.sent_audio import MOST_STRETCHES, KeptAudio, MediaClock

FRAME = bytes(160)


def test_a_connection_that_opened_late_is_behind_by_what_it_missed() -> None:
    clock = MediaClock()
    clock.sent(160, 1_000)
    clock.sent(160, 1_020)

    assert (clock.began(0.0), clock.began(0.02), clock.ended(0.04)) == (1_000, 1_020, 1_040)
    assert clock.sent_ms == 40


def test_a_gap_is_before_what_begins_there_and_behind_what_ends_there() -> None:
    clock = MediaClock()
    clock.sent(800, 0)
    clock.sent(160, 500)

    assert clock.began(0.1) == 500
    assert clock.ended(0.1) == 100
    assert clock.ended(0.12) == 520


def test_before_any_audio_the_clocks_are_one() -> None:
    assert MediaClock().began(1.5) == 1_500


def test_the_oldest_stretches_are_forgotten() -> None:
    clock = MediaClock()
    for stretch in range(1_000):
        clock.sent(160, stretch * 100)

    assert clock.began(999 * 0.02) == 99_900
    assert clock.began(998 * 0.02 + 0.01) == 99_810


def test_the_oldest_audio_goes_first() -> None:
    kept = KeptAudio(most_ms=60)

    assert [kept.add(FRAME, media_ms) for media_ms in (0, 20, 40, 60)] == [0, 0, 0, 20]
    assert [media_ms for _, media_ms in kept] == [20, 40, 60]
    kept.trim(40)
    assert [media_ms for _, media_ms in kept] == [40, 60]
    assert kept.kept_ms == 40


def test_audio_is_found_again_by_its_media_time_across_gaps() -> None:
    kept = KeptAudio(most_ms=80)
    assert list(kept) == []
    for number, media_ms in enumerate((0, 20, 200, 220, 500, 520)):
        kept.add(bytes([number]) * 160, media_ms)

    assert list(kept) == [(bytes([2]) * 160, 200), (bytes([3]) * 160, 220), (bytes([4]) * 160, 500), (b"\5" * 160, 520)]
    assert [media_ms for _, media_ms in kept.since(201)] == [220, 500, 520]
    assert [media_ms for _, media_ms in kept.since(400)] == [500, 520]
    assert list(kept.since(540)) == []
    kept.confirm(300)
    assert [media_ms for _, media_ms in kept] == [500, 520]


def test_pieces_of_any_size_come_back_as_frames() -> None:
    kept = KeptAudio(most_ms=1_000)
    kept.add(bytes(400), 0)
    kept.add(bytes(80), 50)

    assert [(len(mulaw), media_ms) for mulaw, media_ms in kept] == [(160, 0), (160, 20), (160, 40)]


def test_more_gaps_than_are_kept_cost_the_oldest_audio() -> None:
    kept = KeptAudio(most_ms=8_000)
    for number in range(400):
        kept.add(FRAME, number * 21)

    assert [media_ms for _, media_ms in kept] == [number * 21 for number in range(400 - MOST_STRETCHES, 400)]


def test_what_is_confirmed_is_let_go() -> None:
    kept = KeptAudio(most_ms=1_000)
    kept.add(FRAME, 0)
    kept.add(FRAME, 20)
    kept.add(FRAME, 40)
    kept.confirm(45)

    assert [media_ms for _, media_ms in kept] == [40]
