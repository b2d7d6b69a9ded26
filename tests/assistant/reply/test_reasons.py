import re
from pathlib import Path

import pytest

from assistant.reply.reasons import ReasonWriter, reason_phrases
from retrieval.candidate import Candidate, Evidence, Satisfied
from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.lexicon import Lexicon

RETRIEVAL = Path(__file__).parents[3] / "retrieval"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def writer() -> ReasonWriter:
    return ReasonWriter(Lexicon.load())


def candidate(*evidence: Evidence, satisfied: tuple[Satisfied, ...] = ()) -> Candidate:
    variant = Variant(sku="s", price=49.5, attributes={"color": "navy", "size": "M"})
    product = Product(
        id="p",
        title="Linen Dress",
        brand="Loom",
        category_path=["Clothing", "Dresses"],
        attributes={"material": ["linen"]},
        variants=[variant],
        translations={
            "zh": ProductText(
                title="亚麻连衣裙",
                brand="织机",
                category_path=["服装", "连衣裙"],
                attributes={"material": ["亚麻"], "color": ["藏青色"], "size": ["M"]},
            )
        },
    )
    return Candidate(product, variant, evidence=list(evidence), satisfied=list(satisfied))


def test_every_kind_of_evidence_that_retrieval_records_has_words():
    keys = set()
    for file in RETRIEVAL.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        keys |= set(re.findall(r'Evidence\(\s*"\w+",\s*"(\w+)"', text))
    keys |= {"reviews_praised", "reviews_mixed"}
    assert len(keys) >= 10
    for language in ("en", "zh"):
        assert keys <= reason_phrases(language).keys()


def test_a_reason_speaks_the_language_and_holds_its_evidence(writer):
    bought = Evidence("popular", "popular_bought", {"n": 7, "days": 30})
    english, chinese = (writer.reasons(candidate(bought), lang)[0] for lang in ("en", "zh"))
    assert "7" in english.text and "30" in english.text and not CHINESE.search(english.text)
    assert "7" in chinese.text and CHINESE.search(chinese.text)
    assert english.evidence == {"key": "popular_bought", "n": 7, "days": 30}
    assert english.kind == "popular"


def test_the_catalogues_own_words_are_used(writer):
    asked = (
        Satisfied("color", ["blue"], ["navy"]),
        Satisfied("material", ["linen"], ["linen"]),
        Satisfied("price_max", 60, 49.5),
    )
    words = " ".join(r.text for r in writer.reasons(candidate(satisfied=asked), "zh"))
    assert "藏青色" in words and "亚麻" in words and "$49.50" in words and "$60" in words
    assert "navy" not in words


def test_words_that_matched_are_joined(writer):
    match = Evidence("match", "match_words", {"words": ["linen", "dress"]})
    assert "linen and dress" in writer.reasons(candidate(match), "en")[0].text
    parts = Evidence("match", "match_words", {"words": ["亚麻", "麻", "亚"]})
    assert "亚麻" in writer.reasons(candidate(parts), "zh")[0].text
    assert "和" not in writer.reasons(candidate(parts), "zh")[0].text


def test_what_was_asked_for_is_left_out_where_it_holds_of_the_whole_list(writer):
    asked = (Satisfied("price_max", 60, 49.5),)
    assert writer.reasons(candidate(satisfied=asked), "en")
    assert not writer.reasons(candidate(satisfied=asked), "en", telling=True)


def test_unknown_evidence_is_left_out_and_not_made_up(writer):
    assert writer.reasons(candidate(Evidence("match", "something_new", {})), "en") == []


def test_no_reason_is_given_twice_and_no_more_than_wanted(writer):
    same = Evidence("popular", "popular_bought", {"n": 7, "days": 30})
    new = [Evidence("new", "new_listed", {"days": d}) for d in range(8)]
    assert len(writer.reasons(candidate(same, same), "en")) == 1
    assert len(writer.reasons(candidate(*new), "en", limit=3)) == 3
