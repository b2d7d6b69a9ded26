import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.language import detect, fold, normalise


@pytest.mark.parametrize(
    ("text", "spoken", "other"),
    [
        ("black leather boots", "en", None),
        ("我想买一条裙子", "zh", None),
        ("有iPhone手机壳吗", "zh", None),
        ("do you have the 旗袍 in red?", "en", None),
        ("busco zapatos negros para mi madre", "en", "es"),
        ("je cherche une robe pour un mariage", "en", "fr"),
        ("ich suche einen Stuhl für mein Büro", "en", "de"),
        ("黒いドレスを探しています", "en", "ja"),
        ("검은 드레스를 찾고 있어요", "en", "ko"),
        ("мне нужны чёрные туфли", "en", "ru"),
        ("أبحث عن حذاء أسود", "en", "ar"),
        ("50?", "en", None),
        ("", "en", None),
        ("🙂🙂🙂", "en", None),
        ("levis 501 dark wash", "en", None),
    ],
)
def test_detect(text: str, spoken: str, other: str | None) -> None:
    detected = detect(text)
    assert (detected.spoken, detected.other) == (spoken, other)


def test_a_size_alone_keeps_the_language_of_the_conversation() -> None:
    assert detect("XL", default="zh").spoken == "zh"
    assert detect("500", default="zh").spoken == "zh"
    assert detect("show me black shoes", default="zh").spoken == "en"


def test_normalise_drops_what_cannot_be_seen() -> None:
    assert normalise("  red\u200b\u202e \x00dress\r\n\tＭ号 ") == "red dress M号"


def test_normalise_cuts_stacked_accents_and_keeps_ordinary_ones() -> None:
    zalgo = "d" + "\u0334\u0321\u035d\u0489" * 30 + "ress"
    assert len(normalise(zalgo)) < 10
    assert normalise("déco crème ไม้") == "déco crème ไม้"


@given(st.text(max_size=300))
def test_normalise_is_settled_after_one_pass_and_folding_keeps_offsets(text: str) -> None:
    clean = normalise(text)
    assert len(fold(clean)) == len(clean)
    assert normalise(clean) == clean


def test_fold_joins_scripts_and_cases() -> None:
    assert fold("藍色的ＬＡＣＥ裙") == "蓝色的ＬＡＣＥ裙".lower()
    assert fold("Café L’Or") == "cafe l'or"
