"""One session's responses over arbitrary interleavings: events wait in both directions for as long as the network may
hold them, the caller's turns end whenever they like, and the call's session asks, waits, cancels or does nothing."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streamer.engines.response_call import Call
from tests.streamer.engines.response_vendor import Kind

HAPPENS = (
    "vendor vendor client client time time exchange exchange flush flush turn turn turn voice late speak speak sound "
    "sound finish quiet quiet loud played unsay cut answer answer say keys phrase"
)
STEPS = HAPPENS.split()
HAPPENED = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 6)), min_size=15, max_size=40)


def run(kind: Kind, happened: list[tuple[str, int]]) -> Call:
    call = Call(kind)
    for what, number in happened:
        call.step(what, number)
    call.settle()
    call.check_end()
    call.check_refusals()
    return call


@pytest.mark.parametrize("kind", Kind)
def test_in_any_order_what_is_wanted_is_answered_once_and_by_nothing_stale(kind: Kind) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=120, deadline=None, derandomize=True, database=None)
    @given(HAPPENED)
    def holds(happened: list[tuple[str, int]]) -> None:
        call = run(kind, happened)
        seen.update(call.vendor.seen)
        seen["answered"] += len(call.over)
        seen["refused"] += len(call.vendor.refusals)

    holds()
    if kind is Kind.FAITHFUL:
        about = {"asked", "unasked", "taken", "refused", "cut", "forgotten", "answered"}
        assert about <= {what for what, how_often in seen.items() if how_often > 5}, "it is about something"


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(HAPPENED)
def test_whenever_the_caller_hangs_up_every_response_that_is_known_is_reckoned_once(
    happened: list[tuple[str, int]],
) -> None:
    call = Call(Kind.FAITHFUL)
    for what, number in happened:
        call.step(what, number)
    call.talk.leave()
    assert call.reckoned == Counter(call.begun)
