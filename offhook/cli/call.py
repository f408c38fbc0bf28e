"""`offhook call`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from calls.record import Direction
from offhook.call_request import CallRequest, checked_number
from offhook.cli.exits import FAILED
from offhook.cli.options import DEFAULT_OUT, LadderRung, Out, Script, as_mode
from offhook.places import DEMO_SCRIPT

EXAMPLE = """Place a call into what `offhook up` runs, and follow it to its end.

    offhook call +15551230101

    offhook call +15551230101 --agent concierge --mode pipeline

    offhook call +15551230101 --inbound      (that number rings in)

Exit status 0 when the call was completed with a goodbye, 1 when not.
"""


def call(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The far end, like +15551230101.")],
    *,
    inbound: Annotated[bool, typer.Option("--inbound", help="The number rings in. Default: it is dialled.")] = False,
    agent: Annotated[str, typer.Option("--agent", metavar="NAME", help="Default: the deployment's.")] = "",
    mode: Annotated[
        LadderRung | None, typer.Option("--mode", help="Begin on this rung of the agent's ladder. Default: its first.")
    ] = None,
    script: Script = None,
    out: Out = DEFAULT_OUT,
    timeout_s: Annotated[float, typer.Option("--timeout-s", min=1, help="Stop following after this long.")] = 1200,
) -> None:
    if inbound and (agent or mode):
        raise typer.BadParameter(
            "whoever rings in gets the agent of `offhook up --agent`, on its own ladder", param_hint="--inbound"
        )
    direction = Direction.INBOUND if inbound else Direction.OUTBOUND
    request = CallRequest(direction, _number(number), script or DEMO_SCRIPT, agent, as_mode(mode))
    if not asyncio.run(_follow(out, request, timeout_s)):
        raise typer.Exit(FAILED)


def _number(text: str) -> str:
    from calls.errors import RequestRefused

    try:
        return checked_number(text)
    except RequestRefused as error:
        raise typer.BadParameter(error.failure.sentence, param_hint="NUMBER") from error


async def _follow(out: Path, request: CallRequest, timeout_s: float) -> bool:
    from offhook.attached import attached
    from offhook.call_request import read_script
    from offhook.one_call import run_call

    read_script(request.script)
    async with attached(out) as phone:
        return await run_call(phone, request, Console(highlight=False), deadline_s=timeout_s)
