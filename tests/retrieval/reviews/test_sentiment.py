"""The serving side with a BERT that is a table: what is added, calibrated and named."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from retrieval.errors import WeightsError
from retrieval.reviews.ngrams import NgramModel, Scores, buckets_of
from retrieval.reviews.sentiment import (
    SHIPPED,
    STARS,
    TWO,
    SentimentCard,
    SentimentModel,
    decide,
    prepare,
)

BITS = 12


def card(labels: tuple[str, ...], **changes: object) -> SentimentCard:
    plain = (0.0,) * len(labels)
    fields = {"mixture": {"bias": plain}, "offsets": plain, "longest": 1, "max_tokens": 8}
    return SentimentCard.model_validate({"labels": labels, **fields, **changes})


def model(labels: tuple[str, ...], **changes: object) -> SentimentModel:
    """The BERT likes "good" for the last label, the n-grams "bad" for the first."""
    words = Tokenizer(WordLevel({"[UNK]": 0, "good": 1, "bad": 2}, "[UNK]"))
    words.pre_tokenizer = Whitespace()
    weights = np.zeros((2**BITS, len(labels)), dtype=np.int8)
    weights[buckets_of("bad", 1, BITS)[0], 0] = 100

    def forward(ids: object, mask: object) -> Scores:
        logits = np.zeros((len(np.asarray(ids)), len(labels)), dtype=np.float32)
        logits[:, -1] = 4 * (np.asarray(ids) == 1).any(axis=1)
        return logits

    ngrams = NgramModel(weights, np.full(len(labels), 0.04, dtype=np.float32), 1)
    return SentimentModel(words, forward, ngrams, card(labels, **changes))


@pytest.mark.parametrize("labels", [TWO, STARS])
def test_both_parts_move_the_judgement(labels: tuple[str, ...]) -> None:
    good, bad, neither = model(labels).judge(["Good", "bad", "xyz"])
    assert good.positive > 0.9 > 0.1 > good.negative
    assert bad.negative > 0.9
    assert good.score > 0.5 > neither.score > bad.score
    assert neither.score == pytest.approx(0, abs=1e-6)


def test_two_labels_know_no_neutral_and_stars_do() -> None:
    assert model(TWO).judge(["xyz"])[0].neutral == 0
    found = model(STARS).judge(["xyz"])[0]
    assert found.neutral == pytest.approx(0.2)
    assert found.negative + found.neutral + found.positive == pytest.approx(1)


def test_the_mixture_of_the_card_counts() -> None:
    deaf = {"weights": (0, 0, 0), "bias": (0, 2)}
    found = model(TWO, mixture=deaf).judge(["good", "bad"])
    assert {round(sentiment.positive, 4) for sentiment in found} == {0.8808}


def test_chinese_may_be_mixed_otherwise() -> None:
    apart = model(TWO, chinese={"weights": (0, 0, 0), "bias": (0, 2)})
    english, chinese = apart.judge(["word", "一本书"])
    assert english.score == pytest.approx(0, abs=1e-6)
    assert chinese.positive == pytest.approx(0.8808, abs=1e-4)


def test_the_bert_is_asked_only_where_the_other_parts_are_unsure() -> None:
    plain = {"weights": (0, 1, 0), "bias": (0, 0)}
    quick = model(TWO, shortcut={"mixture": plain, "sure": 0.9})
    asked: list[int] = []
    forward = quick._forward

    def counted(ids: object, mask: object) -> Scores:
        asked.append(len(np.asarray(ids)))
        return forward(ids, mask)  # type: ignore[arg-type]

    quick._forward = counted
    bad, good = quick.judge(["bad", "good"])
    assert sum(asked) == 1
    assert bad.negative > 0.9
    assert good.positive > 0.9
    assert quick.judge([]) == []


def test_offsets_name_a_label_and_leave_probabilities_alone() -> None:
    eager = model(STARS, offsets=(0, 0, 1, 0, 0))
    found = eager.probabilities(["xyz"])
    assert found[0] == pytest.approx([0.2] * 5)
    assert decide(found, eager.card) == ["3"]


def test_order_and_company_do_not_matter() -> None:
    texts = [f"{'good ' * (n % 3)}{'bad ' * (n % 5)}word" for n in range(40)]
    together = model(STARS).probabilities(texts)
    assert np.allclose(model(STARS).probabilities(texts[::-1])[::-1], together)
    assert model(STARS).probabilities([]).shape == (0, 5)


def test_any_text_is_readable() -> None:
    odd = ["", "\x00\ud800", "😀" * 9000, "ＧＯＯＤ"]
    found = model(TWO).judge(odd)
    assert found[3].positive > 0.9
    assert prepare("質量　很好！") == prepare("质量 很好！")


def test_a_card_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError, match="labels are"):
        card(("no", "yes"))
    with pytest.raises(ValidationError, match="belong to each label"):
        card(TWO, offsets=(0, 0, 0))


def test_a_missing_model_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no usable sentiment model"):
        SentimentModel.load(tmp_path)


@pytest.fixture(scope="module")
def shipped(model_cache: Path) -> SentimentModel:
    return SentimentModel.open(model_cache)


def test_the_shipped_model_reads_both_languages(shipped: SentimentModel) -> None:
    bad, good = shipped.judge(["It broke in a week, what a waste of money.", "快递很快，质量也好"])
    assert good.positive > 0.7
    assert bad.negative > 0.7


def test_the_same_text_gets_the_same_judgement_in_any_company(shipped: SentimentModel) -> None:
    alone = shipped.probabilities(["Too small for me."])
    among = shipped.probabilities(["非常满意" * 20, "Too small for me.", "ok"])
    assert np.array_equal(alone[0], among[1])


def test_the_shipped_model_is_small_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    assert SHIPPED.stat().st_size <= 3_000_000
    damaged = tmp_path / "sentiment.safetensors"
    damaged.write_bytes(SHIPPED.read_bytes()[:2000])
    with pytest.raises(WeightsError, match="unusable"):
        SentimentModel.open(tmp_path, damaged)
    with pytest.raises(WeightsError, match="unusable"):
        SentimentModel.open(tmp_path, tmp_path / "gone")


def test_a_model_for_other_encoder_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.reviews.sentiment.body_fingerprint", lambda: "other")
    with pytest.raises(WeightsError, match="trained on the encoder weights"):
        SentimentModel.open(tmp_path)
