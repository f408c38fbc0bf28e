"""The most different rows of the chaos suite, each a whole call; `make chaos` runs all of them."""

from calls.record import Mode
from tests.chaos.moments import Moment
from tests.chaos.rows import Fate
from tests.chaos.running import all_rows, run
from tests.chaos.summary import line_of

ROWS = {
    (Mode.PIPELINE, Moment.MODEL_THINKING, "streamer killed"),
    (Mode.PIPELINE, Moment.AGENT_SPEAKING, "streamer terminated"),
    (Mode.PIPELINE, Moment.CALLER_SPEAKING, "stream reset"),
    (Mode.PIPELINE, Moment.AGENT_SPEAKING, "elevenlabs cut once"),
    (Mode.REALTIME, Moment.AGENT_SPEAKING, "openai cut once"),
    (Mode.REALTIME, Moment.MODEL_THINKING, "event loop blocked 2 s"),
    (Mode.REALTIME, Moment.CALLER_SPEAKING, "both streamers killed"),
    (Mode.TRADITIONAL, Moment.CALLER_SPEAKING, "webhooks twice, out of order"),
    (Mode.TRADITIONAL, Moment.MODEL_THINKING, "table throttles 4 s"),
}


async def test_no_call_is_lost_and_nothing_confirmed_is_forgotten() -> None:
    outcomes = await run([row for row in all_rows() if (row.mode, row.moment, row.fault.name) in ROWS])
    assert len(outcomes) == len(ROWS)
    assert [line_of(outcome) for outcome in outcomes if outcome.fate in (Fate.LOST, Fate.UNTRIED)] == []
    assert [line_of(outcome) for outcome in outcomes if outcome.kept < outcome.confirmed or outcome.said_twice] == []
