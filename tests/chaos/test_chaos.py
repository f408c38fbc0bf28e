"""The most different rows of the chaos suite, each a whole call; `make chaos` runs all of them."""

from calls.record import Mode
from tests.chaos.moments import Moment
from tests.chaos.rows import Fate, Row
from tests.chaos.running import all_rows, run
from tests.chaos.summary import line_of

FALLBACKS = (Mode.PIPELINE, Moment.MODEL_THINKING, "first recogniser and voice down")
IN_SOCKET = (Mode.REALTIME, Moment.CALLER_SPEAKING, "openai down")
LIVE = "live, caller speaking: openai down"
ROWS = {
    (Mode.PIPELINE, Moment.MODEL_THINKING, "streamer killed"),
    (Mode.PIPELINE, Moment.CALLER_SPEAKING, "stream reset"),
    FALLBACKS,
    IN_SOCKET,
    (Mode.REALTIME, Moment.MODEL_THINKING, "event loop blocked 2 s"),
    (Mode.REALTIME, Moment.TOOL_RUNNING, "openai cut once"),
    (Mode.TRADITIONAL, Moment.CALLER_SPEAKING, "webhooks twice, out of order"),
    (Mode.TRADITIONAL, Moment.MODEL_THINKING, "table throttles 4 s"),
}
AT_ONCE = 4
"""Two rows each, mostly of one mode: a field is dear to begin."""


async def test_no_call_is_lost_and_nothing_confirmed_is_forgotten() -> None:
    chosen = [row for row in all_rows() if row.name == LIVE or (_key(row) in ROWS and not row.fault.live)]
    outcomes = await run(chosen, AT_ONCE)
    assert len(outcomes) == len(ROWS) + 1
    assert [line_of(outcome) for outcome in outcomes if outcome.fate in (Fate.LOST, Fate.UNTRIED)] == []
    assert [line_of(outcome) for outcome in outcomes if outcome.kept < outcome.confirmed or outcome.said_twice] == []
    rungs = {_key(outcome.row): outcome.rungs for outcome in outcomes if not outcome.row.fault.live}
    assert rungs[FALLBACKS] == "pipeline", "the agent's other recogniser and voice stood in"
    assert rungs[IN_SOCKET] == "realtime > pipeline", "the same stream went on with another engine"


def _key(row: Row) -> tuple[Mode, Moment, str]:
    return row.mode, row.moment, row.fault.name
