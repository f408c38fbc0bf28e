"""The outcomes for a person and for a program. Pure."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from offhook.doctor.finding import Outcome, State

STYLES = {State.PASS: "green", State.WARN: "yellow", State.FAIL: "bold red", State.SKIP: "dim"}


def table_of(outcomes: Sequence[Outcome]) -> Table:
    table = Table(pad_edge=False, show_lines=False, expand=False)
    table.add_column("check", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what was seen, and what to do", overflow="fold")
    for outcome in outcomes:
        style = STYLES[outcome.state]
        state = Text(outcome.state.value, style=style)
        table.add_row(Text(outcome.name, style="dim" if outcome.state is State.SKIP else ""), state, _words(outcome))
    return table


def _words(outcome: Outcome) -> Text:
    finding = outcome.finding
    words = Text(finding.saw, style=STYLES[outcome.state] if outcome.state in (State.FAIL, State.SKIP) else "")
    if finding.cause:
        words.append(f"\nLikely: {finding.cause}", style="not bold default")
    if finding.remedy:
        words.append(f"\nDo: {finding.remedy}", style="not bold cyan")
    return words


def summary(outcomes: Sequence[Outcome]) -> str:
    """ "23 pass, 1 fail"."""
    counted = Counter(outcome.state for outcome in outcomes)
    return ", ".join(f"{counted[state]} {state.value}" for state in State if counted[state])


def as_json(outcomes: Sequence[Outcome], status: int) -> dict[str, object]:
    """What `--json` prints; the names of checks and fields are stable."""
    return {
        "status": status,
        "checks": [
            {
                "name": outcome.name,
                "title": outcome.title,
                "state": outcome.state.value,
                "saw": outcome.finding.saw,
                "cause": outcome.finding.cause,
                "remedy": outcome.finding.remedy,
                "tookMs": outcome.took_ms,
            }
            for outcome in outcomes
        ],
    }
