"""The parts of functions/artefact.py that decide what a Lambda gets; the whole of it is run in test_sam.py."""

import shutil
import sys
from pathlib import Path

import botocore
import pytest
from botocore.loaders import Loader
from botocore.session import Session

import artefact

LOCK = """\
charset-normalizer==3.5.2 \\
    --hash=sha256:aa
    # via requests
idna==3.20 \\
    --hash=sha256:bb
pydantic-core==2.50.4 \\
    --hash=sha256:cc \\
    --hash=sha256:dd
"""


def write(root: Path, *names: str, text: str = "") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_only_sources_and_agents_are_shipped(tmp_path: Path) -> None:
    write(tmp_path, "calls/record.py", "handlers/voice.py", "agents/default.toml")
    write(tmp_path, "artefact.py", "Makefile", "calls/__pycache__/record.pyc", "calls/notes.txt")
    shipped = [path.relative_to(tmp_path).as_posix() for path in artefact.shipped(tmp_path)]
    assert shipped == ["agents/default.toml", "calls/record.py", "handlers/voice.py"]


def test_the_prices_are_shipped_with_the_code_that_reads_them() -> None:
    functions = Path(artefact.__file__).parent
    shipped = {path.relative_to(functions).as_posix() for path in artefact.shipped(functions)}
    assert {f"calls/rates/{vendor}.toml" for vendor in ("deepgram", "elevenlabs", "openai", "twilio")} <= shipped


def test_the_fingerprint_follows_sources_names_and_the_lock(tmp_path: Path) -> None:
    write(tmp_path, "calls/a.py", "requirements.txt", "artefact.py")
    seen = {artefact.fingerprint(tmp_path)}
    write(tmp_path, "requirements.txt", text="idna==3.20")
    seen.add(artefact.fingerprint(tmp_path))
    write(tmp_path, "calls/a.py", text="x = 1")
    seen.add(artefact.fingerprint(tmp_path))
    (tmp_path / "calls/a.py").rename(tmp_path / "calls/b.py")
    seen.add(artefact.fingerprint(tmp_path))
    assert len(seen) == 4


def test_only_compiled_packages_are_taken_a_second_time(tmp_path: Path) -> None:
    write(tmp_path, "pydantic_core-2.50.4.dist-info/WHEEL", text="Root-Is-Purelib: false\n")
    write(tmp_path, "charset_normalizer-3.5.2.dist-info/WHEEL", text="Root-Is-Purelib: false\n")
    write(tmp_path, "idna-3.20.dist-info/WHEEL", text="Root-Is-Purelib: true\n")
    kept = artefact.compiled_part(LOCK, tmp_path)
    assert [line for line in kept.splitlines() if "==" in line] == [
        "charset-normalizer==3.5.2 \\",
        "pydantic-core==2.50.4 \\",
    ]
    assert "sha256:bb" not in kept
    assert "sha256:dd" in kept


def test_merging_adds_what_only_the_other_architecture_has(tmp_path: Path) -> None:
    write(tmp_path / "arm", "p/__init__.py", "p/_c.aarch64.so")
    write(tmp_path / "x86", "p/__init__.py", "p/_c.x86_64.so", "p/more/_d.x86_64.so")
    artefact.merge(tmp_path / "x86", tmp_path / "arm")
    assert names(tmp_path / "arm") == ["p/__init__.py", "p/_c.aarch64.so", "p/_c.x86_64.so", "p/more/_d.x86_64.so"]


def test_merging_refuses_a_file_that_differs_except_in_metadata(tmp_path: Path) -> None:
    write(tmp_path / "arm", "p-1.dist-info/WHEEL", "p/_c.so", text="arm")
    write(tmp_path / "x86", "p-1.dist-info/WHEEL", text="x86")
    artefact.merge(tmp_path / "x86", tmp_path / "arm")
    write(tmp_path / "x86", "p/_c.so", text="x86")
    with pytest.raises(artefact.BuildFailed, match=r"p/_c\.so differs between aarch64 and x86_64"):
        artefact.merge(tmp_path / "x86", tmp_path / "arm")


def test_trimming_keeps_the_services_that_are_called(tmp_path: Path) -> None:
    write(tmp_path, "botocore/data/dynamodb/service-2.json", "botocore/data/ec2/service-2.json")
    write(tmp_path, "botocore/data/endpoints.json", "twilio/rest/__init__.py", "twilio/rest/api/v2010.py")
    write(tmp_path, "twilio/rest/video/v1.py", "phonenumbers/geodata/data0.py", "phonenumbers/util.pyi", "bin/tool")
    artefact.trim(tmp_path)
    assert names(tmp_path) == [
        "botocore/data/dynamodb/service-2.json",
        "botocore/data/endpoints.json",
        "twilio/rest/__init__.py",
        "twilio/rest/api/v2010.py",
    ]


def test_a_lock_that_pip_cannot_install_fails_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "requirements.txt", text="idna==3.20 --hash=sha256:00\n")
    write(tmp_path, "artefact.py", "calls/a.py")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    (tmp_path / "built").mkdir()
    assert artefact.main([str(tmp_path / "built" / "VoiceFunction")]) == 1
    refusal = capsys.readouterr().err
    assert refusal.startswith(f"{sys.executable} -m pip could not install functions/requirements.txt for aarch64.")
    assert list((tmp_path / "built").iterdir()) == []


def test_thin_data_makes_the_same_clients(tmp_path: Path) -> None:
    whole = Path(botocore.__file__).parent / "data"
    data = tmp_path / "data"
    shutil.copytree(whole, data, ignore=lambda at, inside: set(inside) - _kept(Path(at).relative_to(whole), inside))
    artefact.thin(data)
    assert (data / "endpoints.json").stat().st_size < 50_000
    assert not list(data.rglob("*.gz"))
    assert sorted(artefact.BOTOCORE_SERVICES) == sorted(path.name for path in data.iterdir() if path.is_dir())
    thin, thick = (Loader([str(folder)], include_default_search_paths=False) for folder in (data, whole))
    for service in artefact.BOTOCORE_SERVICES:
        # China's and the government's partitions have names of their own.
        for region in ("eu-central-1", "us-gov-west-1", "cn-north-1"):
            assert _told(service, region, thin) == _told(service, region, thick)


def _kept(folder: Path, inside: list[str]) -> set[str]:
    if folder.parts:
        return set(inside)
    return {name for name in inside if name in artefact.BOTOCORE_SERVICES or "." in name}


def _told(service: str, region: str, data: Loader) -> tuple[object, ...]:
    """Where a client sends what, by this data."""
    session = Session()
    session.register_component("data_loader", data)
    session.set_credentials("a", "b")
    client = session.create_client(service, region_name=region)
    model = client.meta.service_model
    shapes = {name: repr(model.shape_for(name)) for name in model.shape_names}
    operations = {name: repr(model.operation_model(name).http) for name in model.operation_names}
    return client.meta.endpoint_url, model.metadata, operations, shapes


def test_a_member_named_as_manuals_are_is_kept() -> None:
    told = {"documentation": "a manual", "members": {"documentation": {"shape": "S", "documentation": "more"}}}
    assert artefact.without_manual([told]) == [{"members": {"documentation": {"shape": "S"}}}]
