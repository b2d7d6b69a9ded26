"""Trains the sentiment model that is shipped: an adapter, a head and n-grams in one small file.

    python -m finetune.sentiment.shop --reviews REVIEWS.parquet

It reads English clothing reviews (CC0), the demo store's reviews of both languages, and Chinese
reviews composed of the project's own clauses. Chinese profits from the English ones, for the body
puts a sentence where its translation is. How much each part counts is chosen on English reviews
left out and on whole Chinese ones that were written for it.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from finetune.sentiment.composed import Clauses, compose, written_reviews
from finetune.sentiment.head import train_head
from finetune.sentiment.linear import train_ngrams
from finetune.sentiment.ratings import read_ratings
from finetune.sentiment.train import mix, plain_card, write_story
from finetune.text.body import adapter_layers
from finetune.text.examples import Example, stratified_split
from finetune.text.recipe import Recipe
from finetune.text.run import train
from retrieval.demo.generator import generate
from retrieval.encoder.adapter import Adapter, body_fingerprint
from retrieval.reviews.sentiment import SHIPPED, STARS, SentimentModel, prepare, save_shipped

SHOP_RECIPE = Recipe(
    body="bilingual",
    epochs=2,
    batch=32,
    rate=1e-3,
    head_rate=2e-3,
    lora_rank=8,
    freeze_words=True,
    label_smoothing=0.05,
    noise=None,
    max_tokens=64,
)
_LONGEST, _BITS = 4, 18
_ENGLISH, _DEMO, _CHINESE = 8000, 2000, 30_000
"""Reviews that the n-grams are learnt from."""
_UNSEEN = 700
"""English reviews that the mixture is chosen on."""
_SURE = 0.95
"""Without the BERT: two reviews of three are, and more of them would change its judgements."""


@dataclass(frozen=True)
class Mixed:
    """What is read in one epoch, and how many of each kind."""

    english: Sequence[Example]
    demo: Sequence[Example]
    clauses: Clauses
    amounts: tuple[int, int, int] = (3000, 500, 5000)

    def draw(self, random: Random) -> list[Example]:
        """A fresh selection; of Chinese, fresh compositions."""
        english, demo, chinese = self.amounts
        return [
            *random.sample(self.english, min(english, len(self.english))),
            *random.sample(self.demo, min(demo, len(self.demo))),
            *compose(self.clauses, chinese, random),
        ]


def train_shop_sentiment(
    reviews: Path, out: Path, scratch: Path, recipe: Recipe = SHOP_RECIPE, frozen: bool = False
) -> dict[str, Any]:
    """Writes the model to ``out``; the run's checkpoint and story go to ``scratch``.

    Args:
        reviews: the English clothing reviews.
        out: of the file, as ``SentimentModel.open`` reads it.
        scratch: a folder; a run that was cut off there goes on.
        recipe: with ``lora_rank`` above 0 and the body ``bilingual``.
        frozen: train a head only, over the body as it is: minutes in place of an hour.

    Returns:
        Figures of the validation part.
    """
    random = Random(recipe.seed)  # noqa: S311  (no secret)
    english = read_ratings([reviews], ["Title", "Review Text"], "Rating")
    seen, unseen = stratified_split(english, (9, 1), recipe.seed)
    source = Mixed(seen, _demo_reviews(), Clauses.load())
    validation = [*random.sample(unseen, min(_UNSEEN, len(unseen))), *written_reviews()]
    if frozen:
        adapter = train_head(source.draw(random), STARS, scratch, recipe.max_tokens)
    else:
        trained = train(source.draw, validation, STARS, recipe, scratch)
        adapter = Adapter(
            adapter_layers(trained.network.body),
            trained.network.head.weight.detach().numpy(),
            trained.network.head.bias.detach().numpy(),
        )
    texts = Mixed(source.english, source.demo, source.clauses, (_ENGLISH, _DEMO, _CHINESE))
    ngrams = train_ngrams(texts.draw(random), STARS, _LONGEST, _BITS)
    card = plain_card(STARS, _LONGEST, recipe.max_tokens)
    card = card.model_copy(update={"body": body_fingerprint()})
    save_shipped(adapter, ngrams, card, out)
    card, metrics = mix(SentimentModel.open(scratch, out), validation, _SURE)
    save_shipped(adapter, ngrams, card, out)
    write_story(scratch, card, recipe, metrics)
    return metrics


def _demo_reviews() -> list[Example]:
    return [
        Example(prepare(f"{review.title}. {review.text}".removeprefix(". ")), str(review.rating))
        for review in generate().reviews
    ]


def main() -> None:
    """Trains and prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--scratch", type=Path, default=Path("var/models/sentiment"))
    parser.add_argument("--frozen", action="store_true", help="train a head only")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    figures = train_shop_sentiment(given.reviews, given.out, given.scratch, frozen=given.frozen)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
