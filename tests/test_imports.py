"""What the domain stands on: the standard library, botocore in the store's own modules and where AWS is asked,
phonenumbers where numbers are read."""

import ast
import sys
from pathlib import Path

import pytest

CALLS = Path(__file__).parents[1] / "functions" / "calls"
MODULES = sorted(path.stem for path in CALLS.rglob("*.py"))
OF_THE_STORE = {"botocore", "mypy_boto3_dynamodb"}
OF_AWS = {"botocore", "urllib3"}
ASKING_AWS = {"aws_clients", "aws_json", "secrets_manager"}
OF_NUMBERS = {"phonenumbers"}  # plain data and functions: whose number it is, and what it costs


def imported(module: str) -> set[str]:
    """The top-level names of everything that a module of the domain imports, at its head or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((CALLS / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES)
def test_the_domain_imports_itself_and_the_standard_library(module: str) -> None:
    allowed = sys.stdlib_module_names | {"calls"}
    if module.startswith("dynamo"):
        allowed |= OF_THE_STORE
    if module in ASKING_AWS:
        allowed |= OF_AWS
    if module in {"redaction", "telephony"}:
        allowed |= OF_NUMBERS
    assert imported(module) - allowed == set()


@pytest.mark.parametrize(
    "module", [name for name in MODULES if not name.startswith("dynamo") and name not in ASKING_AWS]
)
def test_the_domain_has_no_socket_no_process_and_no_loop_of_its_own(module: str) -> None:
    assert imported(module) & {"asyncio", "http", "random", "socket", "subprocess", "threading"} == set()


def test_the_modules_are_found() -> None:
    assert {"record", "conversation", "dynamo", "errors"} <= set(MODULES)
