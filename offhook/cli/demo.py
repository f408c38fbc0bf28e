"""`offhook demo`."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from calls.record import Direction
from offhook.call_request import CALLER_NUMBER
from offhook.cli.exits import FAILED
from offhook.cli.options import (
    DEFAULT_OUT,
    AgentName,
    Agents,
    LadderMode,
    Out,
    Script,
    agents_folder,
    as_mode,
    check_key,
    made,
)
from offhook.places import DEMO_SCRIPT

EXAMPLE = """Make one whole call on this machine: no key, no account, no network.

    offhook demo

    offhook demo --inbound --mode traditional

The transcript runs as the call goes; then a table, and out/<callId>/{call.wav,call.json,report.html}.
Exit status 0 when the call was completed with a goodbye, 1 when not.
"""


def demo(
    *,
    inbound: Annotated[bool, typer.Option("--inbound", help="The caller rings in. Default: Offhook dials.")] = False,
    mode: LadderMode = None,
    script: Script = None,
    agent: AgentName = "default",
    out: Out = DEFAULT_OUT,
    agents: Agents = None,
) -> None:
    from offhook.demo import DemoSettings, run_demo

    check_key(as_mode(mode))
    settings = DemoSettings(
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        number=CALLER_NUMBER,
        script=script or DEMO_SCRIPT,
        agent=agent,
        mode=as_mode(mode),
        out=made(out),
        agents=agents_folder(agents),
    )
    if not asyncio.run(run_demo(settings, Console(highlight=False))):
        raise typer.Exit(FAILED)
