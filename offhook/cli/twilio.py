"""`offhook twilio`."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import ConfigurationInvalid
from offhook.cli.exits import FAILED
from offhook.missing import MissingPart

if TYPE_CHECKING:
    from offhook.doctor.finding import Finding
    from offhook.doctor.settings import DoctorSettings
    from offhook.doctor.twilio_rest import NumberHooks
    from offhook.set_up.hooks import Change

app = typer.Typer(help="Settings in your Twilio account.", no_args_is_help=True, rich_markup_mode=None)

EXAMPLE = """Point a Twilio number at a deployment: its webhook, its fallback and its status callback. What would change
is shown first, and nothing is written before you say yes.

    offhook twilio set-up --stack offhook-dev

The stack names its webhooks, its number, its account and the secret with the auth token; it is read with the region and
the credentials of the AWS CLI. Without them, name the deployment yourself:

    export TWILIO_ACCOUNT_SID=AC... TWILIO_AUTH_TOKEN=...

    offhook twilio set-up --public-url https://calls.example.com --number +15005550006

A TwiML App or a SIP trunk that has the number goes before its webhooks, so the number is taken from it. Messages (SMS)
are left as they are. Run it as often as you like: where nothing differs, nothing is written.

Exit status: 0 the number points at the deployment, 1 it does not (yet), 2 something is missing.
"""


@app.callback()
def twilio() -> None:
    """Settings in your Twilio account."""


@app.command("set-up", help=EXAMPLE)
def set_up(
    *,
    stack: Annotated[str, typer.Option("--stack", metavar="NAME", help="The deployed stack, like offhook-dev.")] = "",
    public_url: Annotated[str, typer.Option("--public-url", envvar="OFFHOOK_PUBLIC_URL", metavar="URL")] = "",
    number: Annotated[
        str,
        typer.Option("--number", envvar="OFFHOOK_FROM_NUMBER", metavar="NUMBER", help="Default: the stack's number."),
    ] = "",
    account_sid: Annotated[str, typer.Option("--account-sid", envvar="TWILIO_ACCOUNT_SID", metavar="SID")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    if not stack and not public_url:
        raise ConfigurationInvalid("there is nothing to point at: give --stack NAME, or --public-url URL")
    given = {"OFFHOOK_FROM_NUMBER": number, "TWILIO_ACCOUNT_SID": account_sid}
    settings, wanted = _of_stack(stack, given) if stack else _of_url(public_url, given)
    if not dry_run and not yes and not _is_asked():
        raise ConfigurationInvalid("nobody is here to say yes: add --yes to write, or --dry-run to look only")
    if not asyncio.run(_pointed(settings, wanted, dry_run=dry_run, yes=yes)):
        raise typer.Exit(FAILED)


def _of_stack(name: str, given: dict[str, str]) -> "tuple[DoctorSettings, NumberHooks]":
    from offhook.set_up import deployed, hooks

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    stack = deployed.stack(name, endpoint)
    of_stack = {
        "OFFHOOK_FROM_NUMBER": stack.parameters.get("FromNumber", ""),
        "TWILIO_ACCOUNT_SID": stack.parameters.get("TwilioAccountSid", ""),
    }
    found = {field: given[field] or of_stack[field] for field in given}
    if not os.environ.get("TWILIO_AUTH_TOKEN"):
        found["TWILIO_AUTH_TOKEN"] = deployed.auth_token(stack.parameters.get("SecretName", ""), endpoint)
    return _checked(found), hooks.of_outputs(stack.outputs, name)


def _of_url(public_url: str, given: dict[str, str]) -> "tuple[DoctorSettings, NumberHooks]":
    from offhook.set_up import hooks

    return _checked(given), hooks.of_url(public_url)


def _checked(given: dict[str, str]) -> "DoctorSettings":
    """Twilio's side of it. Raises ConfigurationInvalid for what is missing or no phone number."""
    from calls.errors import RequestRefused
    from offhook.call_request import checked_number
    from offhook.doctor.settings import read

    settings = read({**os.environ, **given})
    missing = [
        name
        for name, value in (
            ("TWILIO_ACCOUNT_SID", settings.account_sid),
            ("TWILIO_AUTH_TOKEN", settings.auth_token),
            ("--number", settings.from_number),
        )
        if not value
    ]
    if missing:
        raise ConfigurationInvalid(f"{', '.join(missing)} is missing; `offhook twilio set-up --help` shows how")
    try:
        return replace(settings, from_number=checked_number(settings.from_number))
    except RequestRefused as error:
        raise ConfigurationInvalid(error.failure.sentence) from error


def _is_asked() -> bool:
    import sys

    return sys.stdin.isatty()


async def _pointed(settings: "DoctorSettings", wanted: "NumberHooks", *, dry_run: bool, yes: bool) -> bool:
    """Whether the number asks `wanted` in the end. Raises MissingPart where Twilio does not let it."""
    from offhook.doctor import twilio_account, twilio_rest
    from offhook.doctor.privacy import masked
    from offhook.set_up.hooks import changes

    console, name = Console(highlight=False), masked(settings.from_number)
    try:
        found = await twilio_rest.number(settings)
        if found is None:
            raise MissingPart(
                f"the account has no number {name}. Which it has: https://console.twilio.com, Phone Numbers."
            )
        differing = changes(found, wanted)
        if not differing:
            console.print(f"{name} points at this deployment already; nothing to change.")
            return True
        console.print(_table(name, differing))
        if dry_run:
            console.print("Nothing was written. Leave --dry-run out to write it.")
            return False
        if not yes and not await asyncio.to_thread(typer.confirm, "Write this?"):
            console.print("Nothing was written.")
            return False
        left = changes(await twilio_rest.point(settings, wanted) or found, wanted)
    except twilio_rest.Refused as refused:
        raise MissingPart(_said(twilio_account.judge_refused(refused))) from refused
    if left:
        raise MissingPart(
            f"Twilio kept something else for: {', '.join(one.setting for one in left)}. Look at the console."
        )
    console.print(f"{name} points at this deployment now. `offhook doctor` looks at the way there, or call it.")
    return True


def _said(finding: "Finding") -> str:
    return f"{finding.saw.removeprefix('Not checked: ')} {finding.remedy}"


def _table(name: str, differing: "Sequence[Change]") -> Table:
    table = Table(title=f"The number {name}", title_justify="left", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("setting", "now", "will be"):
        table.add_column(heading, overflow="fold")
    for one in differing:
        table.add_row(one.setting, one.now or "nothing", one.then or "nothing")
    return table
