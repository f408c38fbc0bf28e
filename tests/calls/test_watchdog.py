"""The watchdog and everything else that may happen to a call's streams, in every order that they may come in."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import route, streams
from calls.conversation import Conversation
from calls.errors import Failure
from calls.record import (
    TEST_CALLER,
    CallRecord,
    Direction,
    EndReason,
    Mode,
    ModeUse,
    NextStep,
    Status,
    StreamUse,
    moved,
)
from calls.record import Do as Asked
from calls.route import StreamEnded, VoiceAnswered
from calls.watchdog import AGAIN_AFTER_MS, NEVER_CAME, Do, judge
from tests.fakes.agents import AGENT

RINGING = CallRecord("C1", Direction.INBOUND, "default", "+1", "+2", 0, twilio_sid="CA1", status=Status.RINGING)
SERVED = route.decide(RINGING, Conversation(), AGENT, VoiceAnswered(), 1_000).record
LATER_MS = 4_000


def given_up(record: CallRecord, at_ms: int) -> CallRecord:
    return streams.given_up(record, 1, at_ms)


@pytest.mark.parametrize(
    ("record", "do"),
    [
        (SERVED, Do.REDIRECT),
        (streams.opened(SERVED, 1, 1_500), Do.LEAVE),
        (streams.arrived(SERVED, 1, 1_500), Do.LEAVE),
        (replace(SERVED, next_step=NextStep(Asked.GATHER)), Do.LEAVE),
        (replace(SERVED, end_reason=EndReason.OPERATOR_HUNG_UP), Do.LEAVE),
        (moved(SERVED, Status.COMPLETED, 2_000), Do.LEAVE),
        (replace(SERVED, modes=(ModeUse(Mode.TRADITIONAL, 1_000),)), Do.LEAVE),
        (streams.served(SERVED, Mode.PIPELINE, 2_000), Do.LEAVE),
        (replace(SERVED, streams=()), Do.LEAVE),
        (replace(SERVED, from_number=TEST_CALLER), Do.LEAVE),
        (given_up(SERVED, LATER_MS - AGAIN_AFTER_MS + 1), Do.WAIT),
        (given_up(SERVED, LATER_MS - AGAIN_AFTER_MS), Do.REDIRECT),
        (streams.arrived(given_up(SERVED, LATER_MS - AGAIN_AFTER_MS), 1, 3_500), Do.LEAVE),
    ],
)
def test_verdicts(record: CallRecord, do: Do) -> None:
    verdict = judge(record, 1, LATER_MS)
    assert verdict.do is do
    if do is not Do.REDIRECT:
        assert verdict.record == record


def test_giving_up_is_in_the_record_with_its_reason() -> None:
    record = judge(SERVED, 1, LATER_MS).record
    assert record.streams == (StreamUse(1, Mode.PIPELINE, 1_000, given_up_at_ms=LATER_MS),)
    assert record.failures == (NEVER_CAME,)
    assert judge(record, 1, LATER_MS + AGAIN_AFTER_MS).record.failures == (NEVER_CAME,)


# --- interleavings ---------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """A call as Twilio, streamer and watchdog drive it. Every change is one conditional write, so they come one after
    the other; what they may not do is see what they should not know."""

    record: CallRecord = SERVED
    now_ms: int = 1_000
    redirects: list[int] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)
    """Redirects that Twilio has taken and not yet asked `resume` about."""
    came_first: set[int] = field(default_factory=set)
    looked: set[int] = field(default_factory=set)

    def step(self, what: str, stream: int) -> None:
        self.now_ms += 700
        before = self.record
        getattr(self, what)(min(stream, before.streams_served))
        self._legal(before)

    def opened(self, stream: int) -> None:
        self._came(stream, streams.opened(self.record, stream, self.now_ms))

    def arrived(self, stream: int) -> None:
        self._came(stream, streams.arrived(self.record, stream, self.now_ms))

    def watchdog(self, stream: int) -> None:
        self.looked.add(stream)
        verdict = judge(self.record, stream, self.now_ms)
        self.record = verdict.record
        if verdict.do is Do.REDIRECT:
            self.redirects.append(stream)
            self.in_flight.append(stream)

    def resume(self, stream: int) -> None:
        """Asked by Twilio, after a redirect or as the stream's socket closed; also late, also again."""
        if stream in self.in_flight:
            self.in_flight.remove(stream)
        moment = StreamEnded(stream=stream)
        self.record = route.decide(self.record, Conversation(), AGENT, moment, self.now_ms).record

    def leaving(self, stream: int) -> None:
        """The streamer hands the call on, which only one that has the call can do."""
        use = streams.stream_of(self.record, stream)
        if use and use.arrived_at_ms is not None and streams.stands_on(self.record, stream):
            self.record = replace(self.record, next_step=NextStep(Asked.STREAM))

    def stream_error(self, stream: int) -> None:
        self.record = route.noted(self.record, Failure("twilio-31920", NEVER_CAME.blame, "It was refused."))

    def over(self, stream: int) -> None:
        self.record = moved(self.record, Status.COMPLETED, self.now_ms)

    def ringing(self, stream: int) -> None:
        self.record = moved(self.record, Status.RINGING, self.now_ms)

    def _came(self, stream: int, record: CallRecord) -> None:
        use = streams.stream_of(record, stream)
        if stream not in self.redirects and use and use.given_up_at_ms is None and not record.is_final:
            self.came_first.add(stream)
        self.record = record

    def _legal(self, before: CallRecord) -> None:
        after = self.record
        if before.is_final:
            assert after.status is before.status
        assert after.streams_served - before.streams_served in (0, 1)
        assert [use.number for use in after.streams] == list(range(1, after.streams_served + 1))
        standing = [use for use in after.modes if use.left_at_ms is None]
        assert standing in ([], [after.modes[-1]])
        for use in after.streams:
            was = streams.stream_of(before, use.number)
            marks = ("served_at_ms", "opened_at_ms", "arrived_at_ms", "given_up_at_ms", "ended_at_ms")
            for mark in marks if was else ():
                assert getattr(was, mark) in (None, getattr(use, mark))


