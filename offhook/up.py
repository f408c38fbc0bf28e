"""`offhook up`: a house open until it is stopped, which other terminals place calls into."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from rich.text import Text

from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from offhook import up_state
from offhook.box.caller import CallerScript
from offhook.box.calls import BoxCall
from offhook.control import control_app
from offhook.house import House, HouseSettings, open_house
from offhook.kept import Kept
from offhook.phone import LineEvent
from offhook.places import STATE_FILE
from offhook.stack.environment import LOOPBACK, shared
from offhook.stack.processes import free_port
from offhook.termination import ending_on_sigterm


async def run_up(settings: HouseSettings, otherwise: CallerScript, console: Console) -> None:
    """Runs until SIGTERM or cancellation; ProcessFailed as soon as the store or the web process ends by itself. The
    streamer is started again."""
    if settings.inbound_agent not in (agents := load(settings.agents)):
        raise ConfigurationInvalid(f"there is no agent {settings.inbound_agent}; there is {', '.join(agents)}")

    def tell(sentence: str) -> None:
        console.print(Text(f"· {sentence}", style="dim"))

    def on_line(event: LineEvent) -> None:
        style = "red" if event.bad else "dim"
        console.print(Text(f"{event.call_sid[:8]}…  {event.sentence}", style=style))

    def on_streamer(sentence: str) -> None:
        console.print(Text(sentence, style="yellow"), soft_wrap=True)

    def on_kept(call: BoxCall, kept: Kept | None, why_not: str) -> None:
        ending = f"kept in {kept.folder}" if kept else f"not kept: {why_not}"
        console.print(Text(f"{call.sid[:8]}…  {ending}", style="green" if kept else "red"), soft_wrap=True)

    console.print("Starting Offhook and a Twilio of its own on this machine …")
    with ending_on_sigterm():
        async with (
            open_house(settings, tell, on_line=on_line, on_kept=on_kept, otherwise=otherwise) as house,
            _control(house, settings.out / STATE_FILE, settings.inbound_agent),
        ):
            console.print(addresses(house))
            console.print("Place a call from another terminal: offhook call +15551230101     (Ctrl-C stops)")
            await house.stack.watch(on_streamer)


def addresses(house: House) -> Table:
    """Where everything is, for a person."""
    stack = house.stack
    table = Table(show_header=False, box=None, pad_edge=False)
    for label, value in (
        ("API and its page", f"{stack.public_url}/docs"),
        ("API key", stack.api_key),
        ("Voice webhook", f"{stack.public_url}/twilio/voice"),
        ("Streamer", f"{stack.stream_url}/stream"),
        ("Twilio box (REST)", house.box.base_url),
        ("Account", f"{stack.account_sid}, auth token {stack.auth_token}"),
        ("Number", stack.from_number),
        ("Logs", str(next(iter(stack.logs.values())).parent)),
    ):
        table.add_row(Text(label, style="bold"), Text(value, overflow="fold"))
    return table


@asynccontextmanager
async def _control(house: House, state_file: Path, inbound_agent: str) -> AsyncIterator[None]:
    key = secrets.token_hex(32)
    port = free_port()
    async with _serving(control_app(house, house.line_events, key), port):
        settings = house.stack.settings
        url = f"http://{LOOPBACK}:{port}"
        deployment = {**shared(settings), "OFFHOOK_INBOUND_AGENT": inbound_agent}
        state = up_state.UpState(os.getpid(), url, key, settings.aws_endpoint_url, settings.table, deployment)
        up_state.write(state_file, state)
        try:
            yield
        finally:
            up_state.remove(state_file)
            house.line_events.close()


class _Server(uvicorn.Server):
    """Leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _serving(app: FastAPI, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app, host=LOOPBACK, port=port, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(), name="control")
    try:
        while not server.started:
            if task.done():
                task.result()
                raise ConfigurationInvalid(f"port {port} on {LOOPBACK} cannot be served")
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({task}, timeout=5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
