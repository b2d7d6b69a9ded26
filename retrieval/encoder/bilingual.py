"""The bilingual body: MiniLM with the Chinese extension merged in."""

from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from retrieval.encoder.extension import Extension
from retrieval.encoder.minilm import MAX_TOKENS, minilm_model, minilm_tokenizer

if TYPE_CHECKING:
    from transformers import BertModel


def build_tokenizer(extension: Extension | None = None, max_tokens: int = MAX_TOKENS) -> Tokenizer:
    """The packaged tokenizer with the characters of ``extension`` (default: the shipped one).

    It truncates at ``max_tokens`` and does not pad. It knows simplified characters only: fold a
    text first (``script.fold_traditional``).

    Raises:
        WeightsError: the shipped extension is missing or damaged.
    """
    extension = extension or Extension.load()
    return minilm_tokenizer(extension.characters, max_tokens)


def build_model(extension: Extension | None = None) -> "BertModel":
    """A new float32 ``BertModel`` without pooler, in evaluation mode, with ``extension`` merged in.

    It has one embedding row per token of ``build_tokenizer`` and nothing but ordinary weights, so
    that another adapter or head can be put on it. Imports torch and transformers.

    Args:
        extension: default: the shipped one.

    Raises:
        WeightsError: the packaged weights or the shipped extension are not usable.
    """
    import torch  # noqa: PLC0415

    extension = extension or Extension.load()
    ids = row_ids(extension)
    model = minilm_model()
    model.resize_token_embeddings(build_tokenizer(extension).get_vocab_size(), mean_resizing=False)
    with torch.no_grad():
        model.get_input_embeddings().weight[ids] = torch.from_numpy(extension.rows)
        for layer in extension.adapter:
            model.get_submodule(layer).weight += torch.from_numpy(extension.delta(layer))
    return model


def row_ids(extension: Extension) -> list[int]:
    """The token id of each character of ``extension``, in its order."""
    vocabulary: dict[str, int] = build_tokenizer(extension).get_vocab(with_added_tokens=False)
    return [vocabulary[character] for character in extension.characters]
