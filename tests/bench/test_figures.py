import math

import pytest

from tests.bench.figures import matched, percentile, shown, slope, tokens_to_first_clause, within
from tests.bench.samples import busiest, dearest
from tests.bench.speech import Speech
from tests.bench.stages import Signs, host_ms, speech_stages, stages
from tests.bench.vendor_process import REPLY, Delays


def test_percentiles() -> None:
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0
    assert percentile([0.0, 100.0], 95) == 95.0
    assert percentile([7.0], 99) == 7.0
    assert math.isnan(percentile([], 50))
    assert shown([], 50, 95) == ["-", "-"]
    assert shown([1.0, 1.26], 50) == ["1.1"]


def test_the_slope_is_per_minute() -> None:
    assert slope([0.0, 30.0, 60.0], [100.0, 101.0, 102.0]) == pytest.approx(2.0)
    assert math.isnan(slope([1.0], [5.0]))


def test_the_first_moment_in_a_stretch() -> None:
    assert within([1.0, 2.0, 3.0], 1.5, 3.0) == 2.0
    assert within([1.0, 2.0], 2.0, 3.0) == 2.0
    assert within([1.0], 1.5, 9.0) is None
    assert within([3.0], 1.0, 3.0) is None


def test_a_plain_sentence_is_spoken_before_its_full_stop() -> None:
    assert REPLY.startswith("The dentist has a free hour on Tuesday")
    assert tokens_to_first_clause(REPLY) == 7
    assert tokens_to_first_clause("Yes.") == 2


def test_calls_find_their_sockets_in_whatever_order_these_were_opened() -> None:
    calls = {1: [10.00, 20.00], 2: [10.02, 21.00]}
    sockets = {7: [10.10, 21.08], 8: [10.08, 20.08]}
    assert matched(sockets, calls, 0.2) == {1: 8, 2: 7}
    assert matched({}, calls, 0.2) == {}


def test_calls_that_begin_at_once_are_told_apart_by_how_even_the_wait_is() -> None:
    calls = {1: [10.00, 20.00], 2: [10.05, 20.00]}
    sockets = {7: [10.08, 20.08], 8: [10.13, 20.08]}
    assert matched(sockets, calls, 0.2) == {1: 7, 2: 8}


def test_no_two_calls_have_one_socket() -> None:
    calls = {1: [10.00, 20.00], 2: [10.01, 20.01], 3: [10.02, 20.02]}
    sockets = {7: [10.10, 20.10], 8: [10.11, 20.10]}
    found = matched(sockets, calls, 0.2)
    assert sorted(found.values()) == [7, 8]
    assert len(found) == 2


def test_what_suits_one_call_best_may_be_what_another_needs() -> None:
    calls = {1: [10.00, 20.00], 2: [10.05, 20.049]}
    sockets = {7: [10.08, 20.10], 8: [10.13, 20.13]}
    assert matched(sockets, calls, 0.2) == {1: 7, 2: 8}


def test_scripted_critical_paths() -> None:
    assert Delays(300).serial_ms == Delays(300).overlapped_ms == 860
    early = Delays(end_ms=600, eager_ms=300)
    assert (early.serial_ms, early.overlapped_ms) == (1160, 860)
    assert Delays(end_ms=2000, eager_ms=300).overlapped_ms == 2000
    assert Speech().overlapped_ms == 850


def test_stages_of_a_turn() -> None:
    signs = Signs([10.301], [10.305], [10.655], [10.717], [10.867])
    found = stages(10.0, 10.868, signs, 300.0, 60.0)
    assert found is not None
    assert {stage: round(ms) for stage, ms in found.items()} == {
        "to the recogniser, and late there": 1,
        "recogniser: end of turn": 300,
        "host: end of turn to request": 4,
        "model: first token": 350,
        "model: to the end of the first clause": 60,
        "host: first clause to text": 2,
        "voice: first audio": 150,
        "host: first audio to the caller": 1,
    }
    assert round(host_ms(found)) == 7
    assert stages(10.0, None, signs, 300.0, 60.0) is None
    assert stages(20.0, 21.0, signs, 300.0, 60.0) is None


def test_stages_of_a_turn_of_speech_to_speech() -> None:
    found = speech_stages(10.0, 10.853, 500.0, ([10.501], [10.502], [10.852]))
    assert found is not None
    assert {stage: round(ms) for stage, ms in found.items()} == {
        "to the vendor, and late there": 1,
        "vendor: end of speech": 500,
        "host: committed to the answer asked for": 1,
        "vendor: first audio": 350,
        "host: first audio to the caller": 1,
    }
    assert speech_stages(10.0, 10.853, 500.0, ([10.501], [], [10.852])) is None


def test_samples_are_folded_into_functions() -> None:
    stacks = [
        "run (loop.py:1);read (streamer/bridge.py:10);parse (x.py:3) 3",
        "run (loop.py:1);read (streamer/bridge.py:9) 1",
    ]
    assert busiest(stacks, 2) == [("parse (x.py)", 0.75, 0.75), ("read (streamer/bridge.py)", 0.25, 1.0)]
    assert dearest(stacks, 5) == [("read (streamer/bridge.py)", 0.25, 1.0)]
