"""`offhook replay`."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from calls.errors import ConfigurationInvalid
from offhook.cli.options import DEFAULT_OUT, Agents, LadderRung, Out, agents_folder, as_mode, made
from offhook.cli.progress import calls_under_way
from offhook.places import REPLAYS

if TYPE_CHECKING:
    from offhook.replay.difference import Column
    from offhook.replay.replay import ReplaySettings
    from offhook.replay.run import Ran
    from offhook.replay.setting import Change, Setting
    from offhook.replay.tape import Tape

EXAMPLE = """Drive an earlier call again, as its caller spoke, with something changed, and lay the two side by side.

    offhook replay 01KABCDEFGHJKMNPQRSTVWXYZ0 --set turn_taking.barge_in_ms=1200

    offhook replay 01KABCDEFGHJKMNPQRSTVWXYZ0 --mode traditional

    offhook replay caller.wav --agent default --agent my-agent.toml --html difference.html

CALL is a call that --out keeps, by its callId or CallSid, or its folder; or any WAV: one channel is the caller, of two
the left one is (--caller right), and the other the agent. The call is made with the agent as it is and with the change,
--times each, on this machine: no key, no account, no network. Vendors that the agent names are asked where their keys
are set. The caller speaks when the cue of the recording has come again: so long after the agent fell silent, so far
into its words, so long after their own last word. --strict keeps the time of the recording instead.

Exit status 0 when every call was made and each setting came to the same each time, whatever that was; 1 when not.
"""

MOST_AGENTS = 2
Side = Literal["left", "right"]


def replay(
    call: Annotated[str, typer.Argument(metavar="CALL", help="A callId, a CallSid, a call's folder, or a WAV file.")],
    *,
    agent: Annotated[
        list[str] | None,
        typer.Option("--agent", metavar="NAME|FILE", help="Change the agent; given twice, the first is the one as is."),
    ] = None,
    mode: Annotated[
        LadderRung | None, typer.Option("--mode", help="Change the mode. Default: the one that the call began in.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Change a field of the agent file; may be given again."),
    ] = None,
    times: Annotated[int, typer.Option("--times", min=1, max=20, help="How often each setting is called.")] = 2,
    alone: Annotated[bool, typer.Option("--alone", help="Make the changed calls only, none as it is.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="The caller keeps the recording's time.")] = False,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=20, help="Calls at a time. More take less long, and blur the times.")
    ] = 1,
    record: Annotated[
        str, typer.Option("--record", metavar="FILE|CALL", help="The call.json, or the call, that a WAV belongs to.")
    ] = "",
    caller: Annotated[Side, typer.Option("--caller", help="The caller's channel of a WAV that has two.")] = "left",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on standard output.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page; it reads offline.")
    ] = None,
    out: Out = DEFAULT_OUT,
    agents: Agents = None,
) -> None:
    from offhook.replay.replay import ReplaySettings
    from offhook.replay.setting import Change
    from offhook.replay.tape import how_long_kept, read_tape

    tape = read_tape(call, out, record=record, side=caller, strict=strict)
    change = Change(None, as_mode(mode), tuple(fields or ()))
    settings = _settings(tape, agents_folder(agents), agent or [], change, alone=alone)
    errors = Console(stderr=True)
    columns, ran = _run(ReplaySettings(tape, settings, times, at_once, made(out / REPLAYS)), errors)
    if html:
        _write(html, columns)
    _print(columns, ran, as_json=as_json)
    errors.print(Text(how_long_kept([tape]), style="dim"))
    if any(column.unlike for column in columns):
        raise typer.Exit(1)


def _settings(tape: "Tape", agents: Path, named: list[str], change: "Change", *, alone: bool) -> tuple["Setting", ...]:
    """The agent as it is, and with the change where there is one."""
    from offhook.replay.setting import agent_table, as_it_is, with_change

    own, other = agents_of(tape, agents, named)
    base = as_it_is("as it is", agent_table(own, agents), tape.mode, os.environ)
    if other:
        change = replace(change, agent=agent_table(other, agents))
    if change.is_none:
        if alone:
            raise typer.BadParameter("nothing is changed: give --agent, --mode or --set", param_hint="--alone")
        return (base,)
    changed = with_change("changed", base, change, os.environ)
    return (changed,) if alone else (base, changed)


def agents_of(tape: "Tape", agents: Path, named: list[str]) -> tuple[str, str]:
    """The agent as it is, by its name or file, and the one that takes its place, if any."""
    if len(named) > MOST_AGENTS:
        raise typer.BadParameter("two agents at most can be laid side by side", param_hint="--agent")
    known = tape.agent if (agents / f"{tape.agent}.toml").is_file() else ""
    own, *others = [known, *named] if known and len(named) < MOST_AGENTS else named or [tape.agent or "default"]
    return own, others[0] if others else ""


def _run(settings: "ReplaySettings", errors: Console) -> tuple[list["Column"], list["Ran"]]:
    """Makes the calls, and tells on standard error how far they are."""
    from offhook.replay.replay import run_replay

    number = settings.times * len(settings.settings)
    rounds = -(-number // settings.at_once)
    length_s = settings.tape.duration_ms / 1000
    calls = "1 call" if number == 1 else f"{number} calls"
    told = f"{calls} of about {length_s:.0f} s, {settings.at_once} at a time: about {rounds * length_s:.0f} s"
    errors.print(f"{told}, and the start of the stack.")
    for note in settings.tape.notes:
        errors.print(Text(note, style="yellow"))
    with calls_under_way(errors, length_ms=settings.tape.duration_ms) as (tell, on_progress):
        return asyncio.run(run_replay(settings, tell, on_progress))


def _print(columns: list["Column"], ran: list["Ran"], *, as_json: bool) -> None:
    from offhook.replay.plain import to_plain
    from offhook.replay.terminal import rendered

    if as_json:
        print(json.dumps(to_plain(columns), indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(rendered(columns))
    for one in ran:
        console.print(Text(f"{one.job.what}: {one.folder}", style="dim"), soft_wrap=True)


def _write(path: Path, columns: list["Column"]) -> None:
    from offhook.replay.page import page

    try:
        path.write_text(page(columns), encoding="utf-8")
    except OSError as error:
        raise ConfigurationInvalid(f"{path} cannot be written: {error.strerror}") from error
