"""Opens the network that a run wrote, to take it apart or to train it further."""

from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer

from assistant.understanding.intent_model import CARD_FILE, TOKENIZER_FILE, ClassifierCard
from assistant.understanding.intent_network import Classifier
from finetune.errors import FinetuneError
from finetune.text.body import load_body
from finetune.text.recipe import Recipe
from finetune.text.run import RECIPE_FILE, WEIGHTS_FILE, Trained


def open_written(folder: Path) -> Trained:
    """What ``write`` put into ``folder``, in float32 and in evaluation mode; without metrics.

    Raises:
        FinetuneError: a file is missing, damaged, or does not fit the others.
    """
    try:
        card = ClassifierCard.model_validate_json((folder / CARD_FILE).read_bytes())
        recipe = Recipe.model_validate_json((folder / RECIPE_FILE).read_bytes())
        weights = load_file(folder / WEIGHTS_FILE)
        tokenizer = Tokenizer.from_str((folder / TOKENIZER_FILE).read_text(encoding="utf-8"))
        network = Classifier(load_body(recipe.body, recipe.max_tokens)[0], len(card.labels))
        network.load_state_dict(weights)
    except (OSError, ValidationError, SafetensorError, RuntimeError) as error:
        raise FinetuneError(f"{folder} holds no usable network: {error}") from error
    return Trained(network.eval(), tokenizer, card, recipe, {})
