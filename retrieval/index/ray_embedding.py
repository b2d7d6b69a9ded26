"""Bulk embedding with Ray Data, on this machine's cores or a cluster's (``pip install .[ray]``)."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.errors import RetrievalError

LOCAL = "local"
"""The address that stands for a Ray of this process's own."""

_BATCH = 256


class RayMissingError(RetrievalError):
    """Ray is not installed, or no cluster answers."""


class EmbeddedTexts:
    """An ``Encoder`` that knows the vectors of some texts already and encodes the others."""

    def __init__(self, encoder: Encoder, vectors: Mapping[str, Vectors]) -> None:
        self._encoder = encoder
        self._vectors = vectors
        self.dimension = encoder.dimension
        self.fingerprint = encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (texts, d)."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        others = [row for row, text in enumerate(texts) if text not in self._vectors]
        for row, text in enumerate(texts):
            if text in self._vectors:
                found[row] = self._vectors[text]
        if others:
            found[others] = self._encoder.encode([texts[row] for row in others])
        return found


def embed_with_ray(
    texts: Iterable[str], encoder: Encoder, models: Path, address: str = LOCAL
) -> EmbeddedTexts:
    """Encodes texts on all cores of a Ray cluster; each text once, held in memory (1.5 kB each).

    Args:
        models: folder of exported models; a machine that has none there exports its own.
        address: of a Ray cluster (``ray://host:10001`` or ``host:6379``), or ``LOCAL``. Its
            machines must have this package installed.

    Raises:
        RayMissingError: Ray is not installed, or nothing answers at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415 (an extra, and slow to import)
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise RayMissingError("Ray is not installed: pip install 'shopkeeper[ray]'.") from error
    where = {"num_cpus": os.cpu_count()} if address == LOCAL else {"address": address}
    try:
        ray.init(**where, include_dashboard=False, log_to_driver=False, configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RayMissingError(f"No Ray cluster answers at {address}: {error}") from error
    try:
        rows = [{"text": text} for text in dict.fromkeys(texts)]
        if not rows:
            return EmbeddedTexts(encoder, {})
        ray.data.DataContext.get_current().enable_progress_bars = False
        embedded = ray.data.from_items(rows).map_batches(
            _Embed,
            fn_constructor_args=(str(models.resolve()), encoder.fingerprint),
            batch_size=_BATCH,
            num_cpus=1,
            concurrency=(1, max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)),
        )
        vectors = {
            row["text"]: np.asarray(row["vector"], dtype=np.float32) for row in embedded.iter_rows()
        }
    finally:
        ray.shutdown()
    return EmbeddedTexts(encoder, vectors)


class _Embed:
    """An encoder in a process of Ray's."""

    def __init__(self, models: str, fingerprint: str) -> None:
        from retrieval.encoder.opening import (  # noqa: PLC0415 (in the worker)
            open_encoder,
            promoted_adapter,
        )

        folder = Path(models)
        adapter = promoted_adapter(folder)
        self._encoder = open_encoder(folder, "cpu", threads=1, adapter=adapter)
        if self._encoder.fingerprint != fingerprint:
            raise ValueError(
                f"A worker has the encoder {self._encoder.fingerprint}, not {fingerprint}."
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        vectors = self._encoder.encode([str(text) for text in batch["text"]])
        return {"text": batch["text"], "vector": vectors}
