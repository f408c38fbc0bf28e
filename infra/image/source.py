"""Collect what the streamer's image is built from: its Dockerfile, its lock, and the code that it runs.

Called by `sam build` through the Makefile beside this file. Standard library only, any Python from 3.11.
"""

import shutil
import sys
from pathlib import Path

ROOMS = ("streamer", "functions/calls", "functions/agents")
SUFFIXES = {".py", ".toml"}
BESIDES = ("streamer/Dockerfile", "streamer/requirements.txt")
NOT_HERE = "{} is not in {}: run `sam build` with --build-in-source, as samconfig.toml has it."


def main(arguments: list[str]) -> int:
    root, target = (Path(argument) for argument in arguments)
    for name in (*ROOMS, *BESIDES):
        if not (root / name).exists():
            print(NOT_HERE.format(name, root.resolve()), file=sys.stderr)  # noqa: T201 - this is a command
            return 1
    for path in collected(root):
        kept = target / path.relative_to(root)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
    return 0


def collected(root: Path) -> list[Path]:
    """Every file of the image's source, in a stable order."""
    code = (path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in SUFFIXES)
    return sorted({*code, *(root / name for name in BESIDES)})


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
