"""One run: from judged reviews to a folder that ``SentimentModel.load`` opens."""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.intent_network import Classifier
from finetune.errors import TrainingDataError
from finetune.sentiment.linear import train_ngrams
from finetune.sentiment.measures import measure
from finetune.sentiment.mixing import best_offsets, fit_mixture
from finetune.sentiment.ratings import scale_of
from finetune.sentiment.start import start_at_shipped
from finetune.text.body import merge_adapter
from finetune.text.examples import Example, stratified_split, without_duplicates
from finetune.text.metrics import Indices
from finetune.text.recipe import Recipe
from finetune.text.run import METRICS_FILE, MODEL_CARD_FILE, RECIPE_FILE, Report, Trained, train
from finetune.text.trainer import CHECKPOINT, Advance
from retrieval.encoder.export import export_int8
from retrieval.encoder.logits import OUTPUT
from retrieval.encoder.script import has_chinese
from retrieval.reviews.mixture import PARTS, Mixture, Shortcut
from retrieval.reviews.ngrams import NgramModel, Scores
from retrieval.reviews.sentiment import (
    CARD_FILE,
    GRAPH_FILE,
    NGRAMS_FILE,
    STARS,
    TOKENIZER_FILE,
    SentimentCard,
    SentimentModel,
    save_ngrams,
)

ENGLISH = Recipe(
    body="minilm",
    epochs=3,
    batch=32,
    rate=1.5e-4,
    head_rate=1e-3,
    attention_dropout=0.0,
    label_smoothing=0.0,
    neighbours=0.1,
    noise=None,
    max_tokens=128,
)
"""A quarter of an hour for 17,000 reviews of 60 words on two cores."""
CHINESE = ENGLISH.model_copy(
    update={
        "body": "bilingual",
        "epochs": 5,
        "rate": 3e-4,
        "label_smoothing": 0.05,
        "max_tokens": 96,
    }
)
"""The bilingual body knows less of Chinese, so it has more to learn."""
_ENOUGH = 200
"""Texts of the validation part, with and without Chinese, for a mixture of their own."""
_LONGEST = 3
"""Tokens in the longest n-gram: words of English, characters of Chinese."""


def train_sentiment(
    examples: Sequence[Example],
    folder: Path,
    recipe: Recipe | None = None,
    shares: Sequence[float] = (9, 1),
    report: Report = lambda row: None,
    advance: Advance = lambda epochs, loss: None,
) -> dict[str, Any]:
    """Trains the BERT and the n-grams apart, and mixes them on the validation part.

    Args:
        examples: of ``read_ratings``; duplicates are taken out.
        folder: gets all that serves, the metrics and a model card; a run that was cut off there
            goes on.
        recipe: of the BERT, by default that of ``default_recipe``.
        shares: of training, validation and, where there is a third, test.
        report: called after every epoch.
        advance: called after every step.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        TrainingDataError: all judgements are the same, or two scales are mixed.
    """
    unique = without_duplicates(examples)
    labels = scale_of(unique)
    if len({example.label for example in unique}) < 2:
        raise TrainingDataError("All judgements are the same: there is nothing to tell apart.")
    recipe = recipe or default_recipe(unique)
    if recipe.body == "auto":
        recipe = recipe.model_copy(update={"body": default_recipe(unique).body})
    training, validation, *rest = stratified_split(unique, [*shares, 0], recipe.seed)
    if not validation:
        raise TrainingDataError("The mixture needs a validation part; --split 9:1 gives one.")
    ngrams = train_ngrams(training, labels, _LONGEST)
    begin = partial(start_at_shipped, labels=labels) if recipe.body == "bilingual" else _as_it_is
    trained = train(
        lambda _: training,
        validation,
        labels,
        recipe,
        folder,
        report=report,
        begin=begin,
        advance=advance,
    )
    if recipe.lora_rank:
        merge_adapter(trained.network.body)
    write_deep(trained, folder)
    card, metrics = _mix(folder, ngrams, validation, labels, recipe)
    # The n-grams cost seconds, so those that serve learn from the validation part as well.
    known = [*training, *validation]
    save_ngrams(train_ngrams(known, labels, _LONGEST), folder / NGRAMS_FILE)
    write_story(folder, card, recipe, metrics)
    if rest[0]:
        rows = [{"text": e.text, "label": int(e.label)} for e in rest[0]]
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        (folder / "test.jsonl").write_text(lines, encoding="utf-8")
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return metrics


def default_recipe(examples: Iterable[Example]) -> Recipe:
    """How the BERT is trained where nothing else is said: ``CHINESE`` if any text is, in part."""
    return CHINESE if any(has_chinese(example.text) for example in examples) else ENGLISH


