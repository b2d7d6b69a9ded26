"""The extension before training: which characters it has, and where their rows start."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import torch

from finetune.encoder.dictionary import Word
from retrieval.encoder.encoder import Vectors
from retrieval.encoder.extension import Extension
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer
from retrieval.encoder.script import has_chinese

_GLOSSES = 3  # the mean of more of them says less
_IN_DICTIONARY = 5  # words that make a rare character worth its row


def choose_characters(texts: Iterable[str], dictionary: Sequence[Word]) -> str:
    """The characters that get a row: the 3,755 common ones of GB 2312, those of ``texts``, and
    those of at least five headwords of the dictionary. Sorted by code point."""
    common = {
        bytes((0xA1 + zone - 1, 0xA0 + cell)).decode("gb2312", "ignore")
        for zone in range(16, 56)
        for cell in range(1, 95)
    }
    used = {character for text in texts for character in text}
    counts = Counter(character for word in dictionary for character in set(word.simplified))
    frequent = {character for character, count in counts.items() if count >= _IN_DICTIONARY}
    return "".join(sorted(c for c in common | used | frequent if len(c) == 1 and has_chinese(c)))


def first_rows(characters: str, dictionary: Sequence[Word]) -> Vectors:
    """A row per character: the mean of the English token rows of its shortest glosses.

    A character without gloss of its own takes the glosses of the words it occurs in.
    """
    tokenizer = minilm_tokenizer()
    table = minilm_model().get_input_embeddings().weight.detach().numpy()
    glosses: dict[str, list[str]] = {}
    for word in sorted(dictionary, key=lambda word: len(word.simplified)):
        for character in set(word.simplified):
            if len(glosses.setdefault(character, [])) < _GLOSSES:
                glosses[character] += sorted(word.glosses, key=len)[:_GLOSSES]
    average = table[1000:].mean(axis=0)
    rows = np.tile(average, (len(characters), 1)).astype(np.float32)
    for row, character in enumerate(characters):
        text = " ".join(glosses.get(character, [])[:_GLOSSES]).removeprefix("to ")
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        if ids:
            rows[row] = table[ids].mean(axis=0)
    return rows


def untrained(characters: str, dictionary: Sequence[Word]) -> Extension:
    """An extension with first rows and no adapter."""
    return Extension(characters, first_rows(characters, dictionary), {})


def linear_layers(model: torch.nn.Module) -> list[str]:
    """Names of all linear layers of ``model``."""
    return [name for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)]
