"""The table of outcomes, and what is counted over it. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.chaos.rows import Fate, Outcome

HEAD = "| mode | moment | fault | audible again | longest silence | turns kept | rungs | end | outcome |"
RULE = "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
VENDORS = ("deepgram", "openai", "elevenlabs", "first recogniser")


def line_of(outcome: Outcome) -> str:
    row = outcome.row
    audible = "never" if outcome.audible_ms is None else f"{outcome.audible_ms} ms" if outcome.audible_ms else "went on"
    twice = f"; twice: {', '.join(outcome.said_twice)}" if outcome.said_twice else ""
    why = f": {outcome.why}" if outcome.why else ""
    return (
        f"| {row.driver} | {row.moment.value} | {row.fault.name} | {audible} | {outcome.longest_silence_ms} ms | "
        f"{outcome.kept}/{outcome.confirmed}{twice} | {outcome.rungs} | {outcome.final} | {outcome.fate.value}{why} |"
    )


def is_well(outcome: Outcome) -> bool:
    """Nothing that must not happen has happened."""
    bad = outcome.fate in (Fate.LOST, Fate.UNTRIED)
    return not (bad or outcome.kept < outcome.confirmed or outcome.said_twice)


def summary(outcomes: Sequence[Outcome], took_s: float) -> str:
    fates = Counter(outcome.fate for outcome in outcomes)
    forgot = sum(outcome.kept < outcome.confirmed for outcome in outcomes)
    twice = sum(bool(outcome.said_twice) for outcome in outcomes)
    changes = [outcome.change for outcome in outcomes if outcome.change]
    killed = [o for o in outcomes if "streamer killed" in o.row.fault.name or "streamers killed" in o.row.fault.name]
    vendors = [o for o in outcomes if o.row.fault.name.startswith(VENDORS)]
    lines = [
        f"{len(outcomes)} calls in {took_s:.0f} s",
        f"lost: {fates[Fate.LOST]} (goal 0)",
        f"confirmed turns lost: in {forgot} calls (goal 0)",
        f"said twice: in {twice} calls (goal 0)",
        f"kept: {fates[Fate.KEPT]}; handed to a person: {fates[Fate.PERSON]}; apologised: {fates[Fate.APOLOGISED]}; "
        f"the moment never came: {fates[Fate.UNTRIED]}",
        _figure("another engine in the socket, audible again after the change (goal: median 500 ms)",
                (change.audible_ms for change in changes)),
        _figure("another engine in the socket, audible again after the fault, with the time to notice it",
                (change.from_fault_ms for change in changes)),
        _figure("another engine in the socket, answering, less the engine's own time (goal: 1500 ms)",
                (change.answering_ms for change in changes if change.answering_ms is not None)),
        _figure("a streamer killed, audible again (goal: 3000 ms at most)", _audible(killed)),
        _figure("vendor faults, audible again", _audible(vendors)),
        _figure("everything, audible again", _audible(outcomes)),
    ]  # fmt: skip
    return "\n".join(lines)


def _audible(outcomes: Iterable[Outcome]) -> list[int]:
    return [outcome.audible_ms for outcome in outcomes if outcome.audible_ms is not None]


def _figure(name: str, times_ms: Iterable[int]) -> str:
    times = sorted(times_ms)
    if not times:
        return f"{name}: no such call"
    p95 = times[math.ceil(len(times) * 0.95) - 1]
    return f"{name}: median {times[len(times) // 2]} ms, p95 {p95} ms, most {times[-1]} ms ({len(times)} calls)"
