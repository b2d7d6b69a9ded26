"""Which texts to ask a person about."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.intent_model import Numbers
from assistant.understanding.intent_network import Classifier
from finetune.errors import TrainingDataError
from finetune.text.body import load_body
from finetune.text.examples import Example, read_examples
from finetune.text.labelling import (
    Guess,
    Guesser,
    Question,
    guesses_from,
    worth_labelling,
    write_questions,
)
from finetune.text.recipe import Recipe
from finetune.text.trainer import Trainer
from retrieval.encoder.logits import softmax

LABELS = ["cancel", "track"]
MEANING = {"cancel": "cancel", "where": "track", "please": "cancel", "the": "track"}
"""The words that tell the label; the last two are rare."""


def bag(texts: Sequence[str]) -> Numbers:
    """Unit vectors of words: texts of the same words lie together."""
    words = sorted({word for text in texts for word in text.split()} | {""})
    counts = np.array([[text.split().count(word) for word in words] for text in texts], np.float32)
    return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), np.float32)


def sure_of_all_but(*doubtful: str) -> Guesser:
    def guess(texts: Sequence[str]) -> list[Guess]:
        return [Guess("a", 0.5, "b", 0.05 if t in doubtful else 0.95) for t in texts]

    return guess


def test_doubt_comes_first_duplicates_are_counted_and_labelled_ones_left_out() -> None:
    texts = ["red one", "Red  one", "where", "where", "where", "my order", "done already"]
    guess = sure_of_all_but("my order", "done already")
    found = worth_labelling(texts, guess, bag, 9, labelled=["DONE already"])
    assert [(q.text, q.count) for q in found] == [("my order", 1), ("where", 3), ("red one", 2)]


def test_of_many_alike_one_is_asked_before_something_else() -> None:
    alike = [f"cancel my order {'please ' * n}".strip() for n in range(1, 9)]
    found = worth_labelling([*alike, "where red"], sure_of_all_but(*alike, "where red"), bag, 2)
    assert "where red" in [question.text for question in found]


def test_numbers_of_orders_are_masked_and_then_the_same() -> None:
    texts = ["where is order 12345", "where is order 67890"]
    (question,) = worth_labelling(texts, sure_of_all_but(), bag, 5)
    assert (question.text, question.count) == ("where is order 00000", 2)


@given(st.lists(st.text("ab 1", max_size=6)), st.integers(1, 5))
def test_every_question_was_said_and_comes_once(texts: list[str], most: int) -> None:
    found = worth_labelling(texts, sure_of_all_but("a", "b a"), bag, most)
    said = [question.text for question in found]
    assert len(set(said)) == len(said) <= most
    assert {text.casefold() for text in said} <= {" ".join(text.split()) for text in texts}
    assert bool(found) == any(text.strip() for text in texts)


def test_the_two_best_labels_are_told() -> None:
    (guess,) = guesses_from(np.array([[0.2, 0.5, 0.3]], np.float32), ["a", "b", "c"])
    assert (guess.label, guess.runner_up) == ("b", "c")
    assert guess.margin == pytest.approx(0.2)


@pytest.mark.parametrize("name", ["q.csv", "q.jsonl"])
def test_what_was_corrected_can_be_trained_on(tmp_path: Path, name: str) -> None:
    asked = [Question('say "hi", 你好', "cancel", 0.5, "track", 3)]
    write_questions(asked, tmp_path / name)
    assert read_examples([tmp_path / name], "text", "intent") == [
        Example('say "hi", 你好', "cancel")
    ]
    if name.endswith("csv"):
        header = (tmp_path / name).read_text(encoding="utf-8").splitlines()[0]
        assert header == "text,intent,probability,runner_up,count"


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"\.csv"):
        write_questions([], tmp_path / "q.xlsx")


def test_labels_for_what_is_in_doubt_teach_more_than_twice_as_many_at_random(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Few texts say it with a rare word; at random they are hardly ever asked about."""
    dice = Random(5)

    def text(word: str) -> str:
        words = [word, *dice.choices(["one", "two", "three", "red", "order"], k=3)]
        return " ".join(dice.sample(words, len(words)))

    def labelled(texts: Sequence[str]) -> list[Example]:
        return [Example(t, next(MEANING[w] for w in t.split() if w in MEANING)) for t in texts]

    learning = {"epochs": 8, "batch": 8, "rate": 5e-3, "head_rate": 1e-2, "noise": None}
    how = Recipe.model_validate({"body": str(tiny_model), "max_tokens": 12} | learning)

    def trained(texts: Sequence[str], folder: str) -> Trainer:
        body, tokenizer = load_body(str(tiny_model), 12)
        trainer = Trainer(Classifier(body, 2), tokenizer, LABELS, how, tmp_path / folder)
        trainer.fit(lambda random: labelled(texts), [])
        return trainer

    common, rare = list(MEANING)[:2], list(MEANING)[2:]
    pool = [text(dice.choice(common)) for _ in range(500)] + [text(w) for w in rare * 3]
    test = labelled([text(word) for word in MEANING for _ in range(15)])

    def accuracy(trainer: Trainer) -> float:
        said = [LABELS[i] for i in trainer.logits(test).argmax(axis=1)]
        return float(np.mean([s == e.label for s, e in zip(said, test, strict=True)]))

    first = [text(word) for word in common for _ in range(12)]
    start = trained(first, "start")

    def guess(texts: Sequence[str]) -> list[Guess]:
        return guesses_from(softmax(start.logits([Example(t, "") for t in texts])), LABELS)

    asked = [question.text for question in worth_labelling(pool, guess, bag, 20)]
    by_chance = [
        accuracy(trained([*first, *dice.sample(pool, 40)], f"random{run}")) for run in range(3)
    ]
    assert accuracy(trained([*first, *asked], "asked")) > 0.9
    assert np.mean(by_chance) < 0.85
