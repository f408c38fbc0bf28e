"""The lock files agree with pyproject.toml and with each other, and name no host. `make lock` writes them."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.infra.cloudformation import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
GROUPS: dict[str, list[Any]] = PROJECT["dependency-groups"]
DEPLOYED = ["functions/requirements.txt", "streamer/requirements.txt"]
LOCKS = ["requirements.lock", *DEPLOYED, "infra/locks/uv.txt", "infra/locks/sam.txt", "infra/locks/runtime.txt"]


def locked(name: str) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Project name to every (version, hashes) that the lock holds for it; a universal lock may hold several."""
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for stanza in re.split(r"\n(?=[a-z])", (ROOT / name).read_text()):
        project, version = re.split(r"==|[ \\;]+", stanza, maxsplit=2)[:2]
        found.setdefault(project, []).append((version, frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", stanza))))
    return found


def unmet(wanted: list[Any], lock: str) -> list[str]:
    """The requirements that the lock does not hold a version for."""
    versions = {project: [version for version, _ in stanzas] for project, stanzas in locked(lock).items()}
    asked = [Requirement(text) for text in wanted if isinstance(text, str)]
    return [
        str(asking)
        for asking in asked
        if not any(asking.specifier.contains(v) for v in versions.get(canonicalize_name(asking.name), []))
    ]


def test_every_dependency_of_the_project_is_locked() -> None:
    assert unmet([text for extra in EXTRAS.values() for text in extra] + GROUPS["dev"], "requirements.lock") == []


def test_what_the_lambdas_need_is_locked_for_them_and_nothing_else_is_shipped() -> None:
    assert unmet(EXTRAS["functions"], "functions/requirements.txt") == []
    assert not {"aiohttp", "boto3", "numpy", "ministack", "websockets"} & set(locked("functions/requirements.txt"))


def test_what_the_streamer_needs_is_locked_for_its_image() -> None:
    assert unmet(EXTRAS["streamer"] + listed("infra/locks/streamer-besides.txt"), "streamer/requirements.txt") == []


def listed(name: str) -> list[Any]:
    """The requirements in a file of plain ones."""
    return [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]


def test_tools_are_locked() -> None:
    assert unmet(GROUPS["uv"], "infra/locks/uv.txt") == []
    assert unmet(GROUPS["sam"] + listed("infra/locks/linters.txt"), "infra/locks/sam.txt") == []
    assert unmet(listed("infra/locks/emulated.txt"), "infra/locks/runtime.txt") == []


@pytest.mark.parametrize("lock", DEPLOYED)
def test_what_is_deployed_runs_the_versions_that_are_tested_here(lock: str) -> None:
    here = locked("requirements.lock")
    for project, (only,) in locked(lock).items():
        assert only in here[project], f"{project} differs between the locks: run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_its_hashes_and_no_lock_names_a_host(lock: str) -> None:
    assert all(hashes for stanzas in locked(lock).values() for _, hashes in stanzas)
    assert "://" not in (ROOT / lock).read_text()
