import json
from pathlib import Path

import pytest

from retrieval.catalog.mapping import best_mapping, packaged_mappings, parse_mapping, read_mapping
from retrieval.errors import MappingError
from retrieval.store import CatalogStore


def test_every_packaged_mapping_is_valid() -> None:
    assert packaged_mappings().keys() == {
        "generic", "google-merchant", "livostyle", "shopify", "shopify-json", "shopkeeper",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (
            ["Handle", "Title", "Vendor", "Option1 Name", "Option1 Value", "Variant Price"],
            "shopify",
        ),
        (["id", "handle", "title", "body_html", "vendor", "variants", "options"], "shopify-json"),
        (["id", "title", "link", "image_link", "price", "availability"], "google-merchant"),
        (["Product ID", "Name", "Selling Price"], "generic"),
        (["商品编号", "商品名称", "售价"], "generic"),
    ],
)
def test_the_mapping_that_knows_most_columns_is_taken(columns: list[str], name: str) -> None:
    found = best_mapping(columns)
    assert found is not None
    assert found.name == name


def test_columns_that_mean_nothing_fit_no_mapping() -> None:
    assert best_mapping(["foo", "bar"]) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("product: [", "not valid YAML"),
        ("- a", "not a YAML object"),
        ("product: {id: a, title: b, colour: c}", "product.colour"),
        ("product: {id: a}", "title"),
        ("group_by: x", "must say which columns"),
        ("product: {id: a, title: b}\nattributes: {pattern: '(a)(b)'}", "one group"),
        ("product: {id: a, title: b}\nattributes: {pattern: '('}", "not valid"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        parse_mapping(text, "mine")


def test_a_missing_mapping_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(tmp_path / "none.yaml")


def test_a_mapping_file_reads_any_columns(
    importing: "object", catalog: CatalogStore, tmp_path: Path
) -> None:
    mapping = parse_mapping(
        """
        product:
          id: Nr
          title: {column: Bezeichnung}
          category_path: {column: [[Gruppe, Untergruppe]]}
          currency: {constant: EUR}
          tags: {column: Stichworte, split: "#"}
        variant:
          price: {column: Preis Cent, scale: 0.01}
          in_stock: {column: Lager, values: {ja: true, nein: false}}
        attributes:
          columns: {color: Farbe}
          pattern: "^M_(.+)$"
        """,
        "mine",
    )
    feed = (
        "Nr;Bezeichnung;Gruppe;Untergruppe;Preis Cent;Lager;Stichworte;Farbe;M_Holz Art;Rest\n"
        "7;Stuhl;Möbel;Stühle;12995;nein;neu#holz;rot;Eiche;x\n"
    )
    report = importing(feed, mapping=mapping)  # type: ignore[operator]
    assert (report.created, report.ignored_columns) == (1, ["Rest"])
    product = catalog.get("7")
    assert product.category_path == ["Möbel", "Stühle"]
    assert (product.price, product.currency, product.in_stock) == (129.95, "EUR", False)
    assert product.tags == ["neu", "holz"]
    assert product.attributes["color"] == ["rot"]
    assert product.attributes["holz_art"] == ["Eiche"]


def test_the_documented_mapping_works(importing: "object", catalog: CatalogStore) -> None:
    page = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    mapping = parse_mapping(page.split("```yaml\n")[1].split("```")[0], "documented")
    row = {
        "ParentNo": "7",
        "Label": "Coat",
        "Path": "Clothing/Coats",
        "Keywords": "new#warm",
        "images": [{"src": "https://shop/7.jpg"}],
        "Since": "2026-03-04",
        "Material": "wool",
        "spec_weight": "900 g",
        "Properties": {"Lining": "silk"},
        "Remarks": "none of your business",
    }
    first = row | {"ArticleNo": "7a", "PriceCents": "12900", "Status": "A", "Size": "M"}
    second = row | {"ArticleNo": "7b", "PriceCents": 13900, "Status": "X", "Size": "L"}
    report = importing(json.dumps({"articles": [first, second]}), mapping=mapping)  # type: ignore[operator]
    assert (report.created, report.rejected, report.ignored_columns) == (1, 0, [])
    coat = catalog.get("7")
    assert [(v.sku, v.price, v.in_stock) for v in coat.variants] == [
        ("7a", 129, True),
        ("7b", 139, False),
    ]
    assert coat.category_path == ["Clothing", "Coats"]
    assert coat.attributes == {"material": ["wool"], "weight": ["900 g"], "lining": ["silk"]}
    assert (coat.currency, coat.tags) == ("EUR", ["new", "warm"])
    assert coat.image_url == "https://shop/7.jpg"
