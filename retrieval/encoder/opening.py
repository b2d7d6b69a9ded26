"""Which encoder runs here."""

import shutil
from pathlib import Path
from typing import Literal

from retrieval.encoder.encoder import Encoder
from retrieval.encoder.minilm import MAX_TOKENS

SHOP_MODEL = "search"
ADAPTER_FILE = "adapter.safetensors"


def open_encoder(
    cache: Path,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    threads: int = 0,
    max_tokens: int = MAX_TOKENS,
    adapter: Path | None = None,
) -> Encoder:
    """The bilingual encoder for this machine.

    Args:
        cache: folder for exported graphs.
        device: ``auto`` takes CUDA where there is a GPU that torch can use, else the CPU.
        threads: of one call on CPU; 0 takes all cores.
        max_tokens: texts are cut there.
        adapter: what fits the encoder to this shop's catalogue; see ``CatalogAdapter``.

    Raises:
        WeightsError: the packaged weights, the shipped extension or the adapter are not usable.
    """
    if device == "cuda" or (device == "auto" and has_cuda()):
        from retrieval.encoder.torch_encoder import torch_encoder  # noqa: PLC0415

        return torch_encoder("cuda", max_tokens, adapter=adapter)
    from retrieval.encoder.onnx_encoder import onnx_encoder  # noqa: PLC0415

    return onnx_encoder(cache, threads, max_tokens, adapter=adapter)


def promoted_folder(models: Path) -> Path | None:
    """The version of this shop's own search that serves, of the model registry at ``models``."""
    pointer = models / SHOP_MODEL / "current"
    if not pointer.is_file():
        return None
    return pointer.parent / pointer.read_text(encoding="utf-8").strip()


def promoted_adapter(models: Path) -> Path | None:
    """The adapter to this shop's catalogue that serves."""
    folder = promoted_folder(models)
    return folder / ADAPTER_FILE if folder else None


def open_shop_encoder(models: Path, device: Literal["auto", "cpu", "cuda"] = "auto") -> Encoder:
    """The encoder of products and queries: with the promoted adapter, where there is one.

    The index must have been built with the same one: its generations name their encoder.

    Raises:
        WeightsError: weights or adapter are not usable.
    """
    return open_encoder(models, device, adapter=promoted_adapter(models))


def has_cuda() -> bool:
    """Whether torch can use a GPU here."""
    # Asking torch costs seconds and 200 MB, so it is asked only where there is a driver.
    if shutil.which("nvidia-smi") is None:
        return False
    import torch  # noqa: PLC0415

    return torch.cuda.is_available()
