"""all-MiniLM-L6-v2 as packaged: its tokenizer and its torch model."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

from retrieval.encoder.weights import model_folder, verified_folder

if TYPE_CHECKING:
    from transformers import BertModel

DIMENSION = 384
MAX_TOKENS = 128  # what the packaged model was trained with


def minilm_tokenizer(extra_tokens: str = "", max_tokens: int = MAX_TOKENS) -> Tokenizer:
    """The packaged WordPiece tokenizer, which truncates at ``max_tokens`` and does not pad.

    Args:
        extra_tokens: single characters to add to the vocabulary. Those that it already holds (a
            few hundred Chinese characters) keep their ids.
    """
    spec: dict[str, Any] = json.loads(_packaged_tokenizer())
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    for token in extra_tokens:
        vocabulary.setdefault(token, len(vocabulary))
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def minilm_model() -> "BertModel":
    """A new float32 ``BertModel`` without pooler, in evaluation mode.

    Imports torch and transformers.

    Raises:
        WeightsError: the packaged weights are not the ones expected.
    """
    from safetensors.torch import load_file  # noqa: PLC0415
    from transformers import BertConfig, BertModel  # noqa: PLC0415

    folder = verified_folder()
    config = BertConfig.from_pretrained(folder, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if not name.startswith("pooler.")}
    model.load_state_dict(kept, strict=False)
    return model.eval()


@cache
def _packaged_tokenizer() -> str:
    return (model_folder() / "tokenizer.json").read_text(encoding="utf-8")
