from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from evals.errors import DataError
from evals.queries import measure_crossing, read_shopping_queries
from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.encoder.encoder import Vectors
from retrieval.encoder.script import fold_traditional, has_chinese
from retrieval.lexicon.lexicon import Lexicon

WORDS = {"red": "红", "green": "绿", "lamp": "灯", "vase": "瓶"}


class English:
    """Knows English words and no Chinese ones."""

    dimension = 4
    fingerprint = "english"

    def encode(self, texts: Sequence[str]) -> Vectors:
        found = np.array([[word in text.lower() for word in WORDS] for text in texts], np.float32)
        found += 1e-3
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@pytest.fixture
def products() -> list[Product]:
    return [
        Product(
            id=f"{color} {kind} {number}",
            title=f"{color} {kind}",
            category_path=["Home", kind],
            attributes={"color": [color]},
            variants=[Variant(sku=f"{color}{kind}{number}", price=1.0, stock=1, in_stock=True)],
            translations={
                "zh": ProductText(
                    title=WORDS[color] + WORDS[kind], category_path=["家", WORDS[kind]]
                )
            },
        )
        for number in range(12)
        for color in ("red", "green")
        for kind in ("lamp", "vase")
    ]


def write(folder: Path, *rows: str) -> Path:
    file = folder / "queries.csv"
    file.write_text("\n".join(["shop,category,attributes,en,zh", *rows]), encoding="utf-8")
    return file


def test_there_are_enough_queries_in_both_languages() -> None:
    queries = read_shopping_queries()
    assert len(queries) >= 300
    assert len({query.text["en"] for query in queries}) > 300
    assert all(has_chinese(q.text["zh"]) and not has_chinese(q.text["en"]) for q in queries)
    traditional = [q for q in queries if fold_traditional(q.text["zh"]) != q.text["zh"]]
    assert len(traditional) >= 15


def test_recall_is_of_the_ten_that_can_be_shown(products: list[Product], tmp_path: Path) -> None:
    file = write(tmp_path, "s,lamp,,any lamp,随便什么灯", "s,vase,color=red,red vase,红瓶")
    found = measure_crossing(
        {"s": products}, read_shopping_queries(file), English(), Lexicon.load()
    )
    vectors = {row.catalogue: row for row in found if row.system == "vectors"}
    assert vectors["s, en"].own == 1.0  # 24 lamps, 12 red vases, ten shown of either
    assert vectors["s, en"].foreign < 0.5
    assert vectors["s, en"].ratio == vectors["s, en"].foreign
    assert vectors["s, zh"].own < 0.5  # nothing Chinese is known to this encoder


def test_bad_queries_are_told(products: list[Product], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 2: zh is missing"):
        read_shopping_queries(write(tmp_path, "s,lamp,,lamp,"))
    with pytest.raises(DataError, match="line 3: attributes"):
        read_shopping_queries(write(tmp_path, "s,lamp,,lamp,灯", "s,lamp,color,lamp,灯"))
    file = write(tmp_path, "s,rug,,rug,毯")
    with pytest.raises(DataError, match="answers 'rug'"):
        measure_crossing({"s": products}, read_shopping_queries(file), English(), Lexicon.load())
