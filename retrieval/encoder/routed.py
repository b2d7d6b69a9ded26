"""An encoder with two bodies: the packaged MiniLM for English, the bilingual one for Chinese.

That keeps English exactly where the packaged model puts it. A text that mixes both scripts goes
through the bilingual body, which knows both.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.encoder.encoder import Vectors
from retrieval.encoder.minilm import DIMENSION
from retrieval.encoder.script import fold_traditional, has_chinese

Tokens = NDArray[np.int64]
Body = Callable[[Tokens, Tokens], Vectors]
"""``(ids, mask)``, each of shape ``(texts, tokens)``, → unit vectors ``(texts, 384)``."""

_LONGEST = 10_000  # characters; far more than any body reads
_BATCH = 32
_FEW = 4  # batches; fewer are not worth a pool


class RoutedEncoder:
    """An ``Encoder`` over two bodies. Safe to call from several threads if they are.

    Args:
        english: tokenizer and body for texts without Chinese characters.
        chinese: tokenizer and body for all others, traditional characters folded.
        fingerprint: names the weights and the number format of both.
        batch: texts that a body gets at once.
        workers: batches that are computed side by side.
    """

    def __init__(
        self,
        english: tuple[Tokenizer, Body],
        chinese: tuple[Tokenizer, Body],
        fingerprint: str,
        batch: int = _BATCH,
        workers: int = 1,
    ) -> None:
        self._english = english
        self._chinese = chinese
        self._fingerprint = fingerprint
        self._batch = batch
        self._workers = workers

    @property
    def dimension(self) -> int:
        return DIMENSION

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def english_only(self) -> "RoutedEncoder":
        """The same with the packaged body for every text: the baseline of the evals."""
        return RoutedEncoder(
            self._english,
            self._english,
            f"{self._fingerprint}-english",
            self._batch,
            self._workers,
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``Encoder.encode``. A text is read up to the tokenizer's limit, 128 tokens."""
        # A lone surrogate is no text; the tokenizer would refuse the whole batch for it.
        clean = [text[:_LONGEST].encode("utf-8", "replace").decode("utf-8") for text in texts]
        is_chinese = np.array([has_chinese(text) for text in clean], dtype=bool)
        vectors = np.zeros((len(clean), DIMENSION), dtype=np.float32)
        for chosen, rows in (
            (self._english, np.flatnonzero(~is_chinese)),
            (self._chinese, np.flatnonzero(is_chinese)),
        ):
            if rows.size:
                folded = [
                    fold_traditional(clean[row]) if is_chinese[row] else clean[row] for row in rows
                ]
                vectors[rows] = self._run(chosen, folded)
        return vectors

    def _run(self, chosen: tuple[Tokenizer, Body], texts: Sequence[str]) -> Vectors:
        tokenizer, body = chosen
        encodings = tokenizer.encode_batch(texts)
        batches = list(batches_by_length(encodings, self._batch))
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)

        def fill(batch: list[int]) -> None:
            vectors[batch] = body(*padded([encodings[i] for i in batch]))

        if self._workers > 1 and len(batches) >= _FEW:
            with ThreadPoolExecutor(self._workers) as pool:
                list(pool.map(fill, batches))
        else:
            for batch in batches:
                fill(batch)
        return vectors


def batches_by_length(encodings: Sequence[Encoding], size: int = _BATCH) -> Iterator[list[int]]:
    """Positions in ``encodings`` in batches of like length, so that little padding is computed."""
    order = sorted(range(len(encodings)), key=lambda i: len(encodings[i].ids))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def padded(encodings: Sequence[Encoding]) -> tuple[Tokens, Tokens]:
    """Token ids and attention mask, each of shape ``(texts, longest)``."""
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = np.zeros((len(encodings), longest), dtype=np.int64)  # 0 is [PAD]
    mask = np.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = encoding.ids
        mask[row, : len(encoding.ids)] = 1
    return ids, mask
