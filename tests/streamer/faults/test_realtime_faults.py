"""Every scripted fault of OpenAI Realtime: what the caller hears, what the record says, what is left open."""

import asyncio
from pathlib import Path

import certifi
import pytest

from calls.conversation import Role
from calls.record import Do
from streamer.leaving import HANDED_OVER
from tests.streamer.faults.realtime_rows import ROWS, RealtimeRow
from tests.streamer.faults.row import ROOM_S
from tests.streamer.faults.scene import Outcome, outcome_of

_CALLS_AT_ONCE = 8


async def _make_calls(rows: list[RealtimeRow]) -> dict[str, Outcome | Exception]:
    room = asyncio.Semaphore(_CALLS_AT_ONCE)
    outcomes: dict[str, Outcome | Exception] = {}

    async def make(row: RealtimeRow) -> None:
        async with room:
            try:
                outcomes[row.name] = await outcome_of(row.call)
            except Exception as error:  # a row's trouble is its own test's
                outcomes[row.name] = error

    async with asyncio.TaskGroup() as calls:
        for row in rows:
            calls.create_task(make(row))
    return outcomes


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Outcome | Exception]:
    """All calls that a selected test asks for, at the same time: they wait more than they work."""
    mine = [one for one in request.session.items if isinstance(one, pytest.Function) and one.module is request.module]
    rows = [one.callspec.params["row"] for one in mine]
    wanted = {row.name for row in rows if isinstance(row, RealtimeRow)}
    bundle = tmp_path_factory.mktemp("tls") / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(bundle))
        return asyncio.run(_make_calls([row for row in ROWS if row.name in wanted]))


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_call(row: RealtimeRow, outcomes: dict[str, Outcome | Exception]) -> None:
    outcome = outcomes[row.name]
    if isinstance(outcome, Exception):
        raise outcome
    for sentence in row.hears:
        counts = outcome.heard(sentence)
        assert counts == [1] * len(counts), sentence
    assert outcome.said_by(Role.CALLER) == list(row.asked)
    failures = outcome.record.failures
    assert tuple(failure.code for failure in failures) == row.codes
    assert {failure.blame for failure in failures} <= {row.blame}
    assert (outcome.caller.close_code == HANDED_OVER) == row.is_over
    if row.is_over:
        assert outcome.next_step is not None
        assert (outcome.next_step.do, outcome.next_step.why) == (Do.GATHER, failures[-1].sentence)
    assert outcome.caller.longest_wait_s <= row.waits_s + ROOM_S
    assert outcome.meters.realtime.sessions_open == 0
    assert outcome.meters.realtime.sessions_opened > 0
    if row.sessions[0].fault is None:  # a scripted refusal is counted as one
        assert not outcome.meters.realtime.refusals
