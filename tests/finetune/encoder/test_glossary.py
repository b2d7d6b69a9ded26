from pathlib import Path

import pytest

from evals.encoder import read_queries
from evals.queries import read_shopping_queries
from finetune.encoder.glossary import FOLDER, Glossary, read_glossary
from finetune.encoder.train import COMPOSED
from finetune.errors import TrainingDataError
from retrieval.encoder.script import fold_traditional, has_chinese


def test_it_covers_the_departments_with_two_thousand_terms(glossary: Glossary) -> None:
    assert len(glossary.products) >= 16
    assert len({pair.chinese for pair in glossary.terms()}) >= 2_000
    for department, terms in glossary.products.items():
        assert len(terms) >= 20, department


def test_every_term_is_chinese_in_simplified_characters(glossary: Glossary) -> None:
    for pair in glossary.terms() + glossary.sentences:
        assert has_chinese(pair.chinese), pair
        assert not has_chinese(pair.english), pair
        assert fold_traditional(pair.chinese) == pair.chinese, pair


def test_composing_is_repeatable_and_fills_every_slot(glossary: Glossary) -> None:
    pairs = glossary.compose(3_000, seed=5)
    assert pairs == glossary.compose(3_000, seed=5) != glossary.compose(3_000, seed=6)
    for pair in pairs:
        assert "{" not in pair.chinese + pair.english, pair
        assert "的的" not in pair.chinese, pair


def test_some_composed_texts_mix_both_languages(glossary: Glossary) -> None:
    mixed = [
        pair
        for pair in glossary.compose(2_000)
        if has_chinese(pair.chinese) and any(c.isascii() and c.isalpha() for c in pair.chinese)
    ]
    assert 0.03 < len(mixed) / 2_000 < 0.25


def test_the_eval_queries_were_never_trained_on(glossary: Glossary) -> None:
    trained = glossary.terms() + glossary.sentences + glossary.compose(COMPOSED)
    chinese = {pair.chinese.replace(" ", "") for pair in trained}
    asked = [query.chinese for query in read_queries("test") + read_queries("validation")]
    asked += [query.text["zh"] for query in read_shopping_queries()]
    for query in asked:
        assert fold_traditional(query).replace(" ", "") not in chinese, query


def copy_glossary(target: Path) -> Path:
    (target / "products").mkdir(parents=True)
    for path in FOLDER.rglob("*.*"):
        (target / path.relative_to(FOLDER)).write_bytes(path.read_bytes())
    return target


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = copy_glossary(tmp_path / "glossary")
    (folder / "purposes.yaml").unlink()
    with pytest.raises(TrainingDataError, match=r"purposes\.yaml"):
        read_glossary(folder)


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    folder = copy_glossary(tmp_path / "glossary")
    (folder / "sentences.csv").write_text("zh,en\n你好,hello\n再见\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"sentences\.csv, line 3"):
        read_glossary(folder)


def test_a_template_with_unlike_slots_is_refused(tmp_path: Path) -> None:
    folder = copy_glossary(tmp_path / "glossary")
    text = (folder / "templates.yaml").read_text(encoding="utf-8")
    (folder / "templates.yaml").write_text(
        text.replace('en: "{colour} {noun}"', 'en: "{noun}"', 1), encoding="utf-8"
    )
    with pytest.raises(TrainingDataError, match="slots differ"):
        read_glossary(folder)
