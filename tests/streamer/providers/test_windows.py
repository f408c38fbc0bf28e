from streamer.audio import pcm_of
from streamer.providers.windows import Window, WindowCutter

SOUND = b"\x80"


def starts(windows: list[Window]) -> list[int]:
    return [window.start_ms for window in windows]


def test_eight_frames_are_five_windows() -> None:
    cutter = WindowCutter()
    windows = [window for number in range(8) for window in cutter.add(SOUND * 160, number * 20)]
    assert starts(windows) == [0, 32, 64, 96, 128]
    assert all((window.pcm == pcm_of(SOUND * 256)).all() for window in windows)
    assert windows[0].end_ms == 32


def test_the_first_frame_sets_the_clock() -> None:
    assert starts(WindowCutter().add(SOUND * 512, 7000)) == [7000, 7032]


def test_frames_may_have_any_size() -> None:
    cutter = WindowCutter()
    assert cutter.add(b"", 0) == []
    assert cutter.add(SOUND * 255, 0) == []
    assert starts(cutter.add(SOUND, 32)) == [0]
    assert starts(cutter.add(SOUND * 1024, 32)) == [32, 64, 96, 128]


def test_a_lost_frame_is_silence() -> None:
    cutter = WindowCutter()
    cutter.add(SOUND * 160, 0)
    (window,) = cutter.add(SOUND * 160, 40)
    assert (window.pcm[:160] == pcm_of(SOUND * 160)).all()
    assert not window.pcm[160:].any()
    assert starts(cutter.add(SOUND * 160, 60)) == [32]


def test_a_clock_that_trembles_loses_nothing() -> None:
    cutter = WindowCutter()
    times_ms = (0, 31, 38, 60, 89, 95, 120, 140)
    assert starts([window for at_ms in times_ms for window in cutter.add(SOUND * 160, at_ms)]) == [0, 32, 64, 96, 128]


def test_a_long_gap_only_moves_the_clock() -> None:
    cutter = WindowCutter()
    cutter.add(SOUND * 160, 0)
    assert starts(cutter.add(SOUND * 256, 60_000)) == [60_000]


def test_a_repeated_frame_adds_nothing() -> None:
    cutter = WindowCutter()
    assert starts(cutter.add(SOUND * 256, 0)) == [0]
    assert cutter.add(SOUND * 256, 0) == []
    assert starts(cutter.add(SOUND * 256, 32)) == [32]


def test_a_clock_that_starts_again_is_followed() -> None:
    cutter = WindowCutter()
    cutter.add(SOUND * 256, 60_000)
    assert starts(cutter.add(SOUND * 256, 0)) == [0]
