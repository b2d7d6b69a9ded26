"""The encoder on a GPU, and the float32 reference that the others are measured against."""

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from retrieval.encoder.bilingual import build_model, build_tokenizer
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.encoder import Vectors
from retrieval.encoder.extension import SHIPPED, Extension, sha256_of
from retrieval.encoder.minilm import MAX_TOKENS, minilm_model, minilm_tokenizer
from retrieval.encoder.pooling import SentenceEncoder
from retrieval.encoder.routed import Body, RoutedEncoder, Tokens
from retrieval.encoder.weights import MINILM_SHA256

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import BertModel


def torch_encoder(
    device: Literal["cpu", "cuda"],
    max_tokens: int = MAX_TOKENS,
    extension: "Path" = SHIPPED,
    adapter: "Path | None" = None,
) -> RoutedEncoder:
    """The bilingual encoder in torch: float32 on CPU, float16 on CUDA.

    Args:
        device: where it runs.
        max_tokens: texts are cut there.
        extension: file of the Chinese extension.
        adapter: file of a ``CatalogAdapter``, merged into both bodies.

    Raises:
        WeightsError: the packaged weights, the extension or the adapter are not usable.
    """
    chinese = Extension.load(extension)
    adapted = CatalogAdapter.load(adapter) if adapter else CatalogAdapter({})
    number = torch.float16 if device == "cuda" else torch.float32
    weights = f"{MINILM_SHA256[:12]}-{sha256_of(extension)[:12]}"
    if adapter:
        weights += f"-{sha256_of(adapter)[:12]}"
    return RoutedEncoder(
        english=(
            minilm_tokenizer(max_tokens=max_tokens),
            _body(adapted.merge_into(minilm_model()), device, number),
        ),
        chinese=(
            build_tokenizer(chinese, max_tokens),
            _body(adapted.merge_into(build_model(chinese)), device, number),
        ),
        fingerprint=f"bilingual-{weights}-{str(number).removeprefix('torch.')}-{max_tokens}",
    )


def _body(model: "BertModel", device: str, number: torch.dtype) -> Body:
    module = SentenceEncoder(model).to(device, number).eval()

    def run(ids: Tokens, mask: Tokens) -> Vectors:
        with torch.inference_mode():
            vectors = module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
            # float16 leaves lengths a little off 1.
            vectors = torch.nn.functional.normalize(vectors.float(), dim=-1)
        return np.asarray(vectors.cpu().numpy(), dtype=np.float32)

    return run
