from tests.bench.dialogue import Dialogue, Frame
from tests.bench.playout import Playout

TONE_1_S = b"\x10" * 8000


def test_the_caller_waits_for_the_greeting_and_a_pause() -> None:
    dialogue, playout = Dialogue(1, 0.5, voice_frames=2), Playout()
    dialogue.begin(10.0)
    assert dialogue.next(10.02, playout) is Frame.QUIET
    playout.media(TONE_1_S, 10.1)
    assert dialogue.next(11.5, playout) is Frame.QUIET
    assert dialogue.next(11.62, playout) is Frame.VOICE
    assert dialogue.next(11.64, playout) is Frame.VOICE
    (turn,) = dialogue.turns
    assert (turn.began_s, turn.ended_s, turn.is_interruption) == (11.6, 11.64, False)


def test_the_answer_is_noted_and_after_the_last_turn_the_caller_is_gone() -> None:
    dialogue, playout = Dialogue(1, 0.0, voice_frames=1), Playout()
    dialogue.begin(10.0)
    playout.media(TONE_1_S, 10.0)
    assert dialogue.next(11.1, playout) is Frame.VOICE
    assert dialogue.next(11.2, playout) is Frame.QUIET
    playout.media(TONE_1_S, 12.0)
    assert dialogue.next(12.02, playout) is Frame.QUIET
    assert dialogue.turns[0].answered_s == 12.0
    assert dialogue.next(13.02, playout) is Frame.GONE


def test_every_third_turn_is_spoken_into_the_answer() -> None:
    dialogue, playout = Dialogue(4, 0.0, voice_frames=1), Playout()
    dialogue.begin(10.0)
    playout.media(TONE_1_S, 10.0)
    dialogue.next(11.1, playout)
    playout.media(TONE_1_S, 12.0)
    dialogue.next(13.1, playout)
    playout.media(TONE_1_S * 3, 14.0)
    assert dialogue.next(14.9, playout) is Frame.QUIET
    playout.clear(14.95)
    playout.media(TONE_1_S * 3, 14.96)
    assert dialogue.next(15.02, playout) is Frame.VOICE
    assert [turn.is_interruption for turn in dialogue.turns] == [False, False, True]
    assert dialogue.turns[2].cleared_s is None


def test_an_answer_that_does_not_come_is_missed_after_six_seconds() -> None:
    dialogue, playout = Dialogue(2, 0.0, voice_frames=1), Playout()
    dialogue.begin(10.0)
    playout.media(TONE_1_S, 10.0)
    dialogue.next(11.1, playout)
    assert dialogue.next(17.0, playout) is Frame.QUIET
    assert dialogue.next(17.1, playout) is Frame.VOICE
    assert dialogue.turns[0].answered_s is None
