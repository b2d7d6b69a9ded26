from pathlib import Path

import pytest

from finetune.encoder.dictionary import Word, words
from finetune.encoder.pairs import Pair, dictionary_pairs, read_sentences
from finetune.errors import TrainingDataError


def test_the_cut_is_fixed_and_its_parts_share_nothing(sentences: Path) -> None:
    cut = read_sentences(sentences)
    assert cut == read_sentences(sentences)
    assert (len(cut.test), len(cut.validation)) == (1_000, 500)
    assert len(cut.train) > 20_000
    held_out = cut.test + cut.validation
    assert not {pair.chinese for pair in held_out} & {pair.chinese for pair in cut.train}
    assert not {pair.english for pair in held_out} & {pair.english for pair in cut.train}


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pairs.parquet").write_bytes(b"no parquet")
    with pytest.raises(TrainingDataError, match=r"pairs\.parquet"):
        read_sentences(tmp_path / "pairs.parquet")


def test_dictionary_lines_are_read_and_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "cedict.u8"
    path.write_text(
        "# a comment\n"
        "裙子 裙子 [qun2 zi5] /skirt/CL:條|条[tiao2]/\n"
        "鞋 鞋 [xie2] /shoe/CL:雙|双[shuang1]/\n"
        "北京 北京 [Bei3 jing1] /Beijing, capital of China/\n"
        "裏 里 [li3] /variant of 裡|里[li3]/\n",
        encoding="utf-8",
    )
    assert words(path) == [Word("裙子", ("skirt",)), Word("鞋", ("shoe",))]


def test_words_with_a_character_without_row_are_left_out() -> None:
    dictionary = [Word("裙子", ("skirt", "dress", "gown")), Word("鞋", ("shoe",))]
    assert dictionary_pairs(dictionary, "裙子") == [Pair("裙子", "skirt, dress")]


def test_the_packaged_dictionary_is_large() -> None:
    found = {word.simplified: word.glosses for word in words()}
    assert len(found) > 50_000
    assert "sofa" in found["沙发"]
