import numpy as np

from finetune.sentiment.linear import fit_linear, table_of, train_ngrams
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
