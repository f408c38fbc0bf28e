"""Whether an engine hears the caller, from recorded speech and literal times."""

from collections.abc import Iterator

import pytest

from offhook.box.sound import FRAME_BYTES, from_wav, silence, tones
from streamer.events import (
    Draft,
    EngineEvent,
    ReplyBegun,
    ReplyDone,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnTaken,
)
from streamer.unheard import BEGINS_S, GOES_ON_MS, QUIET_S, UnheardVoice, Verdict
from tests.whole.scene import RECORDINGS

QUIET_LINE = silence(4_000)
TURN_ENDS_S = 7.0


def said(*names: str) -> bytes:
    return b"".join(from_wav((RECORDINGS / f"{name}.wav").read_bytes()) + silence(200) for name in names)


QUESTION = said("hello", "hours")
LONG = said(*["one-moment-please"] * 6)


class Heard:
    """One engine's line: sound goes in at the pace of a call, and the first verdict is told with its media time."""

    def __init__(self, turn_ends_s: float = TURN_ENDS_S) -> None:
        self.voice = UnheardVoice(turn_ends_s)
        self.media_ms = 0
        self.now_s = 500.0
        self.found: list[tuple[Verdict, int]] = []

    def line(self, mulaw: bytes) -> None:
        for frame in frames(mulaw):
            self._frame(frame)
            self.now_s += 0.02

    def in_one_go(self, mulaw: bytes) -> None:
        """What the caller said before the engine was there."""
        for frame in frames(mulaw):
            self._frame(frame)

    def told(self, event: EngineEvent) -> None:
        self.voice.told(event)

    def _frame(self, frame: bytes) -> None:
        self.voice.hear(frame, self.media_ms, self.now_s)
        self.media_ms += 20
        if verdict := self.voice.verdict():
            self.found.append((verdict, self.media_ms))


def frames(mulaw: bytes) -> Iterator[bytes]:
    return (mulaw[at : at + FRAME_BYTES] for at in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES))


def begun(turn_ends_s: float = TURN_ENDS_S) -> Heard:
    heard = Heard(turn_ends_s)
    heard.line(QUIET_LINE)
    return heard


def test_an_engine_that_tells_of_nobody_is_deaf_soon_after_the_voice() -> None:
    heard = begun()
    heard.line(QUESTION + QUIET_LINE)
    ((verdict, at_ms),) = heard.found
    voice_until_ms = 4_000 + len(QUESTION) // 8 - 200
    assert verdict is Verdict.DEAF
    assert QUIET_S * 1_000 - 200 < at_ms - voice_until_ms <= QUIET_S * 1_000 + 40


@pytest.mark.parametrize("event", [SpeechStarted(4_100), Draft("Hello"), TurnTaken("t1", 4_100, 4_900), ReplyBegun(7)])
def test_one_that_tells_of_somebody_is_not(event: EngineEvent) -> None:
    heard = begun()
    heard.line(QUESTION)
    heard.told(event)
    heard.line(QUIET_LINE)
    assert heard.found == []


def test_what_is_told_of_a_reply_says_nothing_of_hearing() -> None:
    heard = begun()
    heard.line(QUESTION)
    heard.told(ReplyDone(1, None))
    heard.line(QUIET_LINE)
    assert [verdict for verdict, _ in heard.found] == [Verdict.DEAF]


def test_what_was_said_before_it_told_of_somebody_was_heard() -> None:
    heard = begun()
    heard.line(said("hello"))
    heard.told(SpeechStarted(4_100))
    heard.told(TurnEnded("Hello", 4_100, 4_700))
    heard.line(QUIET_LINE)
    assert heard.found == []


def test_a_voice_that_goes_on_unheard_is_not_waited_for() -> None:
    heard = begun()
    heard.line(LONG)
    (verdict, at_ms), *_ = heard.found
    assert verdict is Verdict.DEAF
    assert GOES_ON_MS <= at_ms - 4_000 <= len(LONG) // 8


