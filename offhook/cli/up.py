"""`offhook up`."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from offhook.cli.options import DEFAULT_OUT, AgentName, Agents, Out, Script, agents_folder, made
from offhook.places import DEMO_SCRIPT

EXAMPLE = """Run handlers, streamer, store and a Twilio of its own on this machine until stopped (Ctrl-C).

    offhook up

and from another terminal:

    offhook call +15551230101

Every call that ends is kept in out/<callId>/.
"""


def up(
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The Twilio box's port; 0: any free one.")] = 0,
    script: Script = None,
    agent: AgentName = "default",
    out: Out = DEFAULT_OUT,
    agents: Agents = None,
) -> None:
    from offhook.call_request import read_script
    from offhook.house import HouseSettings
    from offhook.up import run_up

    otherwise = read_script(script or DEMO_SCRIPT)
    settings = HouseSettings(made(out), agents_folder(agents), agent, box_port=port)
    console = Console(highlight=False)
    try:
        asyncio.run(run_up(settings, otherwise, console))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped.")
