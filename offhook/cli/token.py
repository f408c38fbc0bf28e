"""`offhook token`: stream tokens that `/stream` accepts, for trying a streamer by hand or under load."""

import os
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from calls.record import Mode
from calls.stream_token import Grant, mint

EXAMPLE = """Print a stream token, to be sent as <Parameter name="token">. The secret comes from OFFHOOK_STREAM_SECRET.

    OFFHOOK_STREAM_SECRET=... offhook token 01K... CA... --agent default --mode pipeline

Many at once, one "CALL_ID TWILIO_SID" a line:

    offhook token - --agent default --mode pipeline < calls.txt
"""


def token(
    call_id: Annotated[str, typer.Argument(metavar="CALL_ID", help='The callId, or "-" to read standard input.')],
    agent: Annotated[str, typer.Option("--agent", help="The agent that will talk.", show_default=False)],
    mode: Annotated[Mode, typer.Option("--mode", help="The mode that the stream is for.", show_default=False)],
    twilio_sid: Annotated[str, typer.Argument(metavar="TWILIO_SID", help="Twilio's CallSid.")] = "",
    lifetime_s: Annotated[int, typer.Option("--lifetime-s", min=1, max=86_400, help="Seconds it stays good.")] = 3600,
) -> None:
    secret = os.environ.get("OFFHOOK_STREAM_SECRET", "")
    if not secret:
        raise typer.BadParameter("set OFFHOOK_STREAM_SECRET to the secret that the streamer has", param_hint="secret")
    if call_id == "-":
        if twilio_sid:
            raise typer.BadParameter('with "-" the TWILIO_SIDs come from standard input', param_hint="TWILIO_SID")
        pairs = read_pairs(sys.stdin)
    elif not twilio_sid:
        raise typer.BadParameter("give the CallSid after the callId", param_hint="TWILIO_SID")
    else:
        pairs = iter([(call_id, twilio_sid)])
    for one_call_id, one_sid in pairs:
        grant = Grant(
            call_id=one_call_id,
            twilio_sid=one_sid,
            agent=agent,
            mode=mode,
            nonce=secrets.token_urlsafe(12),
            expires_at_s=int(time.time()) + lifetime_s,
        )
        typer.echo(mint(secret, grant))


def read_pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(callId, CallSid) of each line that is not blank. BadParameter names the first line that is neither."""
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2:
            raise typer.BadParameter(f'line {number} is not "CALL_ID TWILIO_SID"', param_hint="standard input")
        yield words[0], words[1]
