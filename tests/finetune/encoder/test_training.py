"""The whole training on a handful of pairs: it learns, saves what it learnt, and leaves English."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from finetune.encoder.dictionary import Word
from finetune.encoder.distil import Schedule, Source, distil
from finetune.encoder.start import choose_characters, first_rows, untrained
from finetune.encoder.student import Student
from finetune.encoder.teacher import teacher_vectors
from finetune.encoder.train import crossing
from retrieval.encoder.bilingual import build_model, build_tokenizer
from retrieval.encoder.minilm import minilm_model, minilm_tokenizer
from retrieval.encoder.pooling import SentenceEncoder

DICTIONARY = [
    Word("裙", ("dress",)),
    Word("鞋", ("shoe",)),
    Word("猫", ("cat",)),
    Word("茶", ("tea",)),
]
CHINESE = ["裙", "鞋", "猫", "茶", "红裙", "猫茶", "鞋裙", "红茶"]
ENGLISH = ["dress", "shoes", "cat food", "tea", "red dress", "catnip", "garment", "black tea"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Batches this small only wait for each other when they are shared out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


pytestmark = pytest.mark.filterwarnings(
    "ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"  # peft asks transformers
)


def test_characters_are_the_common_ones_and_those_in_use() -> None:
    characters = choose_characters(["囍 and ascii"], DICTIONARY)
    assert len(characters) > 3_700
    assert {"的", "裙", "囍"} <= set(characters)
    assert "a" not in characters


def test_a_row_starts_at_its_english_gloss() -> None:
    row = first_rows("猫", DICTIONARY)[0]
    table = minilm_model().get_input_embeddings().weight.detach().numpy()
    (number,) = minilm_tokenizer().encode("cat", add_special_tokens=False).ids
    np.testing.assert_allclose(row, table[number], atol=1e-6)


def test_it_learns_and_what_is_saved_is_what_was_trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("train")
    targets = teacher_vectors(ENGLISH, folder, "cpu")
    np.testing.assert_array_equal(targets, teacher_vectors(ENGLISH, folder, "cpu"))
    student = Student(untrained("裙鞋猫茶红", DICTIONARY), rank=4)
    source = Source("all", CHINESE, targets, 1.0)

    before = crossing(student, source, "cpu")
    distil(student, [source], Schedule(steps=60, batch=8, rise=5), "cpu")
    after = crossing(student, source, "cpu")
    assert sum(after) > sum(before)
    assert after[0] == 1.0

    extension = student.extension()
    extension.save(folder / "extension.safetensors")
    student = Student(extension.load(folder / "extension.safetensors"), rank=4)
    merged = SentenceEncoder(build_model(extension))
    ids = torch.tensor([build_tokenizer(extension).encode("红裙").ids])
    with torch.inference_mode():
        trained, shipped = student(ids, torch.ones_like(ids)), merged(ids, torch.ones_like(ids))
    assert float((trained * shipped).sum()) > 0.99
    # What is frozen has not moved: without the extension, the body is MiniLM.
    frozen = student.encoder.body.get_parameter("encoder.layer.0.output.dense.base_layer.weight")
    plain = minilm_model().get_parameter("encoder.layer.0.output.dense.weight")
    assert torch.equal(frozen, plain)


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(steps=100, rise=10, fall=0.5)
    factors = [schedule.factor(step) for step in range(100)]
    assert factors[0] < factors[5] < factors[10] == factors[49] == 1.0
    assert factors[60] > factors[80] > factors[99] > 0
