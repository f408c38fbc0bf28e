"""`offhook demo`: a house opened for one whole call."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from calls.agent_files import load
from calls.record import Direction, Mode
from offhook.call_request import CallRequest, read_script
from offhook.house import HouseSettings, open_house
from offhook.ladder_override import copy_agents
from offhook.one_call import run_call
from offhook.termination import ending_on_sigterm

BESIDE_THE_CALL_S = 90
"""Ringing, the last goodbye and the last callbacks, beside the longest call that the agent allows."""


@dataclass(frozen=True, slots=True)
class DemoSettings:
    """`mode` None leaves the agent its own ladder."""

    direction: Direction
    number: str
    script: Path
    agent: str
    mode: Mode | None
    out: Path
    agents: Path


async def run_demo(settings: DemoSettings, console: Console) -> bool:
    """One call from start to files. True when it was a whole call, with a goodbye. ConfigurationInvalid before
    anything is started where the script or the agents are not right."""
    read_script(settings.script)
    with ending_on_sigterm(), tempfile.TemporaryDirectory(prefix="offhook-agents-") as folder:
        # Inbound, nobody can ask for a mode over the API: the agent that answers stands on that ladder.
        inbound_mode = settings.mode if settings.direction is Direction.INBOUND else None
        agents = copy_agents(settings.agents, Path(folder), settings.agent, inbound_mode)
        deadline_s = load(agents)[settings.agent].limits.call_s + BESIDE_THE_CALL_S

        def tell(sentence: str) -> None:
            console.print(Text(f"· {sentence}", style="dim"))

        console.print("Starting Offhook and a Twilio of its own on this machine …")
        async with open_house(HouseSettings(settings.out, agents, settings.agent), tell) as house:
            outbound = settings.direction is Direction.OUTBOUND
            request = CallRequest(
                settings.direction,
                settings.number,
                settings.script,
                settings.agent if outbound else "",
                settings.mode if outbound else None,
            )
            return await run_call(house, request, console, deadline_s=deadline_s)
