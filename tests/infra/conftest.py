"""What `sam build` makes, built once for every test that looks at it."""

import os
import sys
from pathlib import Path

import pytest

from tests.infra.cloudformation import ROOT
from tests.infra.sam_tool import SAM_BIN, WHEELS, run


@pytest.fixture(scope="session")
def sam() -> str:
    """The SAM CLI."""
    if not (SAM_BIN / "sam").exists():
        pytest.skip("SAM is not installed: `make test` installs it into .venv-sam")
    return str(SAM_BIN / "sam")


@pytest.fixture(scope="session")
def built(sam: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` filled, one folder a function and one a child."""
    if not (WHEELS / ".ready").exists():
        pytest.skip("the Lambdas' wheels are not here: `make test` downloads them into .cache/wheels")
    folder = tmp_path_factory.mktemp("sam")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PIP_CONFIG_FILE": os.devnull}
    command = [sam, "build", "-t", str(ROOT / "template.yaml"), "-b", str(folder / "build")]
    run(command, folder, PYTHON=sys.executable, **offline)
    return folder / "build"
