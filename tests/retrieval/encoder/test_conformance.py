"""What every encoder promises, whatever it runs on."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval.encoder.encoder import Encoder
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer

TEXTS = [
    "a red dress",
    "红色连衣裙",
    "black 连衣裙 under 50",
    "noise cancelling headphones with long battery life",
    "适合五岁孩子的益智玩具",
    "",
]


def test_shape_and_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\x00", "\ud800", "🙂", "𠀀", "x" * 50_000, "裙" * 50_000]
)
def test_odd_texts_are_encoded(encoder: Encoder, text: str) -> None:
    (vector,) = encoder.encode([text])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_any_texts_are_encoded(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_order_is_kept_and_company_does_not_matter(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS * 3)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS] * 3)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_case_of_english_and_traditional_characters_do_not_matter(encoder: Encoder) -> None:
    low, high, simplified, traditional = encoder.encode(
        ["wool coat", "WOOL Coat", "红色连衣裙", "紅色連衣裙"]
    )
    assert low @ high > 0.99
    assert simplified @ traditional > 0.99


def test_text_beyond_the_limit_is_cut(encoder: Encoder) -> None:
    cut, longer = encoder.encode(["blue shoes " * 80, "blue shoes " * 80 + "frozen pizza"])
    assert cut @ longer > 0.999


def test_threads_get_what_one_thread_gets(encoder: Encoder) -> None:
    expected = [encoder.encode([text]) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: encoder.encode([text]), TEXTS * 5))
    for number, vectors in enumerate(found):
        np.testing.assert_allclose(vectors, expected[number % len(TEXTS)], atol=1e-5)


@pytest.mark.parametrize(
    ("chinese", "english", "others"),
    [
        ("黑色跑鞋", "black running shoes", ["white rice", "garden hose", "red lipstick"]),
        ("降噪耳机", "noise cancelling headphones", ["sofa bed", "cat food", "frying pan"]),
        (
            "送给妈妈的生日礼物",
            "birthday gift for mom",
            ["refund my order", "dog leash", "desk lamp"],
        ),
        (
            "我要退货",
            "I want to return this",
            ["show me cheaper ones", "hello", "add it to my cart"],
        ),
        ("想买 cotton 的短袖", "cotton T-shirt", ["leather boots", "coffee beans", "novel"]),
    ],
)
def test_chinese_lands_beside_its_translation(
    encoder: Encoder, chinese: str, english: str, others: list[str]
) -> None:
    query, right, *wrong = encoder.encode([chinese, english, *others])
    assert query @ right > max(query @ vector for vector in wrong) + 0.2


def test_fingerprints_tell_number_formats_apart(int8: Encoder, float32: Encoder) -> None:
    assert int8.fingerprint != float32.fingerprint


def test_int8_stays_near_float32(int8: Encoder, float32: Encoder) -> None:
    texts = [text for text in TEXTS if text]
    assert (int8.encode(texts) * float32.encode(texts)).sum(axis=1).min() > 0.97


def test_english_is_the_packaged_model(float32: Encoder) -> None:
    """Against what sentence-transformers publishes for the same pipeline, computed by hand."""
    text = "Women's loose cotton sweatshirt"
    ids = torch.tensor([minilm_tokenizer().encode(text).ids])
    with torch.inference_mode():
        mean = minilm_model()(input_ids=ids).last_hidden_state.mean(dim=1)
    expected = torch.nn.functional.normalize(mean, dim=-1).numpy()
    np.testing.assert_allclose(float32.encode([text]), expected, atol=1e-5)
