"""`offhook report`."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.status import Status

from calls.comparison import By, Comparison
from calls.errors import ConfigurationInvalid, RequestRefused
from offhook.cli.options import DEFAULT_OUT, Out

if TYPE_CHECKING:
    from calls.conversation import Conversation
    from calls.record import CallRecord
    from offhook.comparison.period import Period
    from offhook.comparison.reading import Wanted
    from offhook.comparison.report import Report

EXAMPLE = """Compare calls: how many connected and were completed, how soon they were answered, what they cost, what
went wrong and who has to act.

    offhook report --since 7d

    offhook report --since 2026-11-01 --until 2026-12-01 --by agent --html november.html

Reads what `offhook up` runs; with OFFHOOK_TABLE, AWS_REGION and AWS credentials in the environment, a deployment's
table (dynamodb:Query on it and on its index are enough). Every call is read with its turns: two requests each.
"""


def report(
    *,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="7d, 24h, 2026-11-22 or 2026-11-22T16:00 (UTC).")
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help="The same; calls made before it.")] = "",
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="Calls of this agent alone.")] = "",
    by: Annotated[By, typer.Option("--by", help="What the calls are compared by.")] = By.MODE,
    most: Annotated[int, typer.Option("--most", min=1, help="Read no more calls than this, the newest.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Every figure as JSON on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A line a row, on standard output.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with charts; it reads offline.")
    ] = None,
    out: Out = DEFAULT_OUT,
) -> None:
    from offhook.comparison.reading import Wanted

    if as_json and as_csv:
        raise typer.BadParameter("give one of --json and --csv")
    now_ms = time.time_ns() // 1_000_000
    wanted = Wanted(_period(since, until, now_ms), agent, most)
    made = _made(out, wanted, by, now_ms)
    if html:
        _write(html, made)
    _print(made, as_json, as_csv)


def _period(since: str, until: str, now_ms: int) -> "Period":
    from offhook.comparison.period import Period, moment

    def at(text: str, option: str) -> int | None:
        try:
            return moment(text, now_ms) if text else None
        except RequestRefused as error:
            raise typer.BadParameter(error.failure.sentence, param_hint=option) from error

    return Period(at(since, "--since"), at(until, "--until"))


def _made(out: Path, wanted: "Wanted", by: By, now_ms: int) -> "Report":
    """Reads, and tells on standard error how far it is."""
    from calls.rate_card import standard
    from offhook.calls_table import opened
    from offhook.comparison.reading import read
    from offhook.comparison.report import Report
    from offhook.why.source import kept_call, timed_conversation

    store, comparison = opened(out), Comparison(by)
    with Status("Reading calls …", console=Console(stderr=True)) as status:

        def progress(calls: int, last: "CallRecord") -> None:
            day = time.strftime("%Y-%m-%d %H:%M", time.gmtime(last.created_at_ms / 1000))
            status.update(f"{calls:,} calls read, back to {day} UTC …")

        def heard(record: "CallRecord") -> "Conversation | None":
            kept = kept_call(record.call_id, out)
            return timed_conversation(kept) if kept else None

        reading = read(store, comparison, wanted, standard(), now_ms, progress, heard)
    return Report(by, wanted.period, wanted.agent, comparison.rows, comparison.whole, reading.is_cut, now_ms)


def _print(made: "Report", as_json: bool, as_csv: bool) -> None:
    from offhook.comparison.report import to_csv, to_plain
    from offhook.comparison.terminal import rendered

    if as_json:
        print(json.dumps(to_plain(made), indent=2, ensure_ascii=False))
    elif as_csv:
        print(to_csv(made), end="")
    elif not made.rows:
        Console(highlight=False).print("There are no such calls.")
    else:
        Console(highlight=False).print(rendered(made))


def _write(path: Path, made: "Report") -> None:
    from offhook.comparison.page import page

    try:
        path.write_text(page(made), encoding="utf-8")
    except OSError as error:
        raise ConfigurationInvalid(f"{path} cannot be written: {error.strerror}") from error
