"""Words of shopping in English and Chinese: attributes, their values, kinds of product."""

from retrieval.lexicon.lexicon import Lexicon, Match

__all__ = ["Lexicon", "Match"]
