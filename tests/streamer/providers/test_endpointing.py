"""Windows of 32 ms, one digit each: tenths of the probability of speech."""

from streamer.providers.endpointing import Began, Decision, Ended, Endpointing, Patience, Paused, Resumed


def decided(probabilities: str, patience: Patience | None = None, start_ms: int = 0) -> list[tuple[int, Decision]]:
    """Every decision, with the end of the window that brought it."""
    endpointing = Endpointing(patience or Patience())
    return decisions_of(endpointing, probabilities, start_ms)


def decisions_of(endpointing: Endpointing, probabilities: str, start_ms: int) -> list[tuple[int, Decision]]:
    return [
        (end_ms, decision)
        for end_ms, digit in enumerate_ms(probabilities, start_ms)
        for decision in endpointing.window(end_ms - 32, end_ms, int(digit) / 10)
    ]


def enumerate_ms(probabilities: str, start_ms: int) -> list[tuple[int, str]]:
    return [(start_ms + 32 * number, digit) for number, digit in enumerate(probabilities.replace(" ", ""), start=1)]


def test_a_voice_begins_pauses_and_ends() -> None:
    assert decided("00 999999 000000000000000") == [
        (160, Began(64)),
        (384, Paused(64, 256)),
        (736, Ended(64, 256)),
    ]


def test_two_windows_of_noise_are_no_voice() -> None:
    assert decided("00 99 0 99 0 99 000000000000000000") == []


def test_doubtful_windows_neither_count_nor_break_the_beginning() -> None:
    assert decided("0 9 4 9 4 9")[0] == (128, Began(32))
    assert decided("4444444444444444") == []


def test_a_doubtful_window_carries_a_voice_on_but_does_not_take_it_up() -> None:
    carried = decided("999 444444 000000000000000")
    assert carried[-1] == (768, Ended(0, 288))
    not_taken_up = decided("999 00 4444 000000000")
    assert not_taken_up[-1] == (576, Ended(0, 96))


def test_a_short_pause_is_one_turn() -> None:
    assert decided("9999 00000000 9999 000000000000000") == [
        (96, Began(0)),
        (256, Paused(0, 128)),
        (416, Resumed()),
        (640, Paused(0, 512)),
        (992, Ended(0, 512)),
    ]


def test_a_long_pause_makes_two_turns_and_more_patience_with_the_second() -> None:
    ended = [at for at in decided("9999" + "0" * 16 + "9999" + "0" * 20) if isinstance(at[1], Ended)]
    assert ended == [(608, Ended(0, 128)), (768 + 640, Ended(640, 768))]


def test_the_patience_is_a_parameter() -> None:
    hasty = Patience(begin_ms=32, pause_ms=32, hangover_ms=64)
    assert decided("9 00", hasty) == [(32, Began(0)), (64, Paused(0, 32)), (96, Ended(0, 32))]


def test_a_very_long_voice_is_cut_and_begins_again() -> None:
    cut = decided("9" * 10, Patience(longest_ms=192))
    assert cut == [(96, Began(0)), (192, Ended(0, 192)), (288, Began(192))]


def test_lost_audio_is_silence() -> None:
    endpointing = Endpointing(Patience())
    assert decisions_of(endpointing, "9999", 0) == [(96, Began(0))]
    assert decisions_of(endpointing, "99990000", 5000) == [
        (5032, Ended(0, 128)),
        (5096, Began(5000)),
        (5256, Paused(5000, 5128)),
    ]


def test_a_beginning_does_not_last_over_lost_audio() -> None:
    endpointing = Endpointing(Patience())
    assert decisions_of(endpointing, "99", 0) == []
    assert decisions_of(endpointing, "999", 5000) == [(5096, Began(5000))]


def test_a_short_gap_is_a_pause_like_any_other() -> None:
    endpointing = Endpointing(Patience())
    decisions_of(endpointing, "9999", 0)
    assert decisions_of(endpointing, "9999", 400) == []
    assert decisions_of(endpointing, "0" * 15, 528)[-1] == (1008, Ended(0, 528))


def test_stopping_ends_a_voice_and_only_a_voice() -> None:
    endpointing = Endpointing(Patience())
    assert endpointing.stop() == ()
    decisions_of(endpointing, "9999", 0)
    assert endpointing.stop() == (Ended(0, 128),)
    assert endpointing.stop() == ()
