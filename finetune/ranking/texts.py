"""The encoder's vectors of the products that training rows speak of."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog.product import Product
from retrieval.encoder.encoder import Encoder
from retrieval.index.document import embedding_text


def encode_products(
    encoder: Encoder, ids: Sequence[str], products: Mapping[str, Product]
) -> NDArray[np.float32]:
    """float32 of shape (len(ids), d), in the order of ``ids``; the texts that the index embeds."""
    if not ids:
        return np.zeros((0, encoder.dimension), np.float32)
    return encoder.encode([embedding_text(products[key]) for key in ids])
