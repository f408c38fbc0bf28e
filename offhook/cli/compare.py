"""`offhook compare`."""

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from calls.errors import ConfigurationInvalid
from calls.record import Mode
from offhook.cli.exits import FAILED
from offhook.cli.options import DEFAULT_OUT, Agents, Out, agents_folder, made
from offhook.cli.progress import calls_under_way
from offhook.places import REPLAYS
from offhook.words import clock

if TYPE_CHECKING:
    from offhook.replay.compare import Compared

EXAMPLE = """Drive a folder of earlier calls again in several modes, and compare the modes by all of them.

    offhook compare out

    offhook compare recordings/ --modes traditional,pipeline --agent reception --html modes.html

FOLDER holds calls as `offhook demo` and `offhook call` keep them, or WAV files, as `offhook replay` takes them. Every
call is made once in each mode, --times over, on this machine, and takes as long as people spoke in it; it needs no key,
no account and no network. A mode whose vendor has no key is left out, and that is said. The table is that of `offhook
report`.

Exit status 0 when every call could be made, 1 when not.
"""

ALL_MODES = "traditional,pipeline,realtime"
Side = Literal["left", "right"]


def compare(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Calls that were kept, or WAV files.")],
    *,
    modes: Annotated[str, typer.Option("--modes", metavar="MODE,…", help="What the calls are made in.")] = ALL_MODES,
    agent: Annotated[
        str, typer.Option("--agent", metavar="NAME|FILE", help="Who answers. Default: each call's own agent.")
    ] = "",
    times: Annotated[int, typer.Option("--times", min=1, max=20, help="How often each call is made in a mode.")] = 1,
    strict: Annotated[bool, typer.Option("--strict", help="The callers keep the recordings' time.")] = False,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=20, help="Calls at a time. More take less long, and blur the times.")
    ] = 1,
    caller: Annotated[Side, typer.Option("--caller", help="The caller's channel of WAVs that have two.")] = "left",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A line a mode, on standard output.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page with charts; it reads offline.")
    ] = None,
    out: Out = DEFAULT_OUT,
    agents: Agents = None,
) -> None:
    from offhook.replay.compare import CompareSettings, possible, run_compare, settings_for, tapes_in
    from offhook.replay.tape import how_long_kept

    if as_json and as_csv:
        raise typer.BadParameter("give one of --json and --csv")
    errors = Console(stderr=True)
    wanted, notes = possible(_modes(modes), os.environ)
    tapes, left_out = tapes_in(folder, side=caller, strict=strict)
    asked = CompareSettings(tapes, wanted, agent, agents_folder(agents), times, at_once, made(out / REPLAYS))
    settings_for(asked, os.environ)
    number = len(tapes) * len(wanted) * times
    whole_ms = sum(tape.duration_ms for tape in tapes) * len(wanted) * times // at_once
    errors.print(f"{number} calls, {at_once} at a time: about {clock(whole_ms).partition('.')[0]} min.")
    with calls_under_way(errors) as (tell, on_progress):
        compared = asyncio.run(run_compare(asked, os.environ, tell, on_progress))
    if html:
        _write(html, compared)
    _print(compared, [*notes, *left_out, *compared.notes], asked.out, as_json, as_csv)
    errors.print(Text(how_long_kept(tapes), style="dim"))
    if any(one.call is None for one in compared.ran):
        raise typer.Exit(FAILED)


def _modes(text: str) -> list[Mode]:
    names = [name.strip() for name in text.split(",")]
    known = [mode.value for mode in Mode]
    if not set(names) <= set(known) or len(set(names)) != len(names):
        raise typer.BadParameter(
            f"{text}: give some of {', '.join(known)}, each once, with commas between", param_hint="--modes"
        )
    return [Mode(name) for name in names]


def _print(compared: "Compared", notes: list[str], out: Path, as_json: bool, as_csv: bool) -> None:
    from offhook.comparison.report import to_csv, to_plain
    from offhook.comparison.terminal import rendered

    if as_json:
        calls = [
            {
                "what": one.job.what,
                "recording": one.job.tape.name,
                "callId": one.call["callId"] if one.call else None,
                "folder": str(one.folder) if one.folder else None,
                "whyNot": one.why or None,
            }
            for one in compared.ran
        ]
        print(json.dumps({**to_plain(compared.report), "notes": notes, "made": calls}, indent=2, ensure_ascii=False))
    elif as_csv:
        print(to_csv(compared.report), end="")
    else:
        console = Console(highlight=False)
        console.print(rendered(compared.report))
        kept = f"The calls are kept in {out}; `offhook why` takes the folder of one."
        console.print(Text(kept, style="dim"), soft_wrap=True)
    for note in notes:
        Console(stderr=as_json or as_csv, highlight=False).print(Text(note, style="yellow"))


def _write(path: Path, compared: "Compared") -> None:
    from offhook.comparison.page import page

    try:
        path.write_text(page(compared.report), encoding="utf-8")
    except OSError as error:
        raise ConfigurationInvalid(f"{path} cannot be written: {error.strerror}") from error
