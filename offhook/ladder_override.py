"""A copy of an agents folder in which one agent stands on another ladder: how one machine tries a single mode."""

import re
import shutil
from pathlib import Path

from calls.agent import parse
from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from calls.record import Mode

_MODES = re.compile(r"^modes[ \t]*=[ \t]*\[[^\]]*\][^\n]*\n?", re.MULTILINE)


def with_ladder(text: str, mode: Mode) -> str:
    """The agent file's text with the ladder `mode` and, below it, traditional: every ladder ends there."""
    names = [mode.value] if mode is Mode.TRADITIONAL else [mode.value, Mode.TRADITIONAL.value]
    line = "modes = [" + ", ".join(f'"{name}"' for name in names) + "]\n"
    # At the top of a TOML file only the agent's own fields can stand, so this needs no place of its own.
    return line + _MODES.sub("", text, count=1)


def copy_agents(source: Path, target: Path, agent: str, mode: Mode | None) -> Path:
    """Copy the agent files of `source` into `target`, `agent` on the ladder of `mode` where one is given.

    ConfigurationInvalid when the folder is not right, or has no agent of that name.
    """
    agents = load(source)
    if agent not in agents:
        known = ", ".join(agents)
        raise ConfigurationInvalid(f"there is no agent {agent} in {source}; there is {known}")
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.toml")):
        shutil.copyfile(file, target / file.name)
    if mode is not None:
        file = target / f"{agent}.toml"
        changed = with_ladder(file.read_text(encoding="utf-8"), mode)
        parse(changed, file.name)
        file.write_text(changed, encoding="utf-8")
    return target
