"""Where things are on one machine."""

from importlib.util import find_spec
from pathlib import Path

from offhook.missing import MissingPart


def _beside(module: str, name: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPart(f"Offhook's own package {module} is not installed; run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations))).parent / name


SHIPPED_AGENTS = _beside("calls", "agents")
"""The folder of agents that ship, beside the domain."""

SCRIPTS = Path(__file__).parent / "scripts"
DEMO_SCRIPT = SCRIPTS / "demo.toml"
OUT = Path("out")
REPLAYS = Path("replays")
"""Inside the out folder: calls that were earlier calls, driven again."""

STATE_FILE = Path("state") / "up.json"
"""Inside the out folder: how `offhook call` finds what `offhook up` runs."""
