"""Writes a trained network as the files that ``retrieval.ranking.network`` reads."""

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

from finetune.ranking.course import CLIP, NUMBERS, Fitted
from finetune.ranking.rows import Vocabulary
from retrieval.ranking.network import CARD, WEIGHTS
from retrieval.ranking.profile import ACTION_KINDS


def export(
    fitted: Fitted, texts: NDArray[np.float32], vocabulary: Vocabulary, folder: Path
) -> None:
    """Writes card and weights. Texts are stored projected, so that serving needs no encoder."""
    state = {name: value.float().cpu() for name, value in fitted.network.state_dict().items()}
    with torch.no_grad():
        projected = torch.tensor(texts) @ state.pop("text.weight").T
    state.pop("place")  # the position tower is of training alone
    weights = {name: np.ascontiguousarray(value.numpy()) for name, value in state.items()}
    weights |= {"mean": fitted.scale.mean, "spread": fitted.scale.spread}
    weights["texts"] = np.ascontiguousarray(projected.numpy())
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / WEIGHTS)
    card = {
        "columns": NUMBERS,
        "products": vocabulary.products,
        "actions": [kind.value for kind in ACTION_KINDS],
        "slope": fitted.slope,
        "intercept": fitted.intercept,
        "clip": CLIP,
        "priors": vocabulary.priors,
    }
    (folder / CARD).write_text(json.dumps(card) + "\n", encoding="utf-8")
