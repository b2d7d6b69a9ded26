from retrieval.lexicon.lexicon import Lexicon
from retrieval.search.query import SYNONYM_WEIGHT, read_query


def test_each_word_is_a_group_of_its_own() -> None:
    assert read_query("red dresses", None, ["en"]) == [{"red": 1.0}, {"dress": 1.0}]


def test_synonyms_stand_in_at_a_lower_weight_in_the_catalogues_languages() -> None:
    lexicon = Lexicon.load()
    [english] = read_query("couch", lexicon, ["en"])
    assert english["couch"] == 1.0
    assert english["sofa"] == SYNONYM_WEIGHT
    [bilingual] = read_query("couch", lexicon, ["en", "zh"])
    assert bilingual["沙发"] == SYNONYM_WEIGHT
    assert "沙发" not in english


def test_a_chinese_word_reaches_an_english_catalogue() -> None:
    groups = read_query("沙发", Lexicon.load(), ["en"])
    assert any("sofa" in group for group in groups)


def test_no_words_no_groups() -> None:
    assert read_query(" ?! ", Lexicon.load(), ["en"]) == []
