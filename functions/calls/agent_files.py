"""The folder of agent files: the one place that reads it."""

from pathlib import Path

from calls.agent import Agent, read
from calls.errors import ConfigurationInvalid


def load(folder: Path) -> dict[str, Agent]:
    """Every agent of the folder (its `*.toml` files) by name, in the order of the names.

    ConfigurationInvalid names every problem of every file, or says that the folder is missing or holds no agent.
    """
    agents, problems = _read(folder)
    if problems:
        raise ConfigurationInvalid("; ".join(problems))
    return agents


def check(folder: Path) -> list[str]:
    """Every problem of every file, one sentence each that begins with the file's name; empty when all is well.

    ConfigurationInvalid when the folder is missing or holds no agent file.
    """
    return _read(folder)[1]


def _read(folder: Path) -> tuple[dict[str, Agent], list[str]]:
    agents: dict[str, Agent] = {}
    problems: list[str] = []
    for file in _files(folder):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{file.name}: cannot be read as UTF-8 text: {error}")
            continue
        agent, wrong = read(text, file.name)
        problems.extend(f"{file.name}: {problem}" for problem in wrong)
        if agent:
            agents[agent.name] = agent
    return agents, problems


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ConfigurationInvalid(f"the folder of agents, {folder}, is missing")
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigurationInvalid(f"the folder of agents, {folder}, holds no .toml file")
    return files
