from pathlib import Path
from random import Random

import pytest
import yaml

from finetune.aspects.bank import Pattern, label_names, read_bank
from finetune.aspects.composed import Composer
from finetune.errors import FinetuneError
from retrieval.reviews.vocabulary import aspect_labels


def test_a_pattern_stands_for_each_choice_of_its_alternatives() -> None:
    pattern = Pattern.of("(fits|fit) like (a dream|)", frozenset({"sizing+"}), "en")
    assert sorted(pattern.all()) == [
        "fit like",
        "fit like a dream",
        "fits like",
        "fits like a dream",
    ]
    assert pattern.size == 4
    assert pattern.draw(Random(3)) in set(pattern.all())


@pytest.mark.parametrize("text", ["(a|b", "a|b", "a) b", "((a|b) c)"])
def test_brackets_that_do_not_match_are_told(text: str) -> None:
    with pytest.raises(FinetuneError, match="Brackets"):
        Pattern.of(text, frozenset(), "en")


def test_the_bank_knows_every_aspect_on_both_sides() -> None:
    bank = read_bank()
    wanted = {name + sign for name in aspect_labels() for sign in "+-"}
    for language in ("en", "zh"):
        own = [pattern for pattern in bank if pattern.language == language]
        assert {label for pattern in own for label in pattern.labels} == wanted
        assert sum(pattern.size for pattern in own) > 3000
        assert any(not pattern.labels for pattern in own)
    assert set(label_names(bank)) == wanted


def test_no_clause_of_the_test_sets_is_in_the_bank() -> None:
    tested = set()
    for language in ("en", "zh"):
        rows = yaml.safe_load(Path(f"evals/data/aspects_{language}.yaml").read_text("utf-8"))
        tested |= {_plain(text) for text, *_ in rows["test"]}
    assert not tested & {_plain(clause) for pattern in read_bank() for clause in pattern.all()}


def test_an_epoch_is_drawn_anew_and_alike_for_one_seed() -> None:
    composer = Composer(read_bank()[:20])
    one, same, other = (composer.epoch(1, Random(seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert all(clause.text for clause in one)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