EVENTS = ("opened", "arrived", "watchdog", "resume", "leaving", "stream_error", "over", "ringing")
steps = st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(1, 4)), max_size=14)


@settings(max_examples=600, deadline=None)
@given(steps)
def test_in_any_order_a_stream_that_came_first_is_never_redirected_and_none_is_twice(
    happened: list[tuple[str, int]],
) -> None:
    line = Line()
    for what, stream in happened:
        line.step(what, stream)
    assert line.came_first.isdisjoint(line.redirects)
    assert len(line.redirects) == len(set(line.redirects))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(("watchdog", "stream_error", "ringing")), min_size=1, max_size=6), st.booleans())
def test_a_stream_that_never_comes_is_redirected_exactly_once(happened: list[str], arrives_late: bool) -> None:
    line = Line()
    for what in (*happened, "watchdog"):
        line.step(what, 1)
    assert line.redirects == [1]
    if arrives_late:
        line.step("opened", 1)
        line.step("arrived", 1)
    line.step("resume", 1)
    assert line.record.mode is Mode.TRADITIONAL
    stood = line.record
    for late in ("watchdog", "arrived", "resume"):
        line.step(late, 1)
    assert line.redirects == [1]
    assert line.record.modes == stood.modes


@settings(max_examples=200, deadline=None)
@given(st.permutations(["arrived", "watchdog"]), st.integers(0, 2))
def test_when_both_happen_at_once_the_first_to_write_is_right(order: list[str], retries: int) -> None:
    line = Line()
    for what in [*order, *["watchdog"] * retries]:
        line.step(what, 1)
    assert line.redirects == ([] if order[0] == "arrived" else [1])
