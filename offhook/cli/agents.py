"""`offhook agents`: look at the agents before a caller hears them."""

import os
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from calls.agent_files import check as problems_in
from calls.agent_files import load
from calls.record import Mode
from offhook.cli.exits import FAILED
from offhook.doctor.providers import realtime_doubts
from offhook.places import SHIPPED_AGENTS

app = typer.Typer(help="Look at the agents before a caller hears them.", no_args_is_help=True)

EXAMPLE = """Check every agent file of a folder: all problems of all files, or a table of the agents.

    offhook agents check functions/agents

Without a folder: OFFHOOK_AGENTS, or else the agents that ship. Exit status 0 when all is well, 1 when not. A
speech-to-speech model or voice that OpenAI is not known to have is only told, as it may be a new one.
"""


@app.callback()
def agents() -> None:
    """Keeps `check` a command of its own."""


@app.command(help=EXAMPLE)
def check(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="Where the .toml files are.")] = None,
) -> None:
    where = folder or Path(os.environ.get("OFFHOOK_AGENTS") or SHIPPED_AGENTS)
    problems = problems_in(where)
    if problems:
        console = Console(stderr=True, soft_wrap=True, highlight=False)
        for problem in problems:
            console.print(Text(problem))
        console.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in {where}")
        raise typer.Exit(FAILED)
    agents_there = load(where)
    table = Table("agent", "modes", "recogniser", "reply", Column("voice", overflow="fold"), "greeting", pad_edge=False)
    for name, agent in agents_there.items():
        modes = " → ".join(mode.value for mode in agent.modes)
        speech = f"{agent.models.speech}: {agent.voice.speech}"
        if Mode.REALTIME in agent.modes:
            speech += f"; in realtime {agent.models.realtime}: {agent.voice.realtime}"
        row = (name, modes, agent.models.recogniser, agent.models.reply, speech, agent.greeting)
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
    told = Console(stderr=True, soft_wrap=True, highlight=False)
    for sentence in chain.from_iterable(map(realtime_doubts, agents_there.values())):
        told.print(Text(sentence))
