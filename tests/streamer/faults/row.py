"""A line of the table of faults, and the making of all its calls at once."""

import asyncio
import inspect
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Protocol

import certifi
import pytest

from calls.errors import Blame
from tests.streamer.faults.scene import ANSWERS, ASKED, GREETING, Call, Outcome, outcome_of, script

AT_ONCE_S = 1.5
"""What a caller may wait where nothing goes wrong that anybody could hear: end of turn, model and voice take 0.4 s, and
the machine that runs many calls at once is slow."""
ROOM_S = 0.5
"""What a busy machine may add to any wait; the shortest thing that would be wrong, a second try, is longer."""
_CALLS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault comes to.

    `hears` is heard in full, once; of `begins` the beginning is heard, once; `may_begin` may have begun when the call
    is handed over; nothing else of the agent's words is heard. `asked` is what is kept of the caller's words. With a
    `code` the call is handed over, and the record blames `blame` in a sentence that has `says` in it; without one it
    goes on as if nothing had happened. `waits_s` is the longest the caller waits for a sound, or for being handed over;
    `pauses_s` the longest the agent stops in a sentence, or is silent before it is handed over.
    """

    name: str
    call: Call
    _: KW_ONLY
    hears: tuple[str, ...] = (GREETING, *ANSWERS)
    begins: str = ""
    may_begin: str = ""
    asked: tuple[str, ...] = ASKED
    code: str = ""
    blame: Blame = Blame.PROVIDER
    says: str = ""
    waits_s: float = AT_ONCE_S
    pauses_s: float = AT_ONCE_S


class Rowed(Protocol):
    """A line of any table."""

    @property
    def name(self) -> str: ...

    @property
    def call(self) -> Call: ...

    @property
    def waits_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcomes by the row's name; `left_over` names the tasks that outlived their calls."""

    outcomes: dict[str, Outcome | Exception]
    left_over: list[str]

    def of(self, row: Rowed) -> Outcome:
        outcome = self.outcomes[row.name]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def made_of(
    rows: Sequence[Rowed],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    parameter: str = "row",
) -> Batch:
    """The outcomes of those rows that any selected test of the session asks for by name, with its `parameter`.

    Nothing here speaks TLS: one certificate instead of the machine's hundred and fifty halves the work of a call.
    """
    items = [one for one in request.session.items if isinstance(one, pytest.Function) and hasattr(one, "callspec")]
    wanted = {getattr(one.callspec.params.get(parameter), "name", "") for one in items}
    bundle = tmp_path_factory.mktemp("tls") / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    bundle.write_text(Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end, encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(bundle))
        return make_calls([row for row in rows if row.name in wanted])


def make_calls(rows: Sequence[Rowed]) -> Batch:
    """Make the calls of all rows, some at a time."""
    return asyncio.run(_make_calls(rows))


async def _make_calls(rows: Sequence[Rowed]) -> Batch:
    await outcome_of(Call(script(), utterances=()))  # what the first call of a process pays for is not the others'
    room = asyncio.Semaphore(_CALLS_AT_ONCE)
    outcomes: dict[str, Outcome | Exception] = {}

    async def make(row: Rowed) -> None:
        async with room:
            try:
                outcomes[row.name] = await outcome_of(row.call)
            except Exception as error:  # a row's trouble is its own test's
                outcomes[row.name] = error

    async with asyncio.TaskGroup() as calls:
        for row in sorted(rows, key=lambda row: -row.waits_s):
            calls.create_task(make(row))
    await asyncio.sleep(0)
    left_over = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    return Batch(outcomes, left_over)


def default_of(made: type, parameter: str) -> float:
    """A deadline that a constructor has by default."""
    return float(inspect.signature(made).parameters[parameter].default)
