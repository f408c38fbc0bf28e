"""A reply from its order on: whether it goes out, what covers the wait for it, which stage took how long."""

import pytest

from calls.latency import Waterfall
from streamer.playback import Playback
from streamer.reply_in_progress import Cover, Outlet, ReplyInProgress, TurnEnd

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


def plain(outlet: Outlet = Outlet.OPEN, cover: Cover = Cover.NOTHING) -> ReplyInProgress:
    return ReplyInProgress(1, Playback("r1"), ordered_at_ms=1_310, outlet=outlet, cover=cover)


@pytest.mark.parametrize(
    ("outlet", "paused", "resumed", "released"),
    [
        (Outlet.HELD, Outlet.HELD, Outlet.HELD, Outlet.OPEN),
        (Outlet.OPEN, Outlet.PAUSED, Outlet.OPEN, Outlet.OPEN),
        (Outlet.PAUSED, Outlet.PAUSED, Outlet.OPEN, Outlet.PAUSED),
    ],
)
def test_whether_it_goes_out(outlet: Outlet, paused: Outlet, resumed: Outlet, released: Outlet) -> None:
    one = plain(outlet)
    assert (one.pause(), one.outlet) == (paused is not outlet, paused)
    one = plain(outlet)
    assert (one.resume(), one.outlet) == (resumed is not outlet, resumed)
    one = plain(outlet)
    one.release(ENDED)
    assert (one.answers, one.outlet) == (ENDED, released)
    assert (one.is_held, one.is_paused) == (False, released is Outlet.PAUSED)


@pytest.mark.parametrize("cover", list(Cover))
def test_what_covers_the_wait_only_goes_on(cover: Cover) -> None:
    one = plain(cover=cover)
    one.fill()
    assert (one.is_filled, one.is_bridged) == (True, cover is Cover.BRIDGED)
    one.bridge()
    assert (one.is_filled, one.is_bridged) == (True, True)


def test_one_that_was_made_ahead_is_waited_for_from_the_end_of_the_turn_on() -> None:
    one = plain(Outlet.HELD)
    assert one.wanted_since_ms == 1_310
    one.release(TurnEnd(last_voice_at_ms=1_500, decided_at_ms=1_800))
    assert one.wanted_since_ms == 1_800
