"""A reply's waterfall: which stage took how long."""

from calls.latency import Waterfall
from streamer.playback import Playback
from streamer.reply_in_progress import ReplyInProgress, TurnEnd

ENDED = TurnEnd(last_voice_at_ms=1_000, decided_at_ms=1_300)


def reply(worded_at_ms: int, clause_at_ms: int | None, spoken_at_ms: int) -> ReplyInProgress:
    """Ordered at the end of the turn, heard 50 ms after its first audio came."""
    playback = Playback("r1", first_sent_at_ms=spoken_at_ms + 10, first_heard_at_ms=spoken_at_ms + 50)
    return ReplyInProgress(
        1,
        playback,
        ordered_at_ms=1_310,
        answers=ENDED,
        worded_at_ms=worded_at_ms,
        clause_at_ms=clause_at_ms,
        spoken_at_ms=spoken_at_ms,
    )


def test_every_stage_has_its_time() -> None:
    assert reply(1_660, 1_720, 1_870).waterfall() == Waterfall(
        total=920, endpointing=300, model=350, clause=60, speech=150, queue=10, playout=40, ours=20
    )


def test_without_a_first_clause_the_voice_has_its_time_as_well() -> None:
    latency = reply(1_660, None, 1_870).waterfall()
    assert (latency.model, latency.clause, latency.speech) == (350, None, 210)


def test_what_was_made_ahead_of_the_turns_end_took_no_time() -> None:
    latency = reply(1_100, 1_200, 1_250).waterfall()
    assert (latency.model, latency.clause, latency.speech) == (0, 0, 0)


def test_a_filler_that_sounds_before_the_first_clause_ends_the_wait() -> None:
    latency = reply(1_660, 1_900, 1_700).waterfall()
    assert (latency.model, latency.clause, latency.speech) == (350, 40, 0)


def test_a_bridge_phrase_that_sounds_before_the_first_words_ends_the_wait() -> None:
    """Another engine took the call: the phrase went out at once, and its words came behind it."""
    bridged = reply(1_660, None, 1_320)
    assert bridged.waterfall() == Waterfall(
        total=370, endpointing=300, model=20, clause=None, speech=0, queue=0, playout=40, ours=10
    )
