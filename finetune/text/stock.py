"""The stock recipe, to compare with: what ``transformers.Trainer`` does where nothing is set."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from assistant.understanding.intent_model import ClassifierCard
from assistant.understanding.intent_network import Classifier
from finetune.text.body import load_body
from finetune.text.examples import Example
from finetune.text.recipe import Recipe
from finetune.text.run import Trained
from finetune.text.trainer import padded


def train_stock(
    training: Sequence[Example],
    labels: Sequence[str],
    recipe: Recipe,
    folder: Path,
    out_of_scope: str | None = None,
) -> Trained:
    """Fine-tunes a body with the defaults of ``transformers.Trainer`` and a head at random.

    That is three epochs in batches of 8, AdamW at 5e-5 that falls in a line, float32. The last
    epoch counts, and the label of the best score is the answer.

    Args:
        training: read as they are, without noise.
        labels: in the order of the logits.
        recipe: of which ``body``, ``max_tokens`` and ``seed`` are taken.
        folder: scratch of the trainer; what is returned is not yet written.
        out_of_scope: which of ``labels`` means "none of the others".
    """
    from transformers import PrinterCallback, Trainer, TrainingArguments  # noqa: PLC0415  (seconds)

    torch.manual_seed(recipe.seed)
    body, tokenizer = load_body(recipe.body, recipe.max_tokens)
    network = Classifier(body, len(labels))
    options = TrainingArguments(
        output_dir=str(folder),
        seed=recipe.seed,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    trainer = Trainer(
        _WithLoss(network), options, _Collator(tokenizer, labels), train_dataset=list(training)
    )
    trainer.remove_callback(PrinterCallback)  # it prints where our JSON goes
    began = perf_counter()
    trainer.train()
    seconds = perf_counter() - began
    stock = Recipe(
        body=recipe.body,
        epochs=round(options.num_train_epochs),
        batch=options.per_device_train_batch_size,
        rate=options.learning_rate,
        head_rate=options.learning_rate,
        warm_up=0,
        weight_decay=options.weight_decay,
        label_smoothing=options.label_smoothing_factor,
        prototypes=False,
        freeze_words=False,
        noise=None,
        max_tokens=recipe.max_tokens,
        seed=recipe.seed,
    )
    card = ClassifierCard(
        labels=tuple(labels), out_of_scope=out_of_scope, max_tokens=recipe.max_tokens
    )
    metrics = {
        "epochs": stock.epochs,
        "seconds": round(seconds, 2),
        "texts_per_second": round(len(training) * stock.epochs / seconds, 1),
    }
    return Trained(network.cpu().eval(), tokenizer, card, stock, metrics)


class _WithLoss(nn.Module):
    """A classifier as the trainer of transformers calls it."""

    def __init__(self, network: Classifier) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        logits = self.network(input_ids, attention_mask)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class _Collator:
    """Examples → one padded batch."""

    def __init__(self, tokenizer: Tokenizer, labels: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._number = {label: index for index, label in enumerate(labels)}

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        ids, mask = padded(self._tokenizer, examples)
        labels = torch.tensor([self._number[example.label] for example in examples])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
