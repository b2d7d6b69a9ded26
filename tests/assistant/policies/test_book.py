from pathlib import Path

import pytest
import yaml

from assistant.policies.book import PolicyBook
from assistant.policies.passage import PolicyFolder
from retrieval.encoder import open_encoder

QUESTIONS = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text(encoding="utf-8"))
DEMO = Path(__file__).parents[3] / "retrieval" / "demo" / "policies"


@pytest.fixture(scope="module")
def book(model_cache) -> PolicyBook:
    return PolicyBook(PolicyFolder(DEMO), open_encoder(model_cache, "cpu"))


@pytest.fixture(scope="module")
def headings() -> dict[str, str]:
    """English heading → heading in the other language; the files are parallel."""
    folder = PolicyFolder(DEMO)
    pairs = zip(folder.passages("en"), folder.passages("zh"), strict=True)
    return {en.source.split(" › ")[-1]: zh.source.split(" › ")[-1] for en, zh in pairs}


@pytest.mark.parametrize(("language", "answered", "refused"), [("en", 0.85, 0.7), ("zh", 0.8, 0.6)])
def test_questions_find_their_rule_and_others_find_none(
    book, headings, language, answered, refused
):
    known = [(q, h) for q, h in QUESTIONS["test"][language] if h]
    unknown = [q for q, h in QUESTIONS["test"][language] if not h]
    right = 0
    for question, heading in known:
        wanted = heading if language == "en" else headings[heading]
        found = book.find(question, language)
        right += wanted in [p.source.split(" › ")[-1] for p in found]
    none = sum(not book.find(question, language) for question in unknown)
    assert len(known) >= 15 and len(unknown) >= 3
    assert right / len(known) >= answered
    assert none / len(unknown) >= refused


def test_a_shop_without_rules_knows_nothing(book, tmp_path, model_cache):
    encoder = open_encoder(model_cache, "cpu")
    for folder in (None, tmp_path, tmp_path / "missing"):
        assert PolicyBook(PolicyFolder(folder), encoder).find("delivery time?", "en") == []


def test_a_folder_without_languages_serves_both(tmp_path):
    (tmp_path / "shipping.md").write_text("# Shipping\n\n## Fees\n\n- **Free** over 5\n- else 2\n")
    for language in ("en", "zh"):
        (passage,) = PolicyFolder(tmp_path).passages(language)
        assert passage.source == "Shipping › Fees"
        assert passage.text.startswith("Free")
