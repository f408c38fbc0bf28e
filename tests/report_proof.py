"""`python -m tests.report_proof`: calls through the box, with faults planted in known numbers of them, and the report
over them held against what was planted. Every part is a process of its own; only hearing, thinking and speaking are
light (`tests.fakes.light`).
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from calls.errors import Blame
from offhook.box.calls import CallStatus
from offhook.stack.plain_http import NO_TLS
from tests.fakes.box_parts import DeafEars, ToneMouth
from tests.fakes.light import TURNS_BEFORE_GOODBYE
from tests.whole.scene import AGENTS, Ended, Scene, UnderWay, scene, script
from tests.whole.terminal import asked

STREAMER = "tests.fakes.faulty_light_streamer"
AT_ONCE = 20
BLAMED = {
    "poor": ("openai-quota", Blame.CONFIGURATION),
    "lost": ("openai-cut-off", Blame.PROVIDER),
    "broken": ("engine-broke", Blame.OFFHOOK),
}
"""What each agent of `faulty_light_streamer` comes to in the record."""


@dataclass(frozen=True, slots=True)
class Planted:
    """How many calls of each kind. `well` end with a goodbye, in `leaving` the caller hangs up after an interruption,
    `busy` and `unanswered` are not picked up; `faults` are by the names in BLAMED."""

    well: int
    leaving: int
    busy: int
    unanswered: int
    faults: Mapping[str, int]

    @property
    def calls(self) -> int:
        return self.connected + self.busy + self.unanswered

    @property
    def connected(self) -> int:
        return self.well + self.leaving + self.fallen

    @property
    def fallen(self) -> int:
        return sum(self.faults.values())

    def expected(self) -> dict[str, Any]:
        """What a report has to say of these calls, as `told` takes it from one."""
        return {
            "calls": self.calls,
            "connected": self.connected,
            "completed": self.well,
            "fell": self.fallen,
            **{f"{BLAMED[name][0]} [{BLAMED[name][1].value}]": count for name, count in self.faults.items() if count},
        }


HUNDRED = Planted(well=61, leaving=7, busy=4, unanswered=3, faults={"poor": 11, "lost": 8, "broken": 6})
DOZEN = Planted(well=3, leaving=1, busy=1, unanswered=0, faults={"poor": 3, "lost": 2, "broken": 2})


def told(report: Mapping[str, Any]) -> dict[str, Any]:
    """The same figures of `offhook report --json`."""
    row = report["all"]
    faults = {f"{one['code']} [{one['blame']}]": one["calls"] for one in row["failures"]}
    return {**{name: row[name] for name in ("calls", "connected", "completed", "fell")}, **faults}


def agents_in(folder: Path) -> Path:
    """The default agent, with a short greeting, under the name of each fault too."""
    folder.mkdir()
    text = re.sub(r"(?m)^greeting = .*$", 'greeting = "Hello."', (AGENTS / "default.toml").read_text(encoding="utf-8"))
    for name in ("default", *BLAMED):
        (folder / f"{name}.toml").write_text(text.replace('name = "default"', f'name = "{name}"'), encoding="utf-8")
    return folder


def number(place: int) -> str:
    return f"+1415555{1000 + place:04d}"


def refusals(planted: Planted) -> dict[str, CallStatus]:
    """The first numbers are not picked up."""
    statuses = [CallStatus.BUSY] * planted.busy + [CallStatus.NO_ANSWER] * planted.unanswered
    return {number(place): status for place, status in enumerate(statuses)}


async def make_calls(here: Scene, planted: Planted, folder: Path, at_once: int = AT_ONCE) -> list[Ended]:
    whole = script(folder, *['say = "REC/hello.wav"'] * (TURNS_BEFORE_GOODBYE + 1))
    cuts_in = 'when = "agent-speaking"\nafter_ms = 800\nsay = "REC/hello.wav"'
    leaves = script(folder, 'say = "REC/hello.wav"', cuts_in, "hang_up = true")
    gives_up = script(folder, 'say = "REC/hello.wav"', 'when = "now"\nwait_ms = 6000', "hang_up = true")
    wanted = [("default", whole)] * (planted.busy + planted.unanswered)
    wanted += [("default", whole)] * planted.well + [("default", leaves)] * planted.leaving
    wanted += [(name, gives_up) for name, count in planted.faults.items() for _ in range(count)]
    scripts = {number(place): does for place, (_, does) in enumerate(wanted)}
    here.box.script_for = scripts.get
    room = asyncio.Semaphore(at_once)

    async def call(place: int, agent: str) -> Ended:
        async with room:
            return await (await placed(here, number(place), agent)).ended()

    return await asyncio.gather(*(call(place, agent) for place, (agent, _) in enumerate(wanted)))


async def placed(here: Scene, to: str, agent: str) -> UnderWay:
    headers = {"Authorization": f"Bearer {here.stack.api_key}", "Idempotency-Key": str(uuid.uuid4())}
    web = here.stack.public_url
    async with httpx.AsyncClient(base_url=web, trust_env=False, verify=NO_TLS, timeout=20) as http:
        answer = await http.post("/calls", json={"to": to, "agent": agent}, headers=headers)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return UnderWay(here, here.box.calls[answer.json()["twilioSid"]])


def compared(planted: Mapping[str, Any], reported: Mapping[str, Any]) -> str:
    """Both side by side, as a table of Markdown."""
    names = list(dict.fromkeys([*planted, *reported]))
    lines = ["| | planted | reported | |", "| --- | ---: | ---: | --- |"]
    for name in names:
        mine, theirs = planted.get(name, 0), reported.get(name, 0)
        lines.append(f"| {name} | {mine} | {theirs} | {'' if mine == theirs else '**differs**'} |")
    return "\n".join(lines)


async def run(planted: Planted, at_once: int) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        agents, refused = agents_in(folder / "agents"), refusals(planted)
        async with scene(
            folder, DeafEars(), ToneMouth(), agents=agents, streamer_module=STREAMER, refusals=refused
        ) as here:
            calls = await make_calls(here, planted, folder, at_once)
            report = json.loads((await asyncio.to_thread(asked, here, "report", "--json")).stdout)
            shown = (await asyncio.to_thread(asked, here, "report")).stdout
    statuses = Counter(ended.record.status.value for ended in calls)
    counted = f"{len(calls)} calls, at most {at_once} at once: {dict(statuses)}"
    sys.stdout.write(f"{shown}\n{counted}\n\n{compared(planted.expected(), told(report))}\n")
    return 0 if told(report) == planted.expected() else 1


def scaled(calls: int) -> Planted:
    """HUNDRED, or DOZEN for less than that."""
    return HUNDRED if calls >= HUNDRED.calls else DOZEN


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.report_proof", description=__doc__)
    parser.add_argument("--calls", type=int, default=HUNDRED.calls, help="100, or 12 for less")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="of them (default: %(default)s)")
    given = parser.parse_args(arguments)
    return asyncio.run(run(scaled(given.calls), given.at_once))


if __name__ == "__main__":
    sys.exit(main())
