"""What caller and vendors notice of guesses, interruptions, silence, reconnects and handshakes without an answer."""

import pytest

from calls.conversation import Role
from calls.record import Do, EndReason
from streamer.leaving import NORMAL_CLOSE
from tests.streamer.faults import deepgram_rows, turn_rows
from tests.streamer.faults.deepgram_rows import OPEN_S
from tests.streamer.faults.row import ROOM_S, Batch, Row
from tests.streamer.faults.scene import ANSWERS, ASKED, CHARACTER_MS, FLUX_AGENT, GREETING


def only(*rows: Row) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def named(*names: str) -> pytest.MarkDecorator:
    return only(*(row for row in deepgram_rows.ROWS if row.name in names))


@named("flux, middle: drop", "flux, middle: stall", "nova, middle: drop", "nova, middle: stall")
def test_a_new_connection_hears_the_utterance_from_its_beginning(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    turn = next(turn for turn in outcome.turns if turn.role is Role.CALLER)
    assert turn.heard == ASKED[0]
    assert turn.started_at_ms == pytest.approx(outcome.caller.spoke_from_ms(0), abs=250)
    assert outcome.meters.deepgram.sockets_opened >= 2


@only(turn_rows.TAKEN_BACK)
def test_a_wrong_guess_is_neither_heard_nor_kept_nor_paid_for_to_its_end(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    assert outcome.heard(turn_rows.WRONG) == [0, 0, 0]
    assert [outcome.heard(sentence) for sentence in (GREETING, *ANSWERS)] == [[1, 1], [1, 1, 1, 1], [1]]
    assert outcome.said_by(Role.CALLER) == list(row.asked)
    assert outcome.said_by(Role.AGENT) == [GREETING, *ANSWERS]
    assert outcome.caller.ear.clears == 0
    assert outcome.caller.longest_pause_s < 0.5
    assert outcome.meters.openai.requests_cut == 1


@only(turn_rows.INTERRUPTED)
def test_an_interruption_stops_the_model_and_the_voice_at_their_vendors(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    assert outcome.said_by(Role.CALLER) == list(ASKED)
    cut = outcome.turns[2]
    assert cut.cut
    assert turn_rows.LONG_ANSWER.startswith(cut.heard)
    assert outcome.caller.ear.clears == 1
    assert outcome.meters.openai.requests_cut == 1
    spoken = outcome.meters.elevenlabs
    assert spoken.audio_s_sent < spoken.characters * CHARACTER_MS / 1000
    assert len(outcome.said_by(Role.AGENT)) == 3
    assert not spoken.refusals


@only(turn_rows.UNHEARD)
def test_a_caller_of_whom_no_word_is_heard_is_asked_and_told_goodbye(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    phrases = FLUX_AGENT.phrases
    assert outcome.said_by(Role.AGENT) == [GREETING, phrases.still_there, phrases.silence_goodbye]
    assert outcome.next_step is not None
    assert (outcome.next_step.do, outcome.record.end_reason) == (Do.HANG_UP, EndReason.SILENCE)
    assert outcome.caller.close_code == NORMAL_CLOSE
    assert outcome.failure is None


@only(turn_rows.COVERED)
def test_a_long_wait_for_the_model_is_covered_once(row: Row, batch: Batch) -> None:
    outcome = batch.of(row)
    assert outcome.heard(turn_rows.FILLER) == [1]
    assert outcome.said_by(Role.AGENT) == [GREETING, f"{turn_rows.FILLER} {ANSWERS[0]}"]
    assert outcome.caller.longest_wait_s <= row.waits_s + ROOM_S
    assert outcome.failure is None


@named("flux, start: no answer to the handshake", "nova, start: no answer to the handshake")
def test_a_handshake_without_an_answer_is_abandoned_at_our_deadline(row: Row, batch: Batch) -> None:
    caller = batch.of(row).caller
    assert OPEN_S - 0.3 <= caller.ended_s - caller.began_s <= OPEN_S + 0.7
