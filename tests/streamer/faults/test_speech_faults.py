"""Every scripted fault of OpenAI Realtime and Live: what the caller hears, what the record says, what is left open."""

from collections.abc import Iterable
from typing import get_args

import pytest

from calls.conversation import Role
from calls.record import Mode
from tests.streamer.faults import live_rows, realtime_rows
from tests.streamer.faults.row import ROOM_S, Batch, made_of
from tests.streamer.faults.speech_row import SpeechRow
from tests.vendors.openai_errors import CODES, STATUSES
from tests.vendors.script import Fault, Kind
from tests.vendors.script_speech import Form, RealtimeConnection
from tests.vendors.script_speech import Outcome as Ending

ROWS = [*realtime_rows.ROWS, *live_rows.ROWS]
each_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
each_protocol = pytest.mark.parametrize("rows", [realtime_rows.ROWS, live_rows.ROWS], ids=["realtime", "live"])


@pytest.fixture(scope="module")
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return made_of(ROWS, request, tmp_path_factory)


@each_row
def test_the_call_goes_on_in_its_socket_and_every_word_is_heard_once(row: SpeechRow, batch: Batch) -> None:
    outcome = batch.of(row)
    for sentence in row.hears:
        counts = outcome.heard(sentence)
        assert counts == [1] * len(counts), sentence
    assert outcome.said_by(Role.CALLER) == list(row.asked)
    assert (outcome.caller.close_code is None) is not row.ends
    assert outcome.caller.longest_wait_s <= row.waits_s + ROOM_S


@each_row
def test_the_record_says_what_failed_and_where_the_call_went(row: SpeechRow, batch: Batch) -> None:
    record = batch.of(row).record
    assert tuple(dict.fromkeys(failure.code for failure in record.failures)) == row.codes
    assert {failure.blame for failure in record.failures} <= {row.blame}
    assert tuple(use.mode for use in record.modes) == row.modes
    if row.modes != (Mode.REALTIME,):
        assert record.modes[0].why_left == record.failures[-1].sentence


@each_row
def test_no_session_is_left_open(row: SpeechRow, batch: Batch) -> None:
    outcome = batch.of(row)
    assert (outcome.meters.realtime.sessions_open, outcome.meters.live.sessions_open) == (0, 0)
    assert outcome.meters.realtime.sessions_opened > 0
    first = row.sessions[0]
    if first.fault is None and not first.ignored:  # a scripted refusal is counted as one
        assert not row.meters(outcome).refusals


def test_nothing_is_left_over(batch: Batch) -> None:
    assert batch.left_over == []


@each_protocol
def test_no_fault_that_the_simulator_knows_is_left_out(rows: list[SpeechRow]) -> None:
    """Silent audio is a form of an answer here, and no fault of a connection."""
    sessions = [one for row in rows for one in row.sessions]
    replies = [reply for one in sessions for reply in one.replies]
    faults = [fault for fault in (*_faults(sessions), *_faults(replies)) if fault is not None]
    assert {fault.kind for fault in faults} == {*get_args(Kind)} - {"silence"}
    assert {fault.status for fault in faults if fault.kind == "status"} >= set(STATUSES)
    codes = {fault.reason for fault in faults if fault.kind == "error"}
    assert codes | ({"session_expired"} if any(one.expires_s < 60 for one in sessions) else set()) >= set(CODES)
    assert {reply.form for reply in replies} == {*get_args(Form)}
    assert any(reply.stall_after_ms is not None for reply in replies)
    assert any(one.unknown_every for one in sessions)
    assert any(one.ignored for one in sessions)


def test_no_end_of_a_response_is_left_out() -> None:
    sessions = [one for row in realtime_rows.ROWS for one in row.sessions if isinstance(one, RealtimeConnection)]
    replies = [reply for one in sessions for reply in one.replies]
    assert {reply.outcome for reply in replies} == {*get_args(Ending)}
    assert any(reply.invents for reply in replies)
    assert any(heard.failed for one in sessions for heard in one.heard)


def _faults(scripted: Iterable[RealtimeConnection | object]) -> list[Fault | None]:
    return [getattr(one, "fault", None) for one in scripted]
