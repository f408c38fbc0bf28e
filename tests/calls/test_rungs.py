from dataclasses import replace

import pytest

from calls.errors import Blame, Failure
from calls.record import CallRecord, Direction, Do, Mode, ModeUse, NextStep, Status, StreamUse
from calls.rungs import CLIMB_AFTER_MS, MOST_STREAMS, after_stream, climb_to
from tests.fakes.agents import AGENT

REALTIME, PIPELINE, TRADITIONAL = Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL
LADDER = replace(AGENT, modes=(REALTIME, PIPELINE, TRADITIONAL))
TALKING = CallRecord("C1", Direction.INBOUND, "default", "+1", "+2", 0, status=Status.IN_PROGRESS, answered_at_ms=0)

NEVER = StreamUse(1, REALTIME, 1_000, ended_at_ms=1_500)
UNBRIDGED = replace(NEVER, opened_at_ms=1_200)
GIVEN_UP = StreamUse(1, REALTIME, 1_000, given_up_at_ms=4_000, ended_at_ms=4_300)
DIED = StreamUse(1, REALTIME, 1_000, 1_200, 1_300, ended_at_ms=31_000)
DIED_SOON = replace(DIED, ended_at_ms=9_000)
DIED_WITHOUT_TABLE = replace(DIED, arrived_at_ms=None)
LOST = replace(DIED, code="realtime-lost")
NOT_HERE = replace(NEVER, code="mode-not-here")
LEFT = replace(DIED, code="task-leaving")
TOO_DEAR = replace(DIED, code="budget-spent")

GATHER, STREAM = NextStep(Do.GATHER, why="It was lost."), NextStep(Do.STREAM)


def on(*uses: StreamUse, **changes: object) -> CallRecord:
    numbered = tuple(replace(use, number=number) for number, use in enumerate(uses, 1))
    modes = (ModeUse(uses[-1].mode, 1_000),) if uses else ()
    return replace(TALKING, streams=numbered, streams_served=len(uses), modes=modes, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "asked", "mode"),
    [
        # asked for
        (on(DIED), STREAM, REALTIME),
        (on(DIED), NextStep(Do.STREAM, mode=PIPELINE), PIPELINE),
        (on(DIED), NextStep(Do.STREAM, mode=TRADITIONAL), REALTIME),
        (on(replace(DIED, mode=PIPELINE)), NextStep(Do.STREAM, mode=REALTIME), REALTIME),
        (on(LEFT), GATHER, REALTIME),
        # the rung cannot go on
        (on(LOST), GATHER, PIPELINE),
        (on(NOT_HERE), None, PIPELINE),
        (on(NOT_HERE), GATHER, PIPELINE),
        (on(replace(LOST, mode=PIPELINE)), GATHER, TRADITIONAL),
        (on(TOO_DEAR), GATHER, TRADITIONAL),
        # the task died
        (on(DIED), None, REALTIME),
        (on(DIED_SOON), None, REALTIME),
        (on(DIED_WITHOUT_TABLE), None, REALTIME),
        (on(UNBRIDGED), None, REALTIME),
        # never there
        (on(NEVER), None, TRADITIONAL),
        (on(GIVEN_UP), None, TRADITIONAL),
        (on(replace(GIVEN_UP, opened_at_ms=4_100, arrived_at_ms=4_200)), None, TRADITIONAL),
        (on(replace(NEVER, code="agent-not-here")), None, TRADITIONAL),
        (on(), None, TRADITIONAL),
        (replace(on(), modes=(ModeUse(PIPELINE, 1_000),), streams_served=1), None, TRADITIONAL),
        # asked for, without a failure
        (on(DIED), NextStep(Do.GATHER), TRADITIONAL),
        (on(UNBRIDGED), NextStep(Do.GATHER), TRADITIONAL),
    ],
)
def test_after_a_stream(record: CallRecord, asked: NextStep | None, mode: Mode) -> None:
    assert after_stream(record, LADDER, asked) is mode


@pytest.mark.parametrize(
    ("record", "asked", "mode"),
    [
        (on(DIED, DIED_SOON), None, REALTIME),
        (on(DIED_SOON, DIED_SOON), None, TRADITIONAL),
        (on(UNBRIDGED, UNBRIDGED), None, TRADITIONAL),
        (on(DIED_SOON, DIED, DIED_SOON), None, REALTIME),
        (on(NOT_HERE, replace(DIED_SOON, mode=PIPELINE)), None, TRADITIONAL),
        (on(DIED_SOON, DIED_SOON, DIED_SOON), STREAM, REALTIME),
        (on(DIED_SOON, DIED_SOON, DIED_SOON, DIED_SOON), STREAM, TRADITIONAL),
        (on(*[DIED] * (MOST_STREAMS - 1)), STREAM, REALTIME),
        (on(*[DIED] * MOST_STREAMS), STREAM, TRADITIONAL),
        (on(*[DIED] * MOST_STREAMS), None, TRADITIONAL),
    ],
)
def test_never_in_a_loop(record: CallRecord, asked: NextStep | None, mode: Mode) -> None:
    assert after_stream(record, LADDER, asked) is mode


FELL_MS = 40_000


def fallen(*uses: StreamUse, modes: tuple[Mode, ...] = (REALTIME,), **changes: object) -> CallRecord:
    rungs = tuple(ModeUse(mode, 1_000, FELL_MS, "It fell.") for mode in modes)
    return replace(on(*uses, **changes), modes=(*rungs, ModeUse(TRADITIONAL, FELL_MS)))


@pytest.mark.parametrize(
    ("record", "mode"),
    [
        (fallen(DIED), REALTIME),
        (fallen(NEVER), REALTIME),
        (fallen(LOST), REALTIME),
        (fallen(LOST, failures=(Failure("realtime-lost", Blame.PROVIDER, "Lost."),)), REALTIME),
        (fallen(NOT_HERE, failures=(Failure("mode-not-here", Blame.CONFIGURATION, "No."),)), PIPELINE),
        (fallen(GIVEN_UP), None),
        (fallen(replace(NEVER, code="agent-not-here")), None),
        (fallen(TOO_DEAR), None),
        (fallen(), None),
        (replace(fallen(DIED), modes=(ModeUse(REALTIME, 1_000),)), None),
        (replace(fallen(DIED), modes=(ModeUse(TRADITIONAL, 1_000, 2_000, "Put through."),)), None),
        (fallen(DIED, modes=(PIPELINE, TRADITIONAL, PIPELINE)), REALTIME),
        (fallen(DIED, modes=(PIPELINE, TRADITIONAL, PIPELINE, TRADITIONAL, PIPELINE)), None),
        (fallen(*[DIED] * MOST_STREAMS), None),
    ],
)
def test_up_again(record: CallRecord, mode: Mode | None) -> None:
    assert climb_to(record, LADDER, FELL_MS + CLIMB_AFTER_MS) is mode
    assert climb_to(record, LADDER, FELL_MS + CLIMB_AFTER_MS - 1) is None


def test_an_agent_without_a_stream_goes_nowhere() -> None:
    low = replace(AGENT, modes=(TRADITIONAL,))
    assert climb_to(replace(fallen(DIED), modes=(ModeUse(TRADITIONAL, 1_000),)), low, FELL_MS * 2) is None
    assert after_stream(replace(on(DIED), modes=(ModeUse(TRADITIONAL, 1_000),)), low, STREAM) is TRADITIONAL
