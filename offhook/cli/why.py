"""`offhook why`."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from calls.errors import ConfigurationInvalid
from offhook.cli.options import DEFAULT_OUT, Out

EXAMPLE = """Tell why one call went as it did: the likeliest cause and what to do, then all that happened, in order.

    offhook why 01KABCDEFGHJKMNPQRSTVWXYZ0

    offhook why CA0123456789abcdef0123456789abcdef --html why.html

    offhook why out/01KABCDEFGHJKMNPQRSTVWXYZ0/call.json

Reads what `offhook up` runs, or kept; with OFFHOOK_TABLE, AWS_REGION and AWS credentials in the environment, a
deployment's table. The exit status is 0 however the call went.
"""


def why(
    call: Annotated[str, typer.Argument(metavar="CALL", help="A callId, Twilio's CallSid, or a call.json.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on standard output.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write a page; it reads offline.")
    ] = None,
    out: Out = DEFAULT_OUT,
) -> None:
    from calls.post_mortem import to_plain
    from offhook.why.source import told
    from offhook.why.terminal import rendered

    found = told(call, out, time.time_ns() // 1_000_000)
    if html:
        from offhook.why.page import page

        try:
            html.write_text(page(found), encoding="utf-8")
        except OSError as error:
            raise ConfigurationInvalid(f"{html} cannot be written: {error.strerror}") from error
    if as_json:
        print(json.dumps(to_plain(found), indent=2, ensure_ascii=False))
    else:
        Console(highlight=False).print(rendered(found))
