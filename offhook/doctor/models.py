"""Whether the models that the agents name are there, and stay. Dates are announced ones, read on the day the tables
say; OpenAI's own list of models, which knows better, is asked where there is a key."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from calls.agent import Agent
from calls.agent_realtime import DEFAULT_MODEL as REALTIME_MODEL
from calls.agent_realtime import SHUTDOWNS
from calls.openai_models import DEFAULT_MODEL, is_openai, shutdown_of
from calls.record import Mode
from offhook.doctor import openai_key
from offhook.doctor.exam import Exam
from offhook.doctor.finding import Finding, failed, passed, warned
from offhook.doctor.providers import providers_of, realtime_doubts

SOON_DAYS = 60
_TABLE = Path(__file__).parent / "retirements.toml"


@dataclass(frozen=True, slots=True)
class Named:
    """A model that an agent names, in the field `part` of its [models]."""

    agent: str
    part: str
    model: str


async def models(exam: Exam) -> Finding:
    named = openai_models_of(exam.notes.agents.values())
    vendor = exam.settings.vendors.get("openai")
    listed: Mapping[str, date | None] | None = None
    if named and vendor and vendor.key:
        listed = await openai_key.listed_models(exam, vendor)
    doubts = [sentence for agent in exam.notes.agents.values() for sentence in realtime_doubts(agent)]
    return judge(named, exam.today(), listed, doubts)


def openai_models_of(agents: Iterable[Agent]) -> list[Named]:
    """OpenAI's; the other vendors' models are tried by opening their sockets. A plain "openai" is the default one."""
    found = []
    for agent in agents:
        for part, provider in providers_of(agent):
            default = DEFAULT_MODEL if part.startswith("reply") else REALTIME_MODEL
            if is_openai(provider):
                found.append(Named(agent.name, part, provider.partition("/")[2] or default))
        if Mode.REALTIME in agent.modes and is_openai(agent.models.realtime):
            found.extend(Named(agent.name, "realtime (transcription)", model) for model in agent.realtime.models)
    return found


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def retirement(model: str, listed: Mapping[str, date | None]) -> date | None:
    """The announced day; the vendor's own word goes first."""
    others = {name: one["on"] for one in _table()["retired"] for name in one["models"]}
    return listed.get(model) or SHUTDOWNS.get(model) or shutdown_of(model) or others.get(model)


def instead_of(model: str) -> str:
    return str(next(one["name"] for one in _table()["instead"] if one["of"] in model))


def judge(
    named: Iterable[Named], today: date, listed: Mapping[str, date | None] | None, doubts: Sequence[str] = ()
) -> Finding:
    """`listed` is OpenAI's list: each model with its shutdown date, if it has one; None where it was not asked.
    `doubts` are sentences on names that OpenAI may not know."""
    bad, soon, count = [], [], 0
    for one in dict.fromkeys(named):
        count += 1
        who = f"Agent {one.agent}, models.{one.part}: openai/{one.model}"
        retired = retirement(one.model, listed or {})
        if retired and retired <= today:
            bad.append((f"{who} was shut down on {retired}.", instead_of(one.model)))
        elif listed is not None and one.model not in listed:
            bad.append((f"{who} is not among the models that this key may use.", instead_of(one.model)))
        elif retired and (retired - today).days <= SOON_DAYS:
            soon.append((f"{who} will be shut down on {retired}.", instead_of(one.model)))
    if bad:
        return failed(
            " ".join(sentence for sentence, _ in bad),
            "OpenAI retires models; a call that asks for one falls to the next in the agent's ladder, or to silence.",
            f"Name another in the agent's [models], such as {bad[0][1]}, and deploy.",
        )
    if soon:
        return warned(" ".join(sentence for sentence, _ in soon), f"Name another in time, such as {soon[0][1]}.")
    if doubts:
        return warned(" ".join(doubts), "Name a known one, unless you know that OpenAI has that one too.")
    if not count:
        return passed("no agent names a model of OpenAI's")
    return passed(f"{count} named, none retired{'' if listed is None else ', all known to OpenAI'}")
