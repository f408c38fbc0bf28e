"""Who has the floor."""

from calls.agent import Limits, TurnTaking
from streamer.turns import Floor, Pace, Silence, is_backchannel, same_words


def floor(protected_until_ms: int = 0) -> Floor:
    return Floor(TurnTaking(300, 500), Limits(600, 8.0, 5.0), protected_until_ms)


def test_a_voice_takes_the_floor_after_the_least_time() -> None:
    f = floor()
    f.voice_started(1_000)
    assert not f.interrupts(1_299)
    assert f.interrupts(1_300)


def test_words_take_the_floor_at_once() -> None:
    f = floor()
    f.voice_started(1_000)
    assert not f.interrupts(1_050)
    f.words()
    assert f.interrupts(1_050)


def test_a_cough_that_ends_in_time_takes_nothing() -> None:
    f = floor()
    f.voice_started(1_000)
    f.voice_stopped()
    assert not f.interrupts(5_000)
    assert not f.caller_speaks


def test_nothing_interrupts_a_protected_greeting() -> None:
    f = floor(protected_until_ms=2_000)
    f.voice_started(1_000)
    f.words()
    assert not f.interrupts(1_999)
    assert f.interrupts(2_000)


def test_silence_asks_once_then_gives_up() -> None:
    f = floor()
    assert f.silence(0, agent_busy=False) is Silence.NONE
    assert f.silence(7_999, agent_busy=False) is Silence.NONE
    assert f.silence(8_000, agent_busy=False) is Silence.ASK
    assert f.silence(8_100, agent_busy=True) is Silence.NONE
    assert f.silence(10_000, agent_busy=False) is Silence.NONE
    assert f.silence(18_000, agent_busy=False) is Silence.GIVE_UP


def test_a_turn_of_the_caller_starts_the_count_over() -> None:
    f = floor()
    f.silence(0, agent_busy=False)
    assert f.silence(8_000, agent_busy=False) is Silence.ASK
    f.turn_taken()
    f.silence(9_000, agent_busy=False)
    assert f.silence(17_000, agent_busy=False) is Silence.ASK


def test_a_speaking_caller_is_not_silence_unless_the_voice_never_ends() -> None:
    f = floor()
    f.voice_started(0)
    assert f.silence(20_000, agent_busy=False) is Silence.NONE
    f.silence(30_000, agent_busy=False)
    assert f.silence(38_000, agent_busy=False) is Silence.ASK


def test_a_voice_without_words_is_noise_after_a_while() -> None:
    f = floor()
    f.voice_started(1_000)
    assert not f.is_noise(6_000)
    assert f.is_noise(6_001)
    f.words()
    assert not f.is_noise(9_000)


def test_signs_of_listening_are_known_in_any_spelling() -> None:
    assert all(is_backchannel(text) for text in ("Uh-huh.", "Okay", "right,", "Mm-hmm.", "All right."))
    assert not any(is_backchannel(text) for text in ("Okay, stop.", "Right now?", "No.", "Tuesday.", ""))


def test_the_same_words_in_two_spellings_are_the_same() -> None:
    assert same_words("Hello, hours.", "hello hours")
    assert same_words("Tuesday at 3 o'clock", "Tuesday, at 3 oclock.")
    assert not same_words("Tuesday at 3", "Tuesday at 3 p.m.")


def test_a_caller_who_pauses_long_is_given_longer_at_once() -> None:
    pace = Pace(480)
    assert pace.patience_ms == 480
    pace.paused(440)
    assert pace.patience_ms == 650


def test_a_turn_ended_too_early_makes_patient_and_good_ends_bring_back() -> None:
    pace = Pace(480)
    pace.cut_short()
    assert pace.patience_ms == 640
    pace.ended_well()
    assert pace.patience_ms == 600


def test_a_caller_of_short_pauses_is_answered_sooner_once_known() -> None:
    pace = Pace(480)
    for _ in range(3):
        pace.paused(150)
    assert pace.patience_ms == 480
    pace.paused(150)
    assert pace.patience_ms == 380


def test_patience_has_bounds() -> None:
    pace = Pace(480)
    pace.paused(5_000)
    assert pace.patience_ms == 1_000
    for _ in range(20):
        pace.cut_short()
    assert pace.patience_ms == 1_000
