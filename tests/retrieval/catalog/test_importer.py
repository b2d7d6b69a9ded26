"""Good feeds of every kind, and what importing them twice does."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.catalog.facets import CatalogFacets
from retrieval.catalog.importer import import_catalog
from retrieval.catalog.product import Product, Variant
from retrieval.catalog.report import ImportReport
from retrieval.errors import FeedError
from retrieval.store import CatalogStore

Importing = Callable[..., ImportReport]

CSV = "sku,name,price,colour\na,Oak chair,10,brown\nb,Oak table,20,black\n"

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,"
    "Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src\n"
    'tee,Cotton Tee,<p>Soft</p>,Acme,Shirts,"new, summer",Size,S,Colour,Black,'
    "t-s,3,10.00,12.00,//cdn/x.png\n"
    "tee,,,,,,,M,,Black,t-m,-2,11.00,,//cdn/y.png\n"
    "tee,,,,,,,,,,,,,,//cdn/z.png\n"
    "mug,Mug,,Acme,Kitchen,,Title,Default Title,,,mug,,5.00,5.00,\n"
)

GOOGLE = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>1-s</g:id><g:item_group_id>1</g:item_group_id><title>Dress</title>
 <link>https://shop/1</link><g:price>50.00 EUR</g:price><g:sale_price>39.90 EUR</g:sale_price>
 <g:availability>in_stock</g:availability><g:color>navy</g:color><g:size>S</g:size>
 <g:product_type>Clothing &gt; Dresses</g:product_type><g:image_link>https://shop/1.jpg</g:image_link></item>
<item><g:id>2</g:id><title>Belt</title><link>https://shop/2</link><g:price>9 EUR</g:price>
 <g:availability>out of stock</g:availability><g:image_link>https://shop/2.jpg</g:image_link></item>
<item><g:id>1-m</g:id><g:item_group_id>1</g:item_group_id><title>Dress</title>
 <link>https://shop/1</link><g:price>50.00 EUR</g:price><g:availability>in_stock</g:availability>
 <g:color>navy</g:color><g:size>M</g:size></item>
</channel></rss>"""


def test_an_unknown_csv_needs_no_mapping(importing: Importing, catalog: CatalogStore) -> None:
    report = importing(CSV)
    assert (report.created, report.rejected, report.exit_code) == (2, 0, 0)
    chair = catalog.get("a")
    assert (chair.title, chair.price, chair.currency) == ("Oak chair", 10, "USD")
    assert chair.all_attributes() == {"color": ["brown"], "material": ["oak"]}
    assert catalog.state().currency == "USD"


def test_chinese_columns_are_recognised(importing: Importing, catalog: CatalogStore) -> None:
    importing(
        "商品编号,商品名称,售价,颜色,库存,分类\n1,真丝连衣裙,￥299,红色,5,服装>连衣裙\n".encode(
            "gb18030"
        )
    )
    product = catalog.get("1")
    assert (product.language, product.currency, product.price) == ("zh", "CNY", 299)
    assert product.category_path == ["服装", "连衣裙"]
    assert product.variants[0].stock == 5
    assert product.all_attributes()["color"] == ["红色"]


def test_shopify_rows_of_one_handle_are_one_product(
    importing: Importing, catalog: CatalogStore
) -> None:
    report = importing(SHOPIFY)
    assert (report.read, report.created, report.rejected) == (4, 2, 0)
    tee = catalog.get("tee")
    assert tee.description == "Soft"
    assert tee.tags == ["new", "summer"]
    small, medium = tee.variants
    assert (small.sku, small.price, small.list_price, small.stock) == ("t-s", 10, 12, 3)
    assert small.attributes == {"size": "S", "color": "Black"}
    assert (medium.attributes["size"], medium.stock, medium.in_stock) == ("M", 0, False)
    mug = catalog.get("mug")
    assert mug.variants[0].attributes == {}
    assert mug.variants[0].list_price is None


def test_shopify_json(importing: Importing, catalog: CatalogStore) -> None:
    product = {
        "id": 9,
        "handle": "tee",
        "title": "Tee",
        "body_html": "<b>Soft</b>",
        "vendor": "Acme",
        "product_type": "Shirts",
        "tags": ["new"],
        "options": [{"name": "Size", "values": ["S", "M"]}],
        "variants": [
            {"id": 1, "option1": "S", "sku": "", "price": "10.00", "available": True},
            {"id": 2, "option1": "M", "sku": "m", "price": "12.00", "available": False},
        ],
        "images": [{"src": "https://cdn/x.png"}],
    }
    importing(json.dumps({"products": [product]}))
    tee = catalog.get("tee")
    assert [(v.sku, v.attributes, v.in_stock) for v in tee.variants] == [
        ("1", {"size": "S"}, True),
        ("m", {"size": "M"}, False),
    ]
    assert (tee.brand, tee.image_url, tee.price) == ("Acme", "https://cdn/x.png", 10)


