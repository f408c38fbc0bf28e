"""Every scripted fault of every vendor: what the caller hears, what the record says, how long anybody waits."""

import re
from collections.abc import Iterable
from typing import get_args

import pytest

from calls.conversation import Role
from calls.record import Do
from streamer.leaving import HANDED_OVER
from tests.streamer.faults import turn_rows
from tests.streamer.faults.conftest import FAULTS
from tests.streamer.faults.row import ROOM_S, Batch, Row
from tests.streamer.faults.scene import ANSWERS, GREETING
from tests.vendors.script import Fault, Kind

SAYS_WHAT_TO_DO = re.compile(r"\b(check|raise|add|lower|set|name|give|try|nothing needs)\b", re.IGNORECASE)

each_row = pytest.mark.parametrize("row", FAULTS, ids=[row.name for row in FAULTS])


@each_row
def test_what_the_caller_hears(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    for sentence in (GREETING, *ANSWERS):
        counts = outcome.heard(sentence)
        if sentence in row.hears:
            assert counts == [1] * len(counts), sentence
        elif sentence == row.begins:
            assert (counts[0], counts[-1]) == (1, 0), sentence
        elif sentence == row.may_begin:
            assert max(counts) <= 1, sentence
        else:
            assert max(counts) == 0, sentence


@each_row
def test_no_words_of_the_callers_are_lost_or_doubled(row: Row, batch: Batch) -> None:
    assert batch.of(row).said_by(Role.CALLER) == list(row.asked)


@each_row
def test_what_the_record_says(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    failure, step = outcome.failure, outcome.next_step
    if not row.code:
        assert (failure, step, outcome.caller.close_code) == (None, None, None)
        return
    assert failure is not None
    assert step is not None
    assert (failure.code, failure.blame) == (row.code, row.blame)
    assert (step.do, step.why, outcome.caller.close_code) == (Do.GATHER, failure.sentence, HANDED_OVER)
    assert row.says in failure.sentence
    assert SAYS_WHAT_TO_DO.search(failure.sentence), failure.sentence


@each_row
def test_nobody_waits_longer_than_the_deadline(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    assert outcome.caller.longest_wait_s <= row.waits_s + ROOM_S
    assert outcome.caller.longest_pause_s <= row.pauses_s + ROOM_S
    assert outcome.took_s_to_end < 1.5


def test_nothing_is_left_over(batch: Batch) -> None:
    assert batch.left_over == []


def test_no_kind_of_fault_is_left_out() -> None:
    """Silent audio is nothing that a reply model can answer with. Speech to speech: `test_speech_faults`."""
    scripts = [row.call.script for row in (*FAULTS, *turn_rows.ROWS)]
    every = set(get_args(Kind))
    assert _kinds(one.fault for told in scripts for one in told.deepgram.connections) == every
    assert _kinds(one.fault for told in scripts for one in told.elevenlabs.sockets) == every
    assert _kinds(one.fault for told in scripts for one in told.elevenlabs.requests) == every
    assert _kinds(one.fault for told in scripts for one in told.openai.replies) == every - {"silence"}


def _kinds(faults: Iterable[Fault | None]) -> set[str]:
    return {fault.kind for fault in faults if fault is not None}
