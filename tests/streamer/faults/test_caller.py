from collections.abc import Sequence
from itertools import count

from tests.streamer.faults.caller import Utterance, Waiting

LOOK_S = 0.01


def _over_at_s(utterance: Utterance, heard: Sequence[float], stops: Sequence[tuple[float, float]] = ()) -> float:
    """When the waiting that began at 0 is over, where the agent is heard at `heard`, and the process stands still from
    one time to another, and hears only then what it has missed."""
    waiting = Waiting(utterance, 0.0)
    for look in count():
        now_s = look * LOOK_S
        if any(from_s < now_s < to_s for from_s, to_s in stops):
            continue
        if waiting.is_over(now_s, [at_s for at_s in heard if at_s <= now_s]):
            return round(now_s, 2)
    raise AssertionError


def _voice(from_s: float, to_s: float) -> list[float]:
    return [round(from_s + at * 0.02, 2) for at in range(round((to_s - from_s) / 0.02))]


def test_a_caller_speaks_when_the_agent_has_been_quiet() -> None:
    assert abs(_over_at_s(Utterance(quiet_s=0.4), _voice(1.0, 2.0)) - 2.4) < 0.05


def test_a_machine_that_stands_still_is_no_pause_of_the_agents() -> None:
    """The agent goes on a moment after the machine does."""
    heard = [*_voice(1.0, 1.5), *_voice(2.2, 3.0)]
    assert abs(_over_at_s(Utterance(quiet_s=0.4), heard) - 1.9) < 0.05
    assert abs(_over_at_s(Utterance(quiet_s=0.4), heard, [(1.5, 2.1)]) - 3.4) < 0.05


def test_a_caller_breaks_in_so_long_after_the_voice_began() -> None:
    assert abs(_over_at_s(Utterance(after_s=0.4), _voice(1.0, 3.0)) - 1.4) < 0.05


def test_a_caller_to_whom_nobody_speaks_loses_patience_with_the_agent_and_not_with_the_machine() -> None:
    assert abs(_over_at_s(Utterance(patience_s=2.0), []) - 2.0) < 0.05
    assert abs(_over_at_s(Utterance(patience_s=2.0), [], [(0.5, 1.5)]) - 2.95) < 0.05