def test_google_items_of_one_group_are_one_product(
    importing: Importing, catalog: CatalogStore
) -> None:
    report = importing(GOOGLE)
    assert (report.read, report.created, report.rejected) == (3, 2, 0)
    dress = catalog.get("1")
    assert [(v.sku, v.price, v.list_price) for v in dress.variants] == [
        ("1-s", 39.9, 50),
        ("1-m", 50, None),
    ]
    assert dress.category_path == ["Clothing", "Dresses"]
    assert dress.currency == "EUR"
    assert not catalog.get("2").in_stock


def test_own_products_come_back_whole(importing: Importing, catalog: CatalogStore) -> None:
    products = [
        Product(
            id=f"p{n}",
            title="Lamp",
            category_path=["Home"],
            attributes={"color": ["red", "blue"]},
            variants=[Variant(sku="a", price=n), Variant(sku="b", price=5, stock=2)],
        )
        for n in range(3)
    ]
    importing("\n".join(product.model_dump_json() for product in products), "feed.jsonl")
    assert list(catalog.scan()) == products


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252"])
def test_encodings_are_detected(importing: Importing, catalog: CatalogStore, encoding: str) -> None:
    title = "Crème brûlée Schälchen für Gäste" if encoding == "cp1252" else "红色真丝连衣裙夏季新款"
    rows = "".join(f"{n},{title},{n + 1}\n" for n in range(20))
    report = importing(f"id,title,price\n{rows}".encode(encoding))
    assert (report.created, report.rejected) == (20, 0)
    assert catalog.get("7").title == title


def test_gzip_is_read_as_it_is(importing: Importing, catalog: CatalogStore) -> None:
    assert importing(gzip.compress(CSV.encode()), "feed.csv.gz").created == 2


def test_importing_again_changes_nothing(importing: Importing, catalog: CatalogStore) -> None:
    importing(CSV)
    revision = catalog.revision()
    report = importing(CSV, replace=True)
    assert (report.unchanged, report.created, report.updated, report.removed) == (2, 0, 0, 0)
    assert catalog.revision() == revision


def test_replace_removes_what_is_gone(importing: Importing, catalog: CatalogStore) -> None:
    importing(CSV)
    smaller = "sku,name,price\nb,Oak table,20\n"
    assert importing(smaller).removed == 0
    assert importing(smaller, replace=True, dry_run=True).removed == 0
    assert catalog.count() == 2
    assert importing(smaller, replace=True).removed == 1
    assert [product.id for product in catalog.scan()] == ["b"]


def test_a_dry_run_counts_and_changes_nothing(importing: Importing, catalog: CatalogStore) -> None:
    report = importing(CSV, dry_run=True)
    assert (report.created, catalog.count(), catalog.revision()) == (2, 0, 0)


def test_a_real_catalogue_ends_the_demo(importing: Importing, catalog: CatalogStore) -> None:
    catalog.describe(is_demo=True)
    importing(CSV)
    assert not catalog.state().is_demo


def test_rows_of_one_parent_are_variants(importing: Importing, catalog: CatalogStore) -> None:
    importing("parent_id,sku,title,price,size\n1,a,Shoe,10,38\n1,b,Shoe,11,39\n2,c,Sock,3,\n")
    assert [v.attributes for v in catalog.get("1").variants] == [{"size": "38"}, {"size": "39"}]
    assert catalog.count() == 2


def test_the_real_fashion_catalogue(catalog: CatalogStore, shared_data: Path) -> None:
    path = shared_data / "catalog_livostyle_fashion" / "products.parquet"
    report = import_catalog(path, catalog)
    assert (report.created, report.rejected, report.exit_code) == (2766, 0, 0)
    assert report.ignored_columns == []
    facets = CatalogFacets.observe(catalog.scan())
    assert facets.products == 2766
    assert facets.currency == "USD"
    assert {"color", "material", "pattern"} <= facets.attributes.keys()
    assert {value.value for value in facets.attributes["color"][:3]} <= {"black", "pink", "white"}
    dresses = facets.category(["Apparel & Accessories", "Clothing", "Dresses"])
    assert dresses is not None
    assert dresses.count == 224


def test_a_retail_back_office_as_json(catalog: CatalogStore, shared_data: Path) -> None:
    path = shared_data / "orders_tau2_retail" / "db.json.gz"
    report = import_catalog(path, catalog)
    assert (report.created, report.rejected) == (50, 0)
    assert sum(len(product.variants) for product in catalog.scan()) == 591


def test_a_named_format_that_does_not_fit_says_so(importing: Importing) -> None:
    with pytest.raises(FeedError):
        importing(CSV, format="parquet")
