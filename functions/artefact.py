"""Make the one artefact that every Lambda runs: our code, its agents, and the locked packages it needs.

Called by `sam build` through the Makefile beside this file; not shipped itself. Standard library and pip only, with
whatever Python 3.11 or newer the deployer has: pip picks the wheels for Lambda's Python, not for this one. Compiled
wheels are taken for both of Lambda's architectures and lie side by side (their file names differ), so the artefact
runs on either and the template's Architecture may change without a word to the build.
"""

import argparse
import filecmp
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LAMBDA_PYTHON = "3.13"
ARCHITECTURES = ("aarch64", "x86_64")
GLIBC_TAGS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")  # Lambda's Amazon Linux 2023 has glibc 2.34
LOCK = Path("requirements.txt")
OURS = ("calls", "handlers", "agents")
SOURCE_SUFFIXES = {".py", ".toml"}

# What no handler can reach. botocore keeps one folder of data a service; twilio one package a product.
BOTOCORE_SERVICES = {"dynamodb", "events", "secretsmanager", "sqs", "sts"}
TWILIO_PRODUCTS = {"api"}
DROPPED = ("bin", "phonenumbers/carrierdata", "phonenumbers/geodata", "phonenumbers/tzdata")
DROPPED_SUFFIXES = {".pyi", ".c", ".h"}


class BuildFailed(Exception):
    """The artefact cannot be made; the sentence says why."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build the Lambda artefact from the current folder.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("artefact", nargs="?", type=Path, help="the empty folder that SAM will zip")
    what.add_argument(
        "--wheels", type=Path, help="only download the wheels into this folder, for builds without network"
    )
    wanted = parser.parse_args(arguments)
    try:
        if wanted.wheels:
            _download(wanted.wheels)
        else:
            _build(wanted.artefact.absolute())
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def _build(artefact: Path) -> None:
    """Fill one function's folder, from a stage beside it that all functions of one `sam build` share."""
    stage = artefact.parent / f".functions-{fingerprint(Path())[:16]}"
    if not stage.exists():
        _make(stage)
    _link(stage, artefact)


def fingerprint(source: Path) -> str:
    """A digest of everything that decides what the artefact holds: sources, lock and this file."""
    digest = hashlib.sha256()
    for path in (*shipped(source), source / LOCK, source / "artefact.py"):
        digest.update(f"{path.relative_to(source).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def shipped(source: Path) -> list[Path]:
    """Our own files that belong in the artefact, in a stable order."""
    found = (path for room in OURS for path in (source / room).rglob("*"))
    return sorted(path for path in found if path.suffix in SOURCE_SUFFIXES and path.is_file())


def _make(stage: Path) -> None:
    """Build under another name and rename, so that a parallel or broken build never leaves half an artefact."""
    with tempfile.TemporaryDirectory(dir=stage.parent) as scratch:
        made, other = (Path(scratch) / architecture for architecture in ARCHITECTURES)
        lock = LOCK.read_text()
        _install(made, lock, ARCHITECTURES[0])
        _install(other, compiled_part(lock, made), ARCHITECTURES[1])
        merge(other, made)
        trim(made)
        thin(made / "botocore" / "data")
        for path in shipped(Path()):
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, made / path)
        _compile(made)
        try:
            made.rename(stage)
        except OSError:
            if not stage.exists():  # otherwise another function's build was quicker, with the same result
                raise


def _install(target: Path, lock: str, architecture: str) -> None:
    """The locked packages for one architecture."""
    listed = target.with_suffix(".txt")
    listed.write_text(lock)
    _pip("install", architecture, "--no-compile", "--target", str(target), "-r", str(listed))


def _download(folder: Path) -> None:
    """The wheels of the locked packages for every architecture."""
    for architecture in ARCHITECTURES:
        _pip("download", architecture, "--dest", str(folder), "-r", str(LOCK))


