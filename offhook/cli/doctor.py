"""`offhook doctor`."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from calls.errors import ConfigurationInvalid, RequestRefused
from offhook import up_state
from offhook.cli.options import DEFAULT_OUT, Out
from offhook.missing import MissingPart
from offhook.places import STATE_FILE

if TYPE_CHECKING:
    from offhook.doctor.exam import Check
    from offhook.doctor.finding import Outcome
    from offhook.doctor.settings import DoctorSettings

PATIENCE_S = 75.0

EXAMPLE = """Find out why a call does not connect, or would not: a table of checks, and for each that fails the likely
cause and what to do next.

    offhook doctor

looks at what `offhook up` runs on this machine. A deployment is looked at from outside, as Twilio sees it; give its
settings in the environment, by the names that it has itself:

    export OFFHOOK_PUBLIC_URL=https://calls.example.com

    export OFFHOOK_STREAM_URL=wss://stream.example.com

    export TWILIO_ACCOUNT_SID=AC...

    export TWILIO_AUTH_TOKEN=...

    export OFFHOOK_FROM_NUMBER=+15005550006

    offhook doctor --to +4930123456 --patient

The more it is given, the more it can check: OFFHOOK_STREAM_SECRET, OFFHOOK_AGENTS, OFFHOOK_INBOUND_AGENT,
OFFHOOK_TABLE (with AWS credentials), OPENAI_API_KEY, DEEPGRAM_API_KEY, ELEVENLABS_API_KEY. What it is not given it
does not check, and says so.

It dials nobody. A made-up call, from "offhook-doctor", passes the webhooks and streams for a second or two; its
record stays, and is completed. It counts in no report, budget or metric of calls, and nobody is told of it. OpenAI is
asked for 16 tokens. Keys and whole numbers are never printed.

Exit status: 0 nothing failed (there may be warnings), 1 something failed, 2 there is nothing to look at.
"""


def doctor(
    *,
    public_url: Annotated[str, typer.Option("--public-url", envvar="OFFHOOK_PUBLIC_URL", metavar="URL")] = "",
    stream_url: Annotated[str, typer.Option("--stream-url", envvar="OFFHOOK_STREAM_URL", metavar="URL")] = "",
    account_sid: Annotated[str, typer.Option("--account-sid", envvar="TWILIO_ACCOUNT_SID", metavar="SID")] = "",
    number: Annotated[
        str, typer.Option("--number", envvar="OFFHOOK_FROM_NUMBER", metavar="NUMBER", help="The deployment's own.")
    ] = "",
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="NUMBER", help="A number that it means to call; may repeat.")
    ] = None,
    patient: Annotated[
        bool, typer.Option("--patient", help="Hold an idle stream for 75 s, to find idle time-outs on the way.")
    ] = False,
    patience_s: Annotated[
        float | None, typer.Option("--patience-s", min=1, max=110, help="The same, for as long as this.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="CHECK", help="This check by its name in the table, and what it builds on; may repeat."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ca_file: Annotated[
        str, typer.Option("--ca-file", envvar="SSL_CERT_FILE", help="Trust these certificates (PEM), not Mozilla's.")
    ] = "",
    out: Out = DEFAULT_OUT,
) -> None:
    given = {
        "OFFHOOK_PUBLIC_URL": public_url,
        "OFFHOOK_STREAM_URL": stream_url,
        "TWILIO_ACCOUNT_SID": account_sid,
        "OFFHOOK_FROM_NUMBER": number,
        "SSL_CERT_FILE": ca_file,
    }
    settings = _settings(given, out)
    patience = patience_s or (PATIENCE_S if patient else None)
    settings = replace(settings, destinations=tuple(map(_number, to or ())), patience_s=patience)
    raise typer.Exit(_examined(settings, _checks(only or ()), as_json=as_json))


def _settings(given: dict[str, str], out: Path) -> "DoctorSettings":
    """The deployment that is named; else what `offhook up` runs. ConfigurationInvalid where there is neither."""
    from offhook.doctor.settings import read

    if given["OFFHOOK_PUBLIC_URL"]:
        return read({**os.environ, **given})
    try:
        state = up_state.read(out / STATE_FILE)
    except MissingPart as error:
        raise ConfigurationInvalid(
            f"there is nothing to look at. Name a deployment (OFFHOOK_PUBLIC_URL, or --public-url). {error}"
        ) from error
    return read({**os.environ, **state.deployment, "SSL_CERT_FILE": given["SSL_CERT_FILE"]}, is_local=True)


def _checks(only: Sequence[str]) -> "tuple[Check, ...]":
    from offhook.doctor.checks import CHECKS, chosen

    try:
        return chosen(only)
    except KeyError as error:
        known = ", ".join(check.name for check in CHECKS)
        raise typer.BadParameter(f"there is no check {error}; there are {known}", param_hint="--only") from error


def _number(text: str) -> str:
    from offhook.call_request import checked_number

    try:
        return checked_number(text)
    except RequestRefused as error:
        raise typer.BadParameter(error.failure.sentence, param_hint="--to") from error


def _examined(settings: "DoctorSettings", checks: "tuple[Check, ...]", *, as_json: bool) -> int:
    from offhook.doctor import show
    from offhook.doctor.examine import examine
    from offhook.doctor.runner import exit_status

    waiting = [check.name for check in checks]
    with ExitStack() as closing:
        status = closing.enter_context(Console(stderr=True).status(_progress(waiting)))

        def progress(outcome: "Outcome") -> None:
            waiting.remove(outcome.name)
            status.update(_progress(waiting))

        outcomes = asyncio.run(examine(settings, checks, progress))
    code = exit_status(outcomes)
    if as_json:
        typer.echo(json.dumps(show.as_json(outcomes, code), indent=2, ensure_ascii=False))
        return code
    console = Console(highlight=False)
    where = "on this machine" if settings.is_local else settings.public_url
    console.print(Text(f"Offhook {where}", style="bold"))
    console.print(show.table_of(outcomes))
    console.print(Text(show.summary(outcomes), style="bold red" if code else "bold green"))
    return code


def _progress(waiting: Sequence[str]) -> str:
    return f"{len(waiting)} checks to go: {', '.join(waiting[:4])}{' …' if len(waiting) > 4 else ''}"
