import numpy as np

from streamer.providers.utterance import Utterance
from streamer.providers.windows import Window

STILL = np.zeros(256, np.int16)
LOUD = np.full(256, 8000, np.int16)
HALF = np.concatenate([STILL[:128], LOUD[:128]])


def listening(pattern: str, start_ms: int = 0) -> Utterance:
    """Windows of 32 ms: "." still, "#" loud, "/" loud in its second half."""
    utterance = Utterance()
    for number, sign in enumerate(pattern):
        utterance.add(Window(start_ms + 32 * number, {".": STILL, "#": LOUD, "/": HALF}[sign]))
    return utterance


def test_the_voice_begins_with_its_sound() -> None:
    assert listening("..../###").begin(128) == 144
    assert listening("....####").begin(160) == 128


def test_a_sound_long_before_the_voice_is_not_its_beginning() -> None:
    assert listening("#.......####").begin(256) == 256 - 128


def test_where_nothing_stands_out_the_voice_began_as_judged() -> None:
    assert listening("########").begin(96) == 96


def test_the_voice_ends_with_its_sound() -> None:
    utterance = listening("....####..")
    utterance.begin(128)
    assert utterance.end(320) == 256


def test_the_end_is_never_far_from_what_was_judged() -> None:
    utterance = listening("....#.......")
    utterance.begin(128)
    assert utterance.end(384) == 384 - 128


def test_an_utterance_has_a_little_before_and_after() -> None:
    utterance = listening("." * 20 + "####")
    utterance.begin(640)
    for number in range(20):
        utterance.add(Window(768 + 32 * number, STILL))
    pcm = utterance.pcm(768)
    assert pcm.size == (320 + 128 + 128) * 8
    assert np.flatnonzero(pcm).tolist() == list(range(320 * 8, (320 + 128) * 8))


def test_quiet_is_not_kept() -> None:
    utterance = listening("." * 1000)
    assert utterance.pcm(32_000).size <= 640 * 8


def test_the_next_utterance_has_nothing_of_the_one_before() -> None:
    utterance = listening("....####..")
    utterance.begin(128)
    utterance.end(256)
    for number in range(4):
        utterance.add(Window(320 + 32 * number, LOUD))
    utterance.begin(320)
    assert utterance.pcm(448).size == (64 + 128) * 8


def test_times_are_right_after_a_gap() -> None:
    utterance = listening("..##")
    utterance.add(Window(5000, STILL))
    utterance.add(Window(5032, LOUD))
    utterance.begin(64)
    assert utterance.end(5096) == 5064