def _as_it_is(network: Classifier) -> None:
    """Changes nothing."""


def write_story(folder: Path, card: SentimentCard, recipe: Recipe, metrics: dict[str, Any]) -> None:
    """Writes the card and all that tells about the run."""
    (folder / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    told = recipe.model_dump_json(indent=2)
    (folder / RECIPE_FILE).write_text(told + "\n", encoding="utf-8")
    (folder / METRICS_FILE).write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    figures = "".join(f"| {name} | {value} |\n" for name, value in metrics.items())
    (folder / MODEL_CARD_FILE).write_text(
        f"# Review sentiment over {recipe.body}\n\n"
        f"Judges reviews as {', '.join(card.labels)}: a BERT, n-grams up to {card.longest} "
        f"tokens and words of opinion, weighted {card.mixture.weights}.\n\n"
        "Figures are of the validation part, which also chose the epoch, the mixture and the "
        "offsets; they flatter a little.\n\n"
        f"| figure | value |\n|---|---|\n{figures}\n"
        f"How the BERT was trained:\n\n```json\n{told}\n```\n",
        encoding="utf-8",
    )


def write_deep(trained: Trained, folder: Path) -> None:
    """Writes the BERT, as it serves, and its tokenizer."""
    (folder / GRAPH_FILE).unlink(missing_ok=True)
    export_int8(trained.network, folder / GRAPH_FILE, [OUTPUT])
    trained.tokenizer.save(str(folder / TOKENIZER_FILE))


def _mix(
    folder: Path,
    ngrams: NgramModel,
    validation: Sequence[Example],
    labels: tuple[str, ...],
    recipe: Recipe,
) -> tuple[SentimentCard, dict[str, Any]]:
    card = plain_card(labels, ngrams.longest, recipe.max_tokens)
    # Mixed as it will serve: through the int8 graph.
    save_ngrams(ngrams, folder / NGRAMS_FILE)
    (folder / CARD_FILE).write_text(card.model_dump_json(), encoding="utf-8")
    return mix(SentimentModel.load(folder), validation)


def plain_card(labels: tuple[str, ...], longest: int, max_tokens: int) -> SentimentCard:
    """A card before the mixture is known."""
    plain = (0.0,) * len(labels)
    return SentimentCard(
        labels=labels,
        mixture=Mixture(bias=plain),
        offsets=plain,
        longest=longest,
        max_tokens=max_tokens,
    )


def mix(
    model: SentimentModel, validation: Sequence[Example], sure: float | None = None
) -> tuple[SentimentCard, dict[str, Any]]:
    """The card of ``model`` with the best mixture; figures of each part alone and of all.

    Texts with Chinese get a mixture of their own where there are enough of both kinds. Where the
    other parts are ``sure`` without the BERT it will not be asked; by default it always is.
    """
    texts, names = [e.text for e in validation], [e.label for e in validation]
    truth = np.array([model.card.labels.index(name) for name in names], dtype=np.int64)
    chinese = np.array([has_chinese(text) for text in texts])
    parts = model.parts(texts)
    metrics: dict[str, float] = {"validation": len(names)}
    for name in (*PARTS, ""):
        heard = parts * np.array([name in (part, "") for part in PARTS])[:, None, None]
        card = _fitted(model.card, heard, truth, chinese)
        figures = measure(card.probabilities(heard, chinese), card, names)
        metrics |= {f"{name}_{key}".lstrip("_"): value for key, value in figures.items()}
    if sure is not None:
        shallow = parts * np.array([part != PARTS[0] for part in PARTS])[:, None, None]
        shortcut = Shortcut(sure=sure, **_mixtures(shallow, truth, chinese))
        card = card.model_copy(update={"shortcut": shortcut})
    return card, metrics


def _mixtures(parts: Scores, truth: Indices, chinese: NDArray[np.bool_]) -> dict[str, Mixture]:
    if min(chinese.sum(), (~chinese).sum()) < _ENOUGH:
        return {"mixture": fit_mixture(parts, truth)}
    return {
        field: fit_mixture(parts[:, chosen], truth[chosen])
        for field, chosen in (("mixture", ~chinese), ("chinese", chinese))
    }


def _fitted(
    card: SentimentCard, parts: Scores, truth: Indices, chinese: NDArray[np.bool_]
) -> SentimentCard:
    card = card.model_copy(update=_mixtures(parts, truth, chinese))
    if card.labels != STARS:
        return card
    offsets = best_offsets(card.probabilities(parts, chinese))
    return card.model_copy(update={"offsets": offsets})
