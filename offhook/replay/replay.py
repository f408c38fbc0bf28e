"""`offhook replay`: one recorded call, driven again against one setting or two, as often as asked."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calls.errors import OffhookError
from offhook.house import HouseSettings, open_house
from offhook.replay.difference import Column
from offhook.replay.result import result_of
from offhook.replay.run import Job, OnProgress, Ran, run_jobs
from offhook.replay.setting import Setting, write
from offhook.replay.tape import Tape
from offhook.termination import ending_on_sigterm

RECORDED = "recorded"


class ReplayFailed(OffhookError):
    """A call could not be driven again to its end."""

    default_code = "replay-failed"


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """`times` calls for each of `settings`, at most `at_once` at a time; their folders go into `out`."""

    tape: Tape
    settings: tuple[Setting, ...]
    times: int
    at_once: int
    out: Path


async def run_replay(
    asked: ReplaySettings, tell: Callable[[str], None], on_progress: OnProgress
) -> tuple[list[Column], list[Ran]]:
    """The columns of the settings, after that of the call itself where it is known, and all calls that were made.
    ReplayFailed where one could not be made; what `open_house` raises."""
    with ending_on_sigterm(), tempfile.TemporaryDirectory(prefix="offhook-agents-") as folder:
        names = [f"replay-{number}" for number in range(1, len(asked.settings) + 1)]
        for name, setting in zip(names, asked.settings, strict=True):
            write(setting, Path(folder), name)
        # In turns, so that a machine that grows busier does so for all settings alike.
        jobs = [
            Job(asked.tape, name, f"{setting.name}, {time} of {asked.times}")
            for time in range(1, asked.times + 1)
            for name, setting in zip(names, asked.settings, strict=True)
        ]
        async with open_house(HouseSettings(asked.out, Path(folder), names[0]), tell) as house:
            ran = await run_jobs(house, jobs, at_once=asked.at_once, on_progress=on_progress)
    return [*recorded(asked.tape), *_columns(asked.settings, names, ran)], ran


def recorded(tape: Tape) -> list[Column]:
    """The call as it was, where its `call.json` is there."""
    if not tape.call:
        return []
    what = f"the call itself, {tape.name}, {tape.call.get('startedAt', '')[:16].replace('T', ' ')} UTC"
    return [Column(RECORDED, what, (result_of(tape.call),), tape.notes)]


def _columns(settings: Sequence[Setting], names: Sequence[str], ran: Sequence[Ran]) -> list[Column]:
    columns = []
    for setting, name in zip(settings, names, strict=True):
        runs = []
        for one in ran:
            if one.job.agent != name:
                continue
            if one.call is None:
                raise ReplayFailed(f"The call {one.job.what} could not be made: {one.why}")
            runs.append(result_of(one.call))
        columns.append(Column(setting.name, setting.what, tuple(runs), setting.notes))
    return columns
