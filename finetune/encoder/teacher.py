"""The teacher: the packaged MiniLM, frozen. Its vectors are computed once and kept."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from retrieval.encoder.minilm import minilm_model, minilm_tokenizer
from retrieval.encoder.pooling import SentenceEncoder
from retrieval.encoder.routed import batches_by_length, padded

logger = logging.getLogger(__name__)


def teacher_vectors(texts: Sequence[str], cache: Path, device: str) -> NDArray[np.float16]:
    """The packaged model's vectors of English ``texts``.

    Args:
        texts: English.
        cache: folder where the result is kept, named by what is in it.
        device: of torch.

    Returns:
        float16 of shape ``(len(texts), 384)``.
    """
    name = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    path = cache / f"teacher-{name}.npy"
    if path.exists():
        stored: NDArray[np.float16] = np.load(path)
        return stored
    logger.info("computing %d teacher vectors", len(texts))
    module = SentenceEncoder(minilm_model()).to(device)
    encodings = minilm_tokenizer().encode_batch(list(texts))
    vectors = np.zeros((len(texts), 384), dtype=np.float16)
    for batch in batches_by_length(encodings, 128):
        ids, mask = padded([encodings[i] for i in batch])
        with torch.inference_mode():
            found = module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        vectors[batch] = found.cpu().numpy()
    cache.mkdir(parents=True, exist_ok=True)
    np.save(path, vectors)
    return vectors
