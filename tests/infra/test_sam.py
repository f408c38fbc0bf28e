"""What SAM makes of template.yaml, and what the Lambdas would run: built here, without Docker and without a network.

`make test` makes what this needs: SAM in .venv-sam, and the Lambdas' wheels in .cache/wheels.
"""

import json
import subprocess
from pathlib import Path

import pytest

import artefact
from tests.infra.cloudformation import CHILDREN, FUNCTION, ROOT, handlers, resources
from tests.infra.sam_tool import SAM_BIN, run

pytestmark = pytest.mark.sam


@pytest.fixture(scope="module", autouse=True)
def _sam_is_installed(sam: str) -> None:
    """Every test here runs SAM or what lives beside it."""


def test_the_template_is_valid_and_lints(tmp_path: Path) -> None:
    template = str(ROOT / "template.yaml")
    assert "is a valid SAM Template" in run([str(SAM_BIN / "sam"), "validate", "--lint", "-t", template], tmp_path)


def test_what_sam_makes_of_it_lints_and_holds_no_circle(tmp_path: Path) -> None:
    transform = [str(SAM_BIN / "python"), str(ROOT / "tests/infra/sam_transform.py"), str(ROOT / "template.yaml")]
    made = tmp_path / "template.json"
    made.write_text(run(transform, tmp_path))
    assert "VoiceFunctionRole" in json.loads(made.read_text())["Resources"]
    run([str(SAM_BIN / "cfn-lint"), str(made)], tmp_path)


def test_every_child_lints(tmp_path: Path) -> None:
    run([str(SAM_BIN / "cfn-lint"), *map(str, CHILDREN)], tmp_path)


def test_the_dockerfile_lints(tmp_path: Path) -> None:
    run([str(SAM_BIN / "hadolint"), str(ROOT / "streamer/Dockerfile")], tmp_path)


def test_the_images_source_and_function_are_built_with_the_rest(built: Path, lambda_python: str) -> None:
    image = built / "Image"
    assert (image / "Source/streamer/Dockerfile").read_bytes() == (ROOT / "streamer/Dockerfile").read_bytes()
    assert (image / "Source/functions/calls/route.py").exists()
    # The others need Lambda's boto3. Bytecode written here would be a change to what is deployed.
    run([lambda_python, "-B", "-c", "import infra.image.answers"], image / "ImageFunction")
    assert (image / "ImageFunction/infra/image/handler.py").exists()


def test_every_function_is_built_and_all_are_the_same(built: Path) -> None:
    functions = sorted(resources(FUNCTION))
    folders = {path.name for path in built.iterdir() if path.is_dir() and path.name[0] != "."}
    assert sorted(folders - set(resources("AWS::CloudFormation::Stack"))) == functions
    names = [sorted(str(path.relative_to(built / f)) for path in (built / f).rglob("*")) for f in functions]
    assert names == [names[0]] * len(functions)


def test_the_artefact_holds_our_code_and_nothing_that_only_we_need(built: Path) -> None:
    root = built / "VoiceFunction"
    ours = {path.relative_to(ROOT / "functions") for path in artefact.shipped(ROOT / "functions")}
    assert {path.relative_to(root) for path in artefact.shipped(root)} == ours
    assert Path("agents/default.toml") in ours
    assert not [path for path in root.iterdir() if path.name in {"artefact.py", "Makefile", "tests", "aiohttp", "bin"}]
    assert sum(path.stat().st_size for path in root.rglob("*")) < 80_000_000  # Lambda's own limit is 250 MB


def test_compiled_packages_are_there_for_both_architectures(built: Path) -> None:
    compiled = {path.name.split(".")[1] for path in (built / "VoiceFunction" / "pydantic_core").glob("*.so")}
    assert compiled == {"cpython-313-aarch64-linux-gnu", "cpython-313-x86_64-linux-gnu"}


# Refuses every connection and notes every setting that is read, so that nothing is done at import but importing.
IMPORT = """
import importlib, os, socket, sys

def refused(*_):
    raise AssertionError("a connection at import")

class Noting(type(os.environ)):
    read = set()

    def __getitem__(self, key):
        self.read.add(key)
        return super().__getitem__(key)

socket.socket.connect = socket.create_connection = refused
os.environ.__class__ = Noting
root, module, function = sys.argv[1:]
sys.path.insert(0, root)
handler = getattr(importlib.import_module(module), function)
assert callable(handler)
assert sys.modules[module].__file__.startswith(root)
settings = {name for name in Noting.read if name.startswith(("OFFHOOK", "TWILIO", "OPENAI", "DEEPGRAM", "ELEVENLABS"))}
assert not settings, f"{module} reads {settings} at import"
"""


@pytest.fixture(scope="module")
def lambda_python() -> str:
    found = artefact.lambda_python()
    if found is None:
        pytest.skip(f"PYTHON {artefact.LAMBDA_PYTHON} IS NOT ON THIS MACHINE: nothing proves that the artefact imports")
    return found


@pytest.mark.parametrize("handler", handlers())
def test_a_handler_imports_from_the_artefact_alone(
    handler: str, built: Path, lambda_python: str, tmp_path: Path
) -> None:
    module, function = handler.rsplit(".", 1)
    isolated = [lambda_python, "-I", "-S", "-c", IMPORT]
    done = subprocess.run(
        [*isolated, str(built / "VoiceFunction"), module, function],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_bytecode_is_shipped_and_never_checked_against_times(built: Path, lambda_python: str) -> None:
    """PEP 552: the second word of the header says how bytecode is checked; 1 is by hash, and never."""
    compiled = list((built / "VoiceFunction").rglob("*.pyc"))
    sources = list((built / "VoiceFunction").rglob("*.py"))
    assert len(compiled) == len(sources)
    assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\x00\x00\x00"}
