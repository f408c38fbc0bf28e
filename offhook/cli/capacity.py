"""`offhook capacity`."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from offhook.capacity.report import Answer

EXAMPLE = """Work out how many tasks a load needs, what callers meet in a burst while more tasks start, and what a month
costs.

    offhook capacity --calls-per-day 1000

    offhook capacity --calls-per-day 10000 --burst 10 --picture burst.png

    offhook capacity --calls-per-day 10000 --max-tasks 40 --climb

The burst is simulated: calls come by chance, tasks start as fast as AWS was read to start them, and nothing is dialled.
Sizes are the parameters of template.yaml. docs/capacity.md tells what is measured in it and what is assumed.
"""


def capacity(
    *,
    calls_per_day: Annotated[float, typer.Option("--calls-per-day", min=1, max=10_000_000)] = 1000,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.1, max=240, help="How long a call lasts, on average.")
    ] = 3,
    burst: Annotated[float, typer.Option("--burst", min=1, max=1000, help="So many times the usual arrivals …")] = 10,
    burst_minutes: Annotated[float, typer.Option("--burst-minutes", min=0.5, max=40, help="… for so long.")] = 10,
    calls_per_task: Annotated[int, typer.Option("--calls-per-task", min=1, help="CallsPerTask.")] = 50,
    scale_at_percent: Annotated[float, typer.Option("--scale-at-percent", min=10, max=90, help="ScaleAtPercent.")] = 40,
    min_tasks: Annotated[int, typer.Option("--min-tasks", min=1, help="MinTasks.")] = 2,
    max_tasks: Annotated[int, typer.Option("--max-tasks", min=1, help="MaxTasks.")] = 10,
    start_s: Annotated[
        float, typer.Option("--start-s", min=1, help="From a decision to a task that takes calls.")
    ] = 60,
    climb: Annotated[bool, typer.Option("--climb", help="OFFHOOK_CLIMB=1.")] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the burst: PNG or SVG.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    from offhook.capacity.arrivals import Burst
    from offhook.capacity.fleet import Pace, Size
    from offhook.capacity.report import Question, answered

    if max_tasks < min_tasks:
        raise typer.BadParameter("there may be no fewer than --min-tasks", param_hint="--max-tasks")
    question = Question(
        calls_per_day,
        minutes * 60,
        Burst(burst, lasts_s=burst_minutes * 60),
        Size(calls_per_task, scale_at_percent, min_tasks, max_tasks),
        Pace(start_s=start_s),
        climbs=climb,
    )
    with Console(stderr=True).status("Simulating …"):
        answer = answered(question, datetime.now(UTC).date())
    _tell(answer, picture, as_json)


def _tell(answer: "Answer", picture: Path | None, as_json: bool) -> None:
    if picture:
        _draw(answer, picture)
    if as_json:
        typer.echo(json.dumps(_as_json(answer), indent=2))
        return
    console = Console(highlight=False)
    for table in (_burst_table(answer), _month_table(answer)):
        console.print(table)
    console.print(_remark(answer))


def _draw(answer: "Answer", file: Path) -> None:
    from offhook.capacity.picture import draw

    try:
        draw(answer, file)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"the picture cannot be written: {error}", param_hint="--picture") from error


def _as_json(answer: "Answer") -> dict[str, object]:
    return {
        "question": asdict(answer.question),
        "tasks": answer.tasks,
        "mostTasks": answer.most_tasks,
        "inBurst": answer.in_burst,
        "others": answer.others,
        "climbedAfterS": answer.climbed_p50_s,
        "monthUsd": {
            "aws": {line.what: round(line.usd, 2) for line in answer.month.aws},
            "twilioAndVendors": {mode.value: round(usd, 2) for mode, usd in answer.month.vendors.items()},
        },
    }


def _burst_table(answer: "Answer") -> Table:
    from offhook.capacity.report import share
    from offhook.capacity.simulate import Rung

    burst = answer.question.burst
    title = (
        f"A burst of {burst.factor:g} times the busiest hour for {burst.lasts_s / 60:g} minutes, "
        f"{answer.question.runs} times simulated ({answer.tasks} tasks before it, {answer.most_tasks} at most)"
    )
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("calls were held")
    table.add_column("in the burst", justify="right")
    table.add_column("", justify="right")
    table.add_column("around it", justify="right")
    for rung in Rung:
        percent = f"{share(answer.in_burst, [rung]):.1f} %"
        table.add_row(rung.value, f"{answer.in_burst[rung]:,}", percent, f"{answer.others[rung]:,}")
    return table


def _month_table(answer: "Answer") -> Table:
    title = f"\nA month: {answer.month.minutes:,.0f} minutes of talk"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("for")
    table.add_column("how much")
    table.add_column("US dollars", justify="right")
    for line in answer.month.aws:
        table.add_row(f"AWS: {line.what}", line.amount, f"{line.usd:,.2f}")
    table.add_row("AWS altogether", "", f"{answer.month.aws_usd:,.2f}", style="bold")
    for mode, usd in answer.month.vendors.items():
        table.add_row(f"Twilio and vendors, {mode.value}", "all calls in this mode", f"{usd:,.2f}")
    return table


def _remark(answer: "Answer") -> str:
    from offhook.capacity.simulate import Rung

    if answer.in_burst[Rung.FAILED]:
        return "Calls failed: more came at once than the account's functions may run. Ask AWS for more concurrency."
    if answer.most_tasks >= answer.question.size.max_tasks:
        return "MaxTasks was reached: a higher one lets more of the burst stream."
    if answer.in_burst[Rung.TRADITIONAL]:
        return "No call failed. Who came while all tasks were full was answered in traditional mode."
    return "No call failed, and all of them streamed, at the latest after a turn or two."
