"""Totals in, differences out."""

from calls.usage import Kind, Unit
from streamer.providers.openai_live_usage import LiveMeter


def test_a_running_total_is_taken_as_what_was_added() -> None:
    meter = LiveMeter("live_sess_1", "gpt-live-1")
    told = [meter.total(seconds) for seconds in (15.0, 15.0, 30.5, 7.0, 31.0)]
    assert [None if one is None else one.amount(Unit.MILLISECONDS) for one in told] == [15_000, None, 15_500, None, 500]
    first = told[0]
    assert first is not None
    assert (first.id, first.kind, first.model, first.is_estimated) == ("live_sess_1-1", Kind.LIVE, "gpt-live-1", False)
    assert len({one.id for one in told if one}) == 3


def test_what_the_vendor_never_told_is_estimated() -> None:
    meter = LiveMeter("live_sess_1", "gpt-live-1")
    meter.total(15.0)
    rest = meter.estimated(17.5)
    assert rest is not None
    assert (rest.amount(Unit.MILLISECONDS), rest.is_estimated) == (2_500, True)
    assert meter.estimated(17.5) is None