@pytest.mark.parametrize(
    "sound",
    [said("for"), silence(100) + tones("12345678"), bytes([0x20, 0xA0, 0x2A, 0x95]) * 8_000],
    ids=["a word", "keys", "noise"],
)
def test_a_word_keys_and_noise_are_nobodys_fault(sound: bytes) -> None:
    heard = begun()
    heard.line(sound + QUIET_LINE)
    assert heard.found == []


def test_short_sounds_of_listening_do_not_add_up() -> None:
    heard = begun()
    for _ in range(6):
        heard.line(said("hello")[: 8 * 300] + silence(900))
    heard.line(QUIET_LINE)
    assert heard.found == []


def test_a_caller_who_asks_whether_anybody_is_there_is_understood_to_be_there() -> None:
    heard = begun()
    heard.line(said("hello") + silence(2_000))
    assert heard.found == []
    heard.line(said("hello") + silence(2_000))
    assert [verdict for verdict, _ in heard.found] == [Verdict.DEAF]


def test_an_engine_that_has_only_begun_is_given_time_for_what_was_said_before() -> None:
    heard = Heard()
    heard.in_one_go(QUESTION + silence(1_500))
    heard.line(silence(int(BEGINS_S * 1_000) - 40))
    assert heard.found == []
    heard.line(silence(100))
    assert [verdict for verdict, _ in heard.found] == [Verdict.DEAF]


def test_time_in_which_no_frame_came_is_not_the_engines_silence() -> None:
    heard = begun()
    heard.line(QUESTION + silence(700))
    heard.now_s += 30.0
    heard.line(silence(100))
    assert heard.found == []


def test_a_turn_without_an_end_is_stuck_once_the_voice_is_long_over() -> None:
    heard = begun(turn_ends_s=3.0)
    heard.told(SpeechStarted(4_000))
    heard.line(QUESTION + silence(2_500))
    assert heard.found == []
    heard.line(silence(500))
    assert heard.found[0][0] is Verdict.STUCK


@pytest.mark.parametrize("event", [TurnEnded("Hours?", 4_000, 5_000), TurnTaken("t1", 4_000, 5_000)])
def test_a_turn_that_ended_is_not(event: EngineEvent) -> None:
    heard = begun(turn_ends_s=3.0)
    heard.told(SpeechStarted(4_000))
    heard.line(QUESTION)
    heard.told(event)
    heard.line(QUIET_LINE + QUIET_LINE)
    assert heard.found == []


@pytest.mark.parametrize(
    ("sound", "times", "verdicts"),
    [(QUESTION, 1, []), (QUESTION, 2, [Verdict.DEAF]), (silence(100) + tones("12345678"), 2, [])],
)
def test_that_a_voice_was_none_is_believed_once(sound: bytes, times: int, verdicts: list[Verdict]) -> None:
    heard = begun()
    for _ in range(times):
        heard.told(SpeechStarted(4_000))
        heard.line(sound)
        heard.told(SpeechStopped())
        heard.line(QUIET_LINE)
    assert [verdict for verdict, _ in heard.found] == verdicts


def test_words_after_a_voice_that_was_none_show_that_it_hears() -> None:
    heard = begun()
    for event in (SpeechStopped(), TurnEnded("Hours?", 4_000, 5_000), SpeechStopped()):
        heard.told(SpeechStarted(4_000))
        heard.line(QUESTION)
        heard.told(event)
        heard.line(QUIET_LINE)
    assert heard.found == []


def test_a_turn_whose_words_still_come_is_not_stuck() -> None:
    heard = begun(turn_ends_s=3.0)
    heard.told(SpeechStarted(4_000))
    heard.line(QUESTION + silence(2_000))
    heard.told(Draft("Hello what are"))
    heard.line(silence(2_900))
    assert heard.found == []
