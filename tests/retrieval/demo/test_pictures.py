"""Drawings of products."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from urllib.parse import quote

import pytest

from retrieval.catalog.product import Product, Variant
from retrieval.demo.blueprint import blueprint
from retrieval.demo.generator import demo_products
from retrieval.demo.pictures import PATTERNS, render_picture


@pytest.fixture(scope="module")
def products() -> list[Product]:
    return demo_products(scale=0.2)


def test_every_picture_is_well_formed_and_harmless(products: list[Product]) -> None:
    for product in products:
        svg = render_picture(product)
        root = ET.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for element in root.iter():
            assert "script" not in element.tag and "image" not in element.tag
            assert not any(name.startswith("on") or "href" in name for name in element.attrib)
        assert not re.search(r"{\w*}", svg), product.id


def test_types_look_different(products: list[Product]) -> None:
    shapes = {kind.shape for department in blueprint().departments for kind in department.types}
    assert len(shapes) >= 45
    assert shapes <= set(blueprint().shapes)
    assert len({blueprint().shapes[name] for name in shapes}) == len(shapes)


def test_color_and_pattern_show() -> None:
    path = ["Women's Clothing", "Dresses", "Midi dresses"]

    def drawn(color: str, pattern: str) -> str:
        return render_picture(
            Product(
                id="D1",
                title="Dress",
                category_path=path,
                attributes={"pattern": [pattern]},
                variants=[Variant(sku="1", price=1, attributes={"color": color})],
            )
        )

    looks = [drawn("navy", "plain"), drawn("red", "plain"), drawn("red", "striped")]
    assert all(before != after for before, after in pairwise(looks))
    assert "#2c3e66" in looks[0]
    assert "<pattern" in looks[2] and "<pattern" not in looks[1]


def test_a_variant_is_drawn_in_its_own_color(products: list[Product]) -> None:
    several = 0
    for product in products:
        colors = product.all_attributes().get("color", [])
        found = blueprint().type_at(product.category_path)
        assert found is not None
        if len(colors) < 2 or "{m}" not in blueprint().shapes[found[1].shape]:
            continue
        several += 1
        addresses = {v.attributes["color"]: v.image_url for v in product.variants}
        assert all(f"color={quote(color)}" in (addresses[color] or "") for color in colors)
        plain = [c for c in colors if c not in ("multicolor", "transparent")]
        assert len({render_picture(product, color) for color in plain}) == len(plain)
        assert render_picture(product, "no such color") == render_picture(product)
    assert several > 20


def test_all_patterns_of_the_data_files_are_drawn() -> None:
    named = {
        value
        for department in blueprint().departments
        for kind in department.types
        for value in kind.attributes.get("pattern", [])
    }
    assert named - {"plain"} <= set(PATTERNS)


def test_a_stranger_is_a_parcel_and_its_title_is_escaped() -> None:
    odd = Product(id="x", title="<script>&", variants=[Variant(sku="1", price=1)])
    svg = render_picture(odd)
    ET.fromstring(svg)
    assert "<script" not in svg
