"""Text to vectors, English and Chinese."""

from retrieval.encoder.encoder import Encoder, Vectors
from retrieval.encoder.opening import open_encoder

__all__ = ["Encoder", "Vectors", "open_encoder"]