def _pip(verb: str, architecture: str, *arguments: str) -> None:
    """Run pip for Lambda's Python on `architecture`: hashes checked, nothing but what is listed, nothing compiled."""
    platforms = [f"--platform={tag}_{architecture}" for tag in GLIBC_TAGS]
    choice = ["--implementation=cp", f"--python-version={LAMBDA_PYTHON}", *platforms, "--only-binary=:all:"]
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command = [sys.executable, "-m", "pip", verb, *options, *choice, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(
            f"{sys.executable} -m pip could not {verb} functions/{LOCK} for {architecture}.\n{done.stderr}"
        )


def compiled_part(lock: str, installed: Path) -> str:
    """The stanzas of the lock whose packages, as installed, hold compiled code; the others run anywhere."""
    wheels = installed.glob("*.dist-info/WHEEL")
    compiled = {_project(w.parent.name) for w in wheels if "Root-Is-Purelib: false" in w.read_text()}
    stanzas = re.split(r"\n(?=[a-z])", lock)
    return "\n".join(stanza for stanza in stanzas if _project(stanza) in compiled)


def _project(text: str) -> str:
    """The normalised project name at the start of a lock line ("a-b==1") or a metadata folder ("a_b-1.dist-info")."""
    return re.split(r"==|-\d", text, maxsplit=1)[0].replace("_", "-").lower()


def merge(other: Path, into: Path) -> None:
    """Add the files that only `other` has. A file that both have must be the same: one of them would not run."""
    for path in sorted(other.rglob("*")):
        kept = into / path.relative_to(other)
        if path.is_dir():
            kept.mkdir(exist_ok=True)
        elif not kept.exists():
            path.rename(kept)
        elif not path.relative_to(other).parts[0].endswith(".dist-info") and not filecmp.cmp(path, kept, shallow=False):
            raise BuildFailed(f"{path.relative_to(other)} differs between {' and '.join(ARCHITECTURES)}.")


def trim(root: Path) -> None:
    """Take away what no handler can reach: it would only make cold starts longer."""
    doomed = [root / name for name in DROPPED]
    doomed += _folders_except(root / "botocore" / "data", BOTOCORE_SERVICES)
    doomed += _folders_except(root / "twilio" / "rest", TWILIO_PRODUCTS)
    for folder in doomed:
        shutil.rmtree(folder, ignore_errors=True)
    for path in list(root.rglob("*")):
        if path.suffix in DROPPED_SUFFIXES:
            path.unlink()


def thin(data: Path) -> None:
    """Leave of botocore's data what its clients look at: every cold start reads it from the first byte to the last.

    endpoints.json names the endpoints of every service of AWS's, 1.2 MB; of a service's model a third is its manual,
    and it is packed, which the artefact is anyway.
    """
    endpoints = data / "endpoints.json"
    told = json.loads(endpoints.read_text())
    for partition in told["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in BOTOCORE_SERVICES}
    endpoints.write_text(_written(told))
    for packed in data.glob("*/*/*.json.gz"):
        packed.with_suffix("").write_text(_written(without_manual(json.loads(gzip.decompress(packed.read_bytes())))))
        packed.unlink()


def without_manual(told: Any) -> Any:
    """`told` without every "documentation" that is a text; a member of that name is not."""
    if isinstance(told, list):
        return [without_manual(part) for part in told]
    if not isinstance(told, dict):
        return told
    said = {name for name, part in told.items() if name == "documentation" and isinstance(part, str)}
    return {name: without_manual(part) for name, part in told.items() if name not in said}


def _written(told: Any) -> str:
    return json.dumps(told, separators=(",", ":"))


def _folders_except(parent: Path, kept: Iterable[str]) -> Iterator[Path]:
    return (path for path in parent.glob("*") if path.is_dir() and path.name not in kept)


def _compile(root: Path) -> None:
    """Ship bytecode: Lambda's file system is read-only, so without it every cold start compiles everything anew.

    Unchecked, because zipping changes the times that checked bytecode is compared with.
    """
    python = lambda_python()
    if python is None:
        print(
            f"Python {LAMBDA_PYTHON} is not on this machine: "
            "bytecode is left out, and cold starts take about 3 times as long."
        )
        return
    options = ["--invalidation-mode=unchecked-hash", "-qq", "-s", str(root), "-p", "/var/task"]
    subprocess.run([python, "-m", "compileall", *options, str(root)], check=True)


def lambda_python() -> str | None:
    """A Python of Lambda's version on this machine: this one, the one on PATH, or one that pyenv keeps; or None."""
    name = f"python{LAMBDA_PYTHON}"
    kept_by_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{LAMBDA_PYTHON}.*/bin/{name}"))
    for candidate in (sys.executable, name, *map(str, kept_by_pyenv)):
        try:
            asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        except OSError:
            continue
        if answer == LAMBDA_PYTHON:
            return candidate
    return None


def _link(stage: Path, artefact: Path) -> None:
    """Fill the function's folder from the stage: hard links where the file system can, copies where not."""
    shutil.copytree(stage, artefact, copy_function=_link_or_copy, dirs_exist_ok=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
