"""`offhook forget`."""

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from calls.errors import ConfigurationInvalid
from offhook.cli import exits
from offhook.cli.options import DEFAULT_OUT, Out

EXAMPLE = """Delete all that is kept of the calls with a number, or of one call, and say what only others can delete.

    offhook forget "+1 415 555 0123"

    offhook forget 01KABCDEFGHJKMNPQRSTVWXYZ0 --yes

Works on what `offhook up` runs; with OFFHOOK_TABLE, AWS_REGION and AWS credentials in the environment, on a
deployment's table: dynamodb:GetItem, Query (on its indexes too) and BatchWriteItem. Files are those under --out, and
callers' voices in OFFHOOK_CALLER_AUDIO.
A call that is going on, or has only just ended, stays; the exit status is then 1.
"""


def forget(
    whom: Annotated[str, typer.Argument(metavar="NUMBER", help="A number with its country code, or a call.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    out: Out = DEFAULT_OUT,
) -> None:
    from offhook import forget as forgetting
    from offhook.calls_table import forgetter, opened

    audio = os.environ.get("OFFHOOK_CALLER_AUDIO", "").strip()
    places = forgetting.Places(opened(out), forgetter(out), out, Path(audio) if audio else None)
    find = places.of_number if forgetting.is_number(whom) else places.of_call
    calls = find(whom, time.time_ns() // 1_000_000)
    if not calls:
        print("Nothing is kept of such a call.")
        return
    for call in calls:
        print(forgetting.listed(call))
    going = [call for call in calls if not call.why_not]
    if going and (yes or typer.confirm(f"Delete {_calls(len(going))}? They cannot be brought back.")):
        try:
            places.forget(calls)
        except OSError as error:
            raise ConfigurationInvalid(f"{error.filename} cannot be deleted: {error.strerror}") from error
        print(f"\nDeleted: {_calls(len(going))}. Not in reach from here:")
        for sentence in forgetting.out_of_reach(calls):
            print(f"- {sentence}")
    elif going:
        print("Nothing was deleted.")
        raise typer.Exit(exits.FAILED)
    if len(going) < len(calls):
        raise typer.Exit(exits.FAILED)


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"
