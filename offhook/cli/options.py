"""The options that several commands share."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from calls.errors import ConfigurationInvalid
from calls.record import Mode
from offhook.places import OUT, SHIPPED_AGENTS

Script = Annotated[
    Path | None,
    typer.Option("--script", metavar="FILE", help="What the person at the other end does (TOML). Default: the demo's."),
]
AgentName = Annotated[str, typer.Option("--agent", metavar="NAME", help="The agent that talks.")]


class LadderRung(StrEnum):
    """The modes, best first. Realtime needs OpenAI's key; the others run without an account."""

    REALTIME = Mode.REALTIME.value
    PIPELINE = Mode.PIPELINE.value
    TRADITIONAL = Mode.TRADITIONAL.value


LadderMode = Annotated[
    LadderRung | None, typer.Option("--mode", help="Stand on this mode. Default: the agent's own ladder.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the calls are kept, one folder each.")]
Agents = Annotated[
    Path | None,
    typer.Option("--agents", metavar="DIR", help="The agent files. Default: OFFHOOK_AGENTS, or those that ship."),
]
DEFAULT_OUT = OUT


def agents_folder(given: Path | None) -> Path:
    return given or Path(os.environ.get("OFFHOOK_AGENTS") or SHIPPED_AGENTS)


def as_mode(given: LadderRung | None) -> Mode | None:
    return Mode(given.value) if given else None


def made(out: Path) -> Path:
    """The out folder, there and writable. ConfigurationInvalid where it cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationInvalid(f"the folder {out} cannot be made: {error.strerror}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise ConfigurationInvalid(f"the folder {out} cannot be written to; give another with --out")
    return out


def check_key(mode: Mode | None) -> None:
    """ConfigurationInvalid where the mode needs a key that is not set."""
    if mode is Mode.REALTIME and not os.environ.get("OPENAI_API_KEY"):
        raise ConfigurationInvalid(
            "realtime mode speaks with OpenAI's models: set OPENAI_API_KEY, or take --mode pipeline, which needs none",
            code="key-missing",
        )
