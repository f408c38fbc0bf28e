"""`offhook compare`: a folder of recorded calls, each driven again in several modes, and the table of all of them."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calls.comparison import By, Comparison
from calls.conversation import Conversation
from calls.errors import OffhookError, RequestRefused
from calls.rate_card import standard
from calls.record import CallRecord, Mode
from calls.store import CallStore
from offhook.comparison.period import Period
from offhook.comparison.reading import read_call
from offhook.comparison.report import Report
from offhook.house import HouseSettings, open_house
from offhook.kept import JSON, WAV
from offhook.replay.run import Job, OnProgress, Ran, run_jobs
from offhook.replay.setting import KEYS, Change, Setting, agent_table, as_it_is, with_change, write
from offhook.replay.tape import Side, Tape, read_tape
from offhook.termination import ending_on_sigterm
from offhook.why.source import timed_conversation

DEFAULT_AGENT = "default"


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """Every one of `tapes` is called in each of `modes`, `times` over, by its own agent out of the folder `agents`, or
    by `agent` where that is not empty."""

    tapes: Sequence[Tape]
    modes: Sequence[Mode]
    agent: str
    agents: Path
    times: int
    at_once: int
    out: Path


@dataclass(frozen=True, slots=True)
class Compared:
    """The table, every call that was made or tried, and what a reader has to know, in sentences."""

    report: Report
    ran: Sequence[Ran]
    notes: Sequence[str]


def tapes_in(folder: Path, *, side: Side = "left", strict: bool = False) -> tuple[list[Tape], list[str]]:
    """The calls of a folder: its WAV files, and its folders of calls. Those that cannot be driven again are named, a
    sentence each. RequestRefused where the folder cannot be read, or holds none."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        raise RequestRefused(f"{folder} cannot be read: {error.strerror}.", code="file-invalid") from error
    calls = [one for one in inside if one.suffix.lower() == ".wav" or (one / JSON).is_file()]
    tapes, left_out = [], []
    for one in calls:
        try:
            tapes.append(read_tape(str(one), folder, side=side, strict=strict))
        except OffhookError as error:
            left_out.append(f"{one.name} is left out: {error.failure.sentence}")
    if not tapes:
        why = f" {left_out[0]}" if left_out else ""
        raise RequestRefused(
            f"{folder} holds no call: neither a WAV file, nor a call's folder with {JSON} and {WAV}, such as `offhook "
            f"demo` leaves in out/.{why}",
            code="no-recording",
        )
    return tapes, left_out


def possible(modes: Sequence[Mode], environment: Mapping[str, str]) -> tuple[list[Mode], list[str]]:
    """The modes that can be had, and a sentence for each that cannot. RequestRefused where none can."""
    key = KEYS["openai"]
    missing = [mode for mode in modes if mode is Mode.REALTIME and not environment.get(key)]
    notes = [
        f"{mode.value} mode is left out: it speaks with OpenAI's models, and {key} is not set." for mode in missing
    ]
    left = [mode for mode in modes if mode not in missing]
    if not left:
        raise RequestRefused(f"There is nothing to compare: {notes[0]}", code="key-missing")
    return left, notes


def settings_for(asked: CompareSettings, environment: Mapping[str, str]) -> dict[tuple[str, Mode], Setting]:
    """The agent of every call in every mode. ConfigurationInvalid names an agent that is not there."""
    names = {agent_of(tape, asked) for tape in asked.tapes}
    return {
        (name, mode): with_change(
            name, as_it_is(name, agent_table(name, asked.agents), "", environment), Change(mode=mode), environment
        )
        for name in sorted(names)
        for mode in asked.modes
    }


def agent_of(tape: Tape, asked: CompareSettings) -> str:
    return asked.agent or tape.agent or DEFAULT_AGENT


async def run_compare(
    asked: CompareSettings, environment: Mapping[str, str], tell: Callable[[str], None], on_progress: OnProgress
) -> Compared:
    """Makes all calls. One that cannot be made is told in the notes, and ends no other."""
    settings = settings_for(asked, environment)
    names = {key: f"compare-{number}" for number, key in enumerate(settings, 1)}
    jobs = [
        Job(tape, names[agent_of(tape, asked), mode], f"{tape.name}, {mode.value}")
        for _ in range(asked.times)
        for tape in asked.tapes
        for mode in asked.modes
    ]
    since_ms = _now_ms()
    with ending_on_sigterm(), tempfile.TemporaryDirectory(prefix="offhook-agents-") as folder:
        for key, setting in settings.items():
            write(setting, Path(folder), names[key])
        async with open_house(HouseSettings(asked.out, Path(folder), "compare-1"), tell) as house:
            ran = await run_jobs(house, jobs, at_once=asked.at_once, on_progress=on_progress)
            report = await asyncio.to_thread(report_of, house.store, ran, asked.agent, since_ms, _now_ms())
    notes = dict.fromkeys(note for setting in settings.values() for note in setting.notes)
    failed = [f"The call {one.job.what} could not be made: {one.why}" for one in ran if one.call is None]
    return Compared(report, ran, [*notes, *failed])


def report_of(store: CallStore, ran: Sequence[Ran], agent: str, since_ms: int, now_ms: int) -> Report:
    """The table of the calls that were made, their times as their lines carried them."""
    comparison = Comparison(By.MODE)
    for one in ran:
        if one.call is None:
            continue
        record = store.by_call_id(one.call["callId"])
        if record is not None:
            heard = _always(timed_conversation(one.call))
            comparison.add(read_call(store, standard(), now_ms, heard, record))
    return Report(By.MODE, Period(since_ms, None), agent, comparison.rows, comparison.whole, False, now_ms)


def _always(conversation: Conversation) -> Callable[[CallRecord], Conversation]:
    return lambda _record: conversation


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
