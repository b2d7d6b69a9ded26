from random import Random

import numpy as np
import pytest

from finetune.sentiment import linear
from finetune.sentiment.linear import fit_linear, table_of, train_ngrams
from finetune.sentiment.mixing import fit_mixture
from finetune.text.examples import Example
from retrieval.reviews.sentiment import STARS, TWO


def examples(labels: tuple[str, ...]) -> list[Example]:
    said = dict(zip(STARS, ["awful", "poor", "middling", "decent", "superb"], strict=True))
    said |= {"0": "awful"} if labels == TWO else {}
    said |= {"1": "superb"} if labels == TWO else {}
    return [
        Example(f"the {said[label]} thing number {n}", label) for n in range(12) for label in labels
    ]


def test_every_label_is_learnt() -> None:
    for labels in (TWO, STARS):
        seen = examples(labels)
        model = train_ngrams(seen, labels, longest=2, bits=14)
        scores = model.scores([e.text for e in seen])
        assert [labels[i] for i in scores.argmax(axis=1)] == [e.label for e in seen]


def starred(count: int, random: Random) -> list[Example]:
    """Five words each, of which the more are good the more stars there are."""
    found = []
    for _ in range(count):
        stars = random.randint(1, 5)
        good = [random.random() < (2 * stars - 1) / 10 for _ in range(5)]
        words = (random.choice(["fine", "neat"] if g else ["poor", "weak"]) for g in good)
        found.append(Example(" ".join(words), str(stars)))
    return found


def test_recombined_outputs_say_more_of_stars(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(3)
    seen, fresh = starred(2000, random), starred(1000, random)
    truth = np.array([STARS.index(e.label) for e in fresh])

    def likelihood() -> float:
        scores = train_ngrams(seen, STARS, longest=1, bits=14).scores([e.text for e in fresh])
        parts = np.stack([scores, scores * 0, scores * 0])
        said = fit_mixture(parts, truth).probabilities(parts)
        return float(np.log(said[np.arange(len(truth)), truth]).mean())

    together = likelihood()
    monkeypatch.setattr(linear, "_ENOUGH", 10_000)
    assert together > likelihood() + 0.02


def test_of_two_labels_the_first_stays_at_zero() -> None:
    model = train_ngrams(examples(TWO), TWO, longest=1, bits=12)
    assert not model.weights[:, 0].any()


def test_rare_grams_get_no_weight() -> None:
    table = table_of(["good once", "good", "bad", "bad"], 1, 12)
    weights = fit_linear(table, np.array([1.0, 1, 0, 0]), least=2)
    assert np.count_nonzero(weights) == 2


def test_rows_of_the_table_have_length_one() -> None:
    table = table_of(["a b c", "质量很好", ""], 3, 12)
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    assert np.allclose(lengths, [1, 1, 0])
