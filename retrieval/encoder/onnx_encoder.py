"""The encoder that serves on CPU: int8 ONNX, with neither torch nor transformers in memory.

Dynamic int8 scales the activations of a whole batch at once, so a text's neighbours would move its
vector (cosine 0.987 to itself in other company). Each text is therefore computed alone, several
side by side: the same text always gets the same vector, at about the speed of batches.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from retrieval.encoder.bilingual import build_model, build_tokenizer
from retrieval.encoder.catalog_adapter import CatalogAdapter
from retrieval.encoder.encoder import Vectors
from retrieval.encoder.export import INPUTS, RECIPE, export_int8
from retrieval.encoder.extension import SHIPPED, Extension, sha256_of
from retrieval.encoder.minilm import MAX_TOKENS, minilm_model, minilm_tokenizer
from retrieval.encoder.routed import Body, RoutedEncoder, Tokens
from retrieval.encoder.weights import MINILM_SHA256

if TYPE_CHECKING:
    from transformers import BertModel

_OUTPUT = "embedding"


def onnx_encoder(
    cache: Path,
    threads: int = 0,
    max_tokens: int = MAX_TOKENS,
    extension: Path = SHIPPED,
    adapter: Path | None = None,
) -> RoutedEncoder:
    """The bilingual encoder in int8 on CPU.

    The first call exports both bodies into ``cache`` (about 20 s, imports torch); later ones, of
    other processes too, find them there.

    Args:
        cache: folder for the exported graphs, named by the fingerprint of what is in them.
        threads: of one call; 0 takes all cores.
        max_tokens: texts are cut there.
        extension: file of the Chinese extension.
        adapter: file of a ``CatalogAdapter``, merged into both bodies.

    Raises:
        WeightsError: the packaged weights, the extension or the adapter are not usable.
    """
    chinese = Extension.load(extension)
    adapted = CatalogAdapter.load(adapter) if adapter else CatalogAdapter({})
    own = f"-{sha256_of(adapter)[:12]}" if adapter else ""
    english_path = cache / f"minilm-{MINILM_SHA256[:12]}{own}-{RECIPE}.onnx"
    chinese_path = (
        cache / f"bilingual-{MINILM_SHA256[:12]}-{sha256_of(extension)[:12]}{own}-{RECIPE}.onnx"
    )
    return RoutedEncoder(
        english=(
            minilm_tokenizer(max_tokens=max_tokens),
            _body(english_path, lambda: adapted.merge_into(minilm_model()), threads),
        ),
        chinese=(
            build_tokenizer(chinese, max_tokens),
            _body(chinese_path, lambda: adapted.merge_into(build_model(chinese)), threads),
        ),
        fingerprint=f"{chinese_path.stem}-{max_tokens}",
        batch=1,
        workers=threads or os.cpu_count() or 1,
    )


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """An ONNX graph on CPU. Its idle threads sleep: several models share the cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _body(path: Path, build: Callable[[], "BertModel"], threads: int) -> Body:
    if not path.exists():
        from retrieval.encoder.pooling import SentenceEncoder  # noqa: PLC0415  (imports torch)

        export_int8(SentenceEncoder(build()), path, [_OUTPUT])
    session = open_session(path, threads)

    def run(ids: Tokens, mask: Tokens) -> Vectors:
        (vectors,) = session.run([_OUTPUT], dict(zip(INPUTS, (ids, mask), strict=True)))
        return np.asarray(vectors, dtype=np.float32)

    return run
