"""Run SAM, and the linters beside it, in an environment without credentials and without a way out."""

import os
import subprocess
from pathlib import Path

from tests.infra.cloudformation import ROOT

SAM_BIN = ROOT / ".venv-sam" / "bin"
WHEELS = ROOT / ".cache" / "wheels"
NOWHERE = "http://127.0.0.1:9"  # whoever tries to leave this machine is refused at once


def run(command: list[str], folder: Path, **settings: str) -> str:
    """The standard output of a tool that succeeds; it sees nothing of this process's environment but its path, and lets
    the calls go first that other tests hold in real time."""
    environment = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1",
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(folder),
        **settings,
    }
    done = subprocess.run(
        ["nice", *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout
