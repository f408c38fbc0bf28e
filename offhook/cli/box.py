"""`offhook box`."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from calls.errors import RequestRefused
from offhook.call_request import CALLER_NUMBER, checked_number
from offhook.cli.options import DEFAULT_OUT, Script, made
from offhook.places import DEMO_SCRIPT

EXAMPLE = """Run the Twilio box alone and point it at any server that speaks TwiML and Media Streams.

    offhook box --number +15005550006 --voice-url http://127.0.0.1:3000/voice --ring

Point a twilio client at the printed address (in Python: `client.api.base_url = ...`) to place calls over REST. Account
sid and auth token come from the options or TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, and are made up otherwise: the
server has to know the token, as webhooks are signed with it. Runs until stopped (Ctrl-C).
"""


def box(
    *,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Where its REST API answers; 0: any free port.")
    ] = 0,
    number: Annotated[str, typer.Option("--number", help="A number of the account.")] = "",
    voice_url: Annotated[str, typer.Option("--voice-url", help="What is asked when that number rings.")] = "",
    status_url: Annotated[
        str, typer.Option("--status-url", help="What is told when a call of that number has ended.")
    ] = "",
    ring: Annotated[bool, typer.Option("--ring", help="Ring that number once, now.")] = False,
    caller: Annotated[str, typer.Option("--from", metavar="NUMBER", help="Who rings.")] = CALLER_NUMBER,
    script: Script = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where each call's recording is kept, as <CallSid>.wav.")
    ] = DEFAULT_OUT,
    account_sid: Annotated[str, typer.Option("--account-sid", envvar="TWILIO_ACCOUNT_SID")] = "",
    auth_token: Annotated[str, typer.Option("--auth-token", envvar="TWILIO_AUTH_TOKEN")] = "",
) -> None:
    if bool(number) != bool(voice_url):
        raise typer.BadParameter("--number and --voice-url go together", param_hint="--number")
    if status_url and not number:
        raise typer.BadParameter("there is no number that it is of; give --number", param_hint="--status-url")
    if ring and not number:
        raise typer.BadParameter("there is no number to ring; give --number and --voice-url", param_hint="--ring")
    console = Console(highlight=False)
    token = auth_token or secrets.token_hex(16)
    console.print(f"TWILIO_ACCOUNT_SID={(sid := account_sid or 'AC' + secrets.token_hex(16))}")
    console.print("TWILIO_AUTH_TOKEN is the one given" if auth_token else f"TWILIO_AUTH_TOKEN={token}")
    urls = {_e164(number, "--number"): (voice_url, status_url)} if number else {}
    _serve(sid, token, port, urls, script, _e164(caller, "--from") if ring else "", made(out))


def _serve(
    sid: str,
    token: str,
    port: int,
    urls: dict[str, tuple[str, str]],
    script: Path | None,
    ring_from: str,
    out: Path,
) -> None:
    """`urls` are, by number, the voice URL and that of the status callback, which may be empty."""
    from offhook.box.calls import Hook
    from offhook.box.settings import BoxSettings, Number

    numbers = {
        number: Number(Hook(voice), status_callback=Hook(status) if status else None)
        for number, (voice, status) in urls.items()
    }
    try:
        settings = BoxSettings(sid, token, numbers, port=port)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

    # After the cheap refusals: these bring the speech models' runtimes with them.
    from offhook.box_alone import run_box
    from offhook.call_request import read_script

    console = Console(highlight=False)
    try:
        asyncio.run(run_box(settings, read_script(script or DEMO_SCRIPT), ring_from, out, console))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped.")


def _e164(text: str, option: str) -> str:
    try:
        return checked_number(text)
    except RequestRefused as error:
        raise typer.BadParameter(error.failure.sentence, param_hint=option) from error
