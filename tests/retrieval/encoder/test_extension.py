from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoder.bilingual import build_model, build_tokenizer, row_ids
from retrieval.encoder.extension import SHIPPED, Extension, sha256_of
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer
from retrieval.encoder.script import has_chinese
from retrieval.errors import WeightsError

LAYER = "encoder.layer.0.attention.self.query"


def small(characters: str = "裙鞋") -> Extension:
    random = np.random.default_rng(3)
    down, up = random.normal(size=(4, 384)), random.normal(size=(384, 4))
    rows = random.normal(size=(len(characters), 384)).astype(np.float32)
    return Extension(characters, rows, {LAYER: (down.astype(np.float32), up.astype(np.float32))})


def test_saved_and_loaded_within_half_a_step(tmp_path: Path) -> None:
    written = small()
    written.save(tmp_path / "a.safetensors")
    read = Extension.load(tmp_path / "a.safetensors")
    assert read.characters == written.characters
    step = np.abs(written.rows).max(axis=1, keepdims=True) / 127
    assert (np.abs(read.rows - written.rows) <= 0.52 * step).all()
    delta = written.delta(LAYER)
    assert np.abs(read.delta(LAYER) - delta).mean() < 0.02 * np.abs(delta).mean()


@given(st.binary(max_size=200))
def test_a_damaged_file_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("damaged") / "a.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="unusable"):
        Extension.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        Extension.load(tmp_path / "absent")
    with pytest.raises(WeightsError):
        sha256_of(tmp_path / "absent")


def test_a_character_twice_is_refused() -> None:
    with pytest.raises(WeightsError):
        small("裙裙")


def test_the_shipped_one_is_small_and_complete() -> None:
    shipped = Extension.load()
    assert SHIPPED.stat().st_size < 5_500_000
    assert all(has_chinese(character) for character in shipped.characters)
    for department in "裙鞋耳机锅沙发玩具面膜球书茶花猫宝宝笔":
        assert department in shipped.characters
    assert LAYER in shipped.adapter


def test_merged_model_differs_just_where_the_extension_says() -> None:
    extension = small()
    model, plain = build_model(extension), minilm_model()
    grown = model.get_submodule(LAYER).weight - plain.get_submodule(LAYER).weight
    np.testing.assert_allclose(grown.detach().numpy(), extension.delta(LAYER), atol=1e-4)
    words = model.get_input_embeddings().weight.detach().numpy()
    ids = row_ids(extension)
    np.testing.assert_array_equal(words[ids], extension.rows)
    kept = [number for number in range(30_522) if number not in ids]
    np.testing.assert_array_equal(
        words[kept], plain.get_input_embeddings().weight.detach().numpy()[kept]
    )


def test_tokenizer_reads_english_as_before_and_chinese_by_character() -> None:
    extension = small()
    bilingual, plain = build_tokenizer(extension), minilm_tokenizer()
    text = "Women's loose cotton sweatshirt, size XL"
    assert bilingual.encode(text).ids == plain.encode(text).ids
    assert bilingual.encode("裙black鞋").tokens == ["[CLS]", "裙", "black", "鞋", "[SEP]"]


def test_tokenizer_cuts_at_its_limit() -> None:
    assert len(build_tokenizer(small(), max_tokens=16).encode("裙" * 100).ids) == 16
