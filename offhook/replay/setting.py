"""The agent that a replayed call is answered by: as its file stands, or with something changed. Pure but for reading.

A vendor whose key is not in the environment is not asked: Offhook's own engines, which need none, take its place, and
that is said.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calls.agent import parse
from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from calls.record import Mode
from offhook.replay.agent_text import assignment, changed, to_toml, value_at

KEYS: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
    "deepgram": "DEEPGRAM_API_KEY",
    "elevenlabs": "ELEVENLABS_API_KEY",
}
OWN: Mapping[str, str] = {"recogniser": "embedded", "reply": "scripted", "speech": "embedded"}
"""The engines that need no key."""
OWN_VOICE = "heart"


@dataclass(frozen=True, slots=True)
class Setting:
    """`name` heads its column; `what` says what is particular to it; `table` is its agent file; `notes` tell, in
    sentences, what was put in the place of what."""

    name: str
    what: str
    table: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def first_mode(self) -> str:
        return str(self.table.get("modes", [Mode.PIPELINE.value])[0])


@dataclass(frozen=True, slots=True)
class Change:
    """What another setting is to have: another agent file's `table`, a `mode`, fields as "path=value"."""

    agent: Mapping[str, Any] | None = None
    mode: Mode | None = None
    fields: Sequence[str] = ()

    @property
    def is_none(self) -> bool:
        return self.agent is None and self.mode is None and not self.fields


def agent_table(agent: str, agents: Path) -> Mapping[str, Any]:
    """The agent file of that path, or of that name in the folder `agents`. ConfigurationInvalid."""
    path = Path(agent)
    if path.suffix != ".toml":
        known = load(agents)
        if agent not in known:
            raise ConfigurationInvalid(
                f"there is no agent {agent} in {agents}; there is {', '.join(known)}. Give --agents FOLDER, or --agent "
                "with a name of these or the path of an agent file"
            )
        path = agents / f"{agent}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(f"{path} cannot be read: {error}") from error
    parse(text, path.name)
    return tomllib.loads(text)


def as_it_is(name: str, table: Mapping[str, Any], mode: str, environment: Mapping[str, str]) -> Setting:
    """The agent as its file stands, beginning in `mode`, that of the call, where there is one that can be had."""
    modes = table.get("modes", [Mode.PIPELINE.value, Mode.TRADITIONAL.value])
    if mode in [one.value for one in Mode] and mode != modes[0] and (mode != Mode.REALTIME or _has(environment)):
        table = {**table, "modes": ladder(Mode(mode))}
        return _possible(name, f"agent {table['name']}, in {mode} mode as the call", table, environment)
    return _possible(name, f"agent {table['name']}", table, environment)


def with_change(name: str, base: Setting, change: Change, environment: Mapping[str, str]) -> Setting:
    """`base` with a change made. ConfigurationInvalid where the agent cannot have it, or the mode has no key."""
    fields = dict(assignment(one) for one in change.fields)
    table = dict(change.agent or base.table)
    what = [f"agent {table['name']}"] if change.agent else []
    if change.mode is not None:
        if change.mode is Mode.REALTIME and not _has(environment):
            raise ConfigurationInvalid(
                "realtime mode speaks with OpenAI's models: set OPENAI_API_KEY, or take another --mode",
                code="key-missing",
            )
        table["modes"] = ladder(change.mode)
        what.append(f"{change.mode.value} mode")
    for path, value in fields.items():
        before = value_at(table, path)
        what.append(f"{path} = {_shown(value)}" + ("" if before is None else f" (was {_shown(before)})"))
    table = changed(table, fields)
    parse(to_toml(table), f"{table.get('name', 'agent')}.toml")
    return _possible(name, ", ".join(what), table, environment)


def ladder(mode: Mode) -> list[str]:
    """`mode` and, below it, traditional: every ladder ends there."""
    return [mode.value] if mode is Mode.TRADITIONAL else [mode.value, Mode.TRADITIONAL.value]


def write(setting: Setting, folder: Path, name: str) -> None:
    """The setting's agent file into `folder`, under another name."""
    (folder / f"{name}.toml").write_text(to_toml({**setting.table, "name": name}), encoding="utf-8")


def _possible(name: str, what: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> Setting:
    """The setting without what no key is there for."""
    notes: list[str] = []
    table = changed(table, {})
    models = table.get("models", {})
    for part, own in OWN.items():
        vendor = str(models.get(part, own)).partition("/")[0]
        if not _has(environment, vendor):
            notes.append(f"{part} {models[part]} needs {KEYS[vendor]}, which is not set: {own} took its place.")
            models[part] = own
            if part == "speech":
                table.setdefault("voice", {})["speech"] = OWN_VOICE
        others = f"{part}_fallbacks"
        if others in models:
            models[others] = [one for one in models[others] if _has(environment, one.partition("/")[0])]
    if Mode.REALTIME.value in table.get("modes", []) and not _has(environment):
        notes.append("realtime mode needs OPENAI_API_KEY, which is not set: the call begins one mode lower.")
        table["modes"] = [mode for mode in table["modes"] if mode != Mode.REALTIME.value]
    after = table.get("after_call", {})
    if str(after.get("model", "")).startswith("openai") and not _has(environment):
        notes.append(f"the summary by {after['model']} needs OPENAI_API_KEY, which is not set: it is an extract.")
        after["model"] = "scripted"
    return Setting(name, what, table, tuple(notes))


def _has(environment: Mapping[str, str], vendor: str = "openai") -> bool:
    return vendor not in KEYS or bool(environment.get(KEYS[vendor]))


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
