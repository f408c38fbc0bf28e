"""`offhook forget`."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calls.errors import ConfigurationInvalid
from offhook.cli import exits
from offhook.cli.options import DEFAULT_OUT, Out
from offhook.places import REPLAYS

if TYPE_CHECKING:
    from offhook.forget import Table

EXAMPLE = """Delete all that is kept of the calls with a number, or of one call, and say what only others can delete.

    offhook forget "+1 415 555 0123"

    offhook forget 01KABCDEFGHJKMNPQRSTVWXYZ0 --yes

Works on what `offhook up` runs; with OFFHOOK_TABLE, AWS_REGION and AWS credentials in the environment, on a
deployment's table: dynamodb:GetItem, Query (on its indexes too) and BatchWriteItem. Files are those under --out, with
replays that know which call they were, and callers' voices in OFFHOOK_CALLER_AUDIO. Where neither runs nor is named,
only these files are looked at, and that is said: a call of an earlier `offhook up` or `offhook demo` is nowhere else.
A call that is going on, or has only just ended, stays; the exit status is then 1.
"""


def forget(
    whom: Annotated[str, typer.Argument(metavar="NUMBER", help="A number with its country code, or a call.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    out: Out = DEFAULT_OUT,
) -> None:
    from offhook import forget as forgetting

    table, why_none = _table(out)
    audio = os.environ.get("OFFHOOK_CALLER_AUDIO", "").strip()
    places = forgetting.Places(table, out, Path(audio) if audio else None)
    by_number = forgetting.is_number(whom)
    calls = (places.of_number if by_number else places.of_call)(whom, time.time_ns() // 1_000_000)
    if why_none:
        print(f"Only this machine's files were looked at, no table. {why_none}")
    if by_number and (unknown := places.without_number()):
        print(f"{_calls(unknown)} in {out} may be with any number: kept by an earlier version. Name them by callId.")
    if unknown := places.replays_of_nobody():
        where = out / REPLAYS
        print(f"{_count(unknown, 'replay')} in {where} may be of any call: delete by hand what is of this one.")
    if not calls:
        print("Nothing is kept of such a call." if table else "Nothing of such a call is among them.")
        if not table:
            raise typer.Exit(exits.FAILED)
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
        for sentence in forgetting.out_of_reach(calls, table=table is not None):
            print(f"- {sentence}")
    elif going:
        print("Nothing was deleted.")
        raise typer.Exit(exits.FAILED)
    if len(going) < len(calls):
        raise typer.Exit(exits.FAILED)


def _table(out: Path) -> tuple["Table | None", str]:
    """The table in reach; or why there is none."""
    from offhook.calls_table import forgetter, opened
    from offhook.forget import Table
    from offhook.missing import MissingPart

    try:
        return Table(opened(out), forgetter(out)), ""
    except MissingPart as missing:
        return None, str(missing)


def _calls(count: int) -> str:
    return _count(count, "call")


def _count(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"
