from collections.abc import Callable
from dataclasses import replace

import pytest

from calls import streams
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status, StreamUse

TALKING = CallRecord("C1", Direction.INBOUND, "default", "+1", "+2", 0, status=Status.IN_PROGRESS, answered_at_ms=0)
STREAMED = streams.served(replace(TALKING, modes=(ModeUse(Mode.PIPELINE, 1_000),)), Mode.PIPELINE, 1_000)
OVER = replace(STREAMED, status=Status.COMPLETED)


def test_streams_are_counted_from_one() -> None:
    twice = streams.served(STREAMED, Mode.REALTIME, 2_000)
    assert twice.streams_served == 2
    assert twice.streams == (StreamUse(1, Mode.PIPELINE, 1_000), StreamUse(2, Mode.REALTIME, 2_000))
    assert streams.newest(twice) == twice.streams[1]
    assert streams.stream_of(twice, 3) is None


def test_only_so_many_are_kept() -> None:
    record = STREAMED
    for number in range(2, streams.KEPT + 3):
        record = streams.served(record, Mode.PIPELINE, number)
    assert [record.streams[0].number, record.streams[-1].number] == [3, streams.KEPT + 2]
    assert record.streams_served == streams.KEPT + 2


@pytest.mark.parametrize(
    ("mark", "field"),
    [(streams.opened, "opened_at_ms"), (streams.arrived, "arrived_at_ms"), (streams.ended, "ended_at_ms")],
)
def test_a_mark_is_set_once(mark: Callable[[CallRecord, int, int], CallRecord], field: str) -> None:
    first = mark(STREAMED, 1, 1_500)
    assert getattr(first.streams[0], field) == 1_500
    assert mark(first, 1, 1_700) is first
    assert mark(STREAMED, 7, 1_500) is STREAMED
    assert mark(OVER, 1, 1_500) is OVER


def test_the_newest_where_nobody_says_which() -> None:
    twice = streams.served(STREAMED, Mode.PIPELINE, 2_000)
    assert streams.arrived(twice, 0, 2_500).streams[1].arrived_at_ms == 2_500
    assert streams.left_with(twice, 0, "lost").streams[1].code == "lost"


def test_the_first_failure_is_the_one() -> None:
    lost = streams.left_with(STREAMED, 1, "lost")
    assert streams.left_with(lost, 1, "broke") is lost
    assert streams.left_with(OVER, 1, "lost") is OVER


@pytest.mark.parametrize(
    ("changes", "stands"),
    [
        ({}, True),
        ({"status": Status.COMPLETED}, False),
        ({"streams_served": 2}, False),
        ({"end_reason": EndReason.OPERATOR_HUNG_UP}, False),
        ({"next_step": NextStep(Do.GATHER)}, False),
        ({"modes": (ModeUse(Mode.TRADITIONAL, 1_000),)}, False),
        ({"modes": (ModeUse(Mode.PIPELINE, 1_000, 2_000, "Put through."),)}, False),
        ({"modes": ()}, False),
        ({"streams": ()}, False),
        ({"streams": (StreamUse(1, Mode.PIPELINE, 1_000, ended_at_ms=2_000),)}, False),
    ],
)
def test_where_the_call_stands(changes: dict[str, object], stands: bool) -> None:
    assert streams.stands_on(replace(STREAMED, **changes), 1) is stands  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("stream", "lived_ms"),
    [
        (StreamUse(1, Mode.PIPELINE, 1_000, 1_100, 1_200, ended_at_ms=5_200), 4_000),
        (StreamUse(1, Mode.PIPELINE, 1_000, 1_100, ended_at_ms=5_100), 4_000),
        (StreamUse(1, Mode.PIPELINE, 1_000, ended_at_ms=5_100), 0),
        (StreamUse(1, Mode.PIPELINE, 1_000, 1_100), 0),
        (StreamUse(1, Mode.PIPELINE, 1_000, 1_100, ended_at_ms=900), 0),
    ],
)
def test_how_long_a_stream_lived(stream: StreamUse, lived_ms: int) -> None:
    assert streams.lived_ms(stream) == lived_ms


def test_shorts_are_counted_back_from_the_newest() -> None:
    long = StreamUse(1, Mode.PIPELINE, 0, 0, 0, ended_at_ms=streams.SHORT_MS)
    short = replace(long, ended_at_ms=streams.SHORT_MS - 1)
    under_way = replace(long, ended_at_ms=None)
    counts = {
        0: [(), (long,), (short, long), (short, under_way)],
        1: [(short,), (long, short)],
        2: [(short, short), (short, long, short, short)],
    }
    for count, histories in counts.items():
        assert [streams.shorts_in_a_row(replace(TALKING, streams=history)) for history in histories] == [count] * len(
            histories
        )
