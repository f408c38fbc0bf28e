"""The state file of `offhook up`: how another terminal finds it. Holds keys, so only its owner may read it."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from offhook.missing import MissingPart


@dataclass(frozen=True, slots=True)
class UpState:
    """`deployment` holds the settings of what runs, secrets among them, by their names: `offhook doctor` reads them."""

    pid: int
    control_url: str
    control_key: str
    store_url: str
    table: str
    deployment: dict[str, str] = field(default_factory=dict)


def write(path: Path, state: UpState) -> None:
    """Never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    os.replace(part, path)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def read(path: Path) -> UpState:
    """MissingPart, which says what to do, when nothing runs there."""
    try:
        state = UpState(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise MissingPart(f"Nothing is running here ({path} is missing): start `offhook up` first.") from error
    except (OSError, ValueError, TypeError) as error:
        raise MissingPart(f"{path} cannot be read; stop `offhook up` and start it again.") from error
    if not is_running(state.pid):
        raise MissingPart(f"What {path} tells of is no longer running: start `offhook up` again.")
    return state


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
