from offhook.box import sound
from offhook.box.gather import Collector, Digits, Nothing, Outcome, Utterance
from offhook.box.verbs import Gather, Input
from tests.box.speech import spoken

QUIET = sound.silence(20)
LOUD = spoken(3000, 20)
BOTH: frozenset[Input] = frozenset({"speech", "dtmf"})
SPEECH: frozenset[Input] = frozenset({"speech"})


class Clock:
    """Feeds a collector whole stretches of sound."""

    def __init__(self, gather: Gather) -> None:
        self.collector = Collector(gather)
        self.now_ms = 0

    def hear(self, frame: bytes, duration_ms: int) -> Outcome | None:
        for _ in range(duration_ms // 20):
            self.now_ms += 20
            self.collector.frame(frame, self.now_ms)
        return self.collector.outcome

    def press(self, keys: str) -> Outcome | None:
        for key in keys:
            self.collector.key(key, self.now_ms)
        return self.collector.outcome

    def prompt_over(self) -> None:
        self.collector.prompt_over(self.now_ms)


def waiting(gather: Gather) -> Clock:
    clock = Clock(gather)
    clock.prompt_over()
    return clock


def test_speech_ends_with_nine_tenths_of_a_second_of_silence() -> None:
    clock = waiting(Gather(SPEECH, speech_timeout_s=None))
    assert clock.hear(QUIET, 400) is None
    assert clock.hear(LOUD, 600) is None
    assert clock.hear(QUIET, 880) is None
    outcome = clock.hear(QUIET, 20)
    assert isinstance(outcome, Utterance)
    assert outcome.mulaw.count(LOUD) == 30


def test_the_utterance_begins_before_the_first_loud_frame() -> None:
    clock = waiting(Gather(SPEECH, speech_timeout_s=None))
    clock.hear(QUIET, 1000)
    clock.hear(LOUD, 200)
    outcome = clock.hear(QUIET, 1000)
    assert isinstance(outcome, Utterance)
    assert outcome.mulaw.startswith(QUIET * 11 + LOUD)


def test_speech_timeout_in_seconds() -> None:
    clock = waiting(Gather(SPEECH, speech_timeout_s=2))
    clock.hear(LOUD, 200)
    assert clock.hear(QUIET, 1980) is None
    assert isinstance(clock.hear(QUIET, 20), Utterance)


def test_a_pause_within_speech_does_not_end_it() -> None:
    clock = waiting(Gather(SPEECH, speech_timeout_s=None))
    clock.hear(LOUD, 200)
    clock.hear(QUIET, 800)
    clock.hear(LOUD, 200)
    assert clock.hear(QUIET, 880) is None


def test_speech_is_cut_at_its_longest() -> None:
    clock = waiting(Gather(SPEECH, max_speech_s=1))
    assert isinstance(clock.hear(LOUD, 1100), Utterance)


def test_a_click_is_not_speech() -> None:
    clock = waiting(Gather(SPEECH, timeout_s=1))
    clock.hear(LOUD, 40)
    assert clock.hear(QUIET, 1000) == Nothing()


def test_silence_counts_from_the_end_of_the_prompt() -> None:
    clock = Clock(Gather(BOTH, timeout_s=1))
    assert clock.hear(QUIET, 5000) is None
    clock.prompt_over()
    assert clock.hear(QUIET, 980) is None
    assert clock.hear(QUIET, 20) == Nothing()


def test_speech_under_the_prompt_stops_it() -> None:
    clock = Clock(Gather(SPEECH))
    clock.hear(LOUD, 60)
    assert not clock.collector.prompt_must_stop
    clock.hear(LOUD, 20)
    assert clock.collector.prompt_must_stop


def test_without_barge_in_speech_under_the_prompt_is_not_heard() -> None:
    clock = Clock(Gather(SPEECH, barge_in=False))
    clock.hear(LOUD, 1000)
    assert not clock.collector.prompt_must_stop
    clock.prompt_over()
    clock.hear(LOUD, 80)
    assert clock.collector.prompt_must_stop


def test_a_key_stops_the_prompt_without_barge_in_too() -> None:
    clock = Clock(Gather(BOTH, barge_in=False))
    clock.press("1")
    assert clock.collector.prompt_must_stop


def test_the_wanted_number_of_digits_is_enough() -> None:
    clock = waiting(Gather(num_digits=3))
    assert clock.press("12") is None
    assert clock.press("3") == Digits("123")


def test_the_finishing_key_ends_and_is_left_out() -> None:
    assert waiting(Gather()).press("12#") == Digits("12")


def test_the_finishing_key_alone_does_nothing() -> None:
    clock = waiting(Gather(timeout_s=1))
    assert clock.press("#") is None
    assert clock.hear(QUIET, 1000) == Nothing()


def test_without_a_finishing_key_all_keys_are_digits() -> None:
    clock = waiting(Gather(finish_on_key="", num_digits=2))
    assert clock.press("1#") == Digits("1#")


def test_each_key_starts_the_time_out_again() -> None:
    clock = waiting(Gather(timeout_s=1))
    clock.hear(QUIET, 900)
    clock.press("1")
    assert clock.hear(QUIET, 980) is None
    assert clock.hear(QUIET, 20) == Digits("1")


def test_the_first_input_decides() -> None:
    spoke = waiting(Gather(BOTH, num_digits=1))
    spoke.hear(LOUD, 100)
    assert spoke.press("1") is None
    keyed = waiting(Gather(BOTH, timeout_s=1))
    keyed.press("1")
    assert keyed.hear(LOUD, 1000) == Digits("1")


def test_an_input_that_was_not_asked_for_is_ignored() -> None:
    assert waiting(Gather(SPEECH)).press("123#") is None
    clock = waiting(Gather(timeout_s=1))
    assert clock.hear(LOUD, 1000) == Nothing()


def test_noise_that_was_no_speech_is_forgotten() -> None:
    clock = waiting(Gather(SPEECH, timeout_s=1, speech_timeout_s=None))
    clock.hear(LOUD, 200)
    assert isinstance(clock.hear(QUIET, 900), Utterance)
    clock.collector.resume(clock.now_ms)
    assert clock.collector.outcome is None
    assert clock.hear(QUIET, 1000) == Nothing()


def test_an_input_has_the_times_of_its_voice() -> None:
    clock = waiting(Gather(SPEECH, speech_timeout_s=None))
    assert clock.collector.input_ms == (0, 0)
    clock.hear(QUIET, 400)
    clock.hear(LOUD, 600)
    clock.hear(QUIET, 880)
    # This clock names a frame by its end.
    assert clock.collector.input_ms == (420, 1020)


def test_an_input_has_the_times_of_its_keys() -> None:
    clock = waiting(Gather())
    clock.hear(QUIET, 400)
    clock.press("1")
    clock.hear(QUIET, 600)
    clock.press("2")
    assert clock.collector.input_ms == (400, 1000)
