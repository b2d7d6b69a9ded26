"""Reviews tell the hidden truth."""

import re
from collections import Counter, defaultdict

import numpy as np

from retrieval.demo.blueprint import blueprint
from retrieval.demo.generator import DemoStore
from retrieval.demo.reviewing import phrases

HAN = re.compile(r"[\u3400-\u9fff]")


def test_every_aspect_has_phrases_in_both_languages() -> None:
    bank = phrases().aspects
    for department in blueprint().departments:
        for kind in department.types:
            for aspect in (*department.aspects, *kind.aspects):
                for mood in ("good", "bad"):
                    assert len(bank[aspect][mood]["en"]) >= 3, aspect
                    assert len(bank[aspect][mood]["zh"]) >= 3, aspect


def test_language_fits_the_text(small: DemoStore) -> None:
    for review in small.reviews:
        assert bool(HAN.search(review.text)) == (review.language == "zh"), review.text
        assert "{" not in review.text and review.text.strip()
    share = Counter(review.language for review in small.reviews)["en"] / len(small.reviews)
    assert 0.5 < share < 0.7


def test_texts_vary(small: DemoStore) -> None:
    texts = Counter(review.text for review in small.reviews)
    assert len(texts) > 0.85 * len(small.reviews)
    assert texts.most_common(1)[0][1] <= 12


def test_labels_follow_hidden_quality(small: DemoStore) -> None:
    said, true = [], []
    by_id = {review.id: review for review in small.reviews}
    for key, labels in small.truth.labels.items():
        assert 1 <= len(labels) <= 4
        for aspect, polarity in labels.items():
            said.append(polarity)
            true.append(small.truth.quality[by_id[key].product_id][aspect])
    assert np.corrcoef(said, true)[0, 1] > 0.4


def test_stars_agree_with_the_text(small: DemoStore) -> None:
    for review in small.reviews:
        polarities = set(small.truth.labels[review.id].values())
        if polarities == {1}:
            assert review.rating >= 4, review.text
        if polarities == {-1}:
            assert review.rating <= 3, review.text


def test_mean_rating_follows_hidden_quality(small: DemoStore) -> None:
    stars = defaultdict(list)
    for review in small.reviews:
        stars[review.product_id].append(review.rating)
    pairs = [
        (np.mean(found), np.mean(list(small.truth.quality[key].values())))
        for key, found in stars.items()
        if len(found) >= 5
    ]
    assert np.corrcoef(np.array(pairs).T)[0, 1] > 0.6
