"""Colours and materials by family, in what is asked for and in what is left out."""

from collections.abc import Callable
from typing import Any

import pytest

from retrieval.catalog.product import Product
from retrieval.constraints import Constraints
from retrieval.search.hybrid import HybridSearch

# id: category, the product's materials, the variants' colours
FASHION_EN = {
    "shirt": ("Shirts", ["cotton"], ["Navy", "White"]),
    "dress": ("Dresses", ["Silk"], ["Light Blue", "Blush Pink"]),
    "jeans": ("Jeans", ["Stretch denim"], ["Blue"]),
    "boots": ("Boots", ["Full-grain leather"], ["Jet Black", "Dark Brown"]),
    "bag": ("Bags", ["Faux leather"], ["Black"]),
}
FASHION_ZH = {
    "shirt": ("衬衫", ["纯棉"], ["藏青色", "白色"]),
    "dress": ("连衣裙", ["真丝"], ["浅蓝色", "浅粉色"]),
    "jeans": ("牛仔裤", ["弹力牛仔布"], ["蓝色"]),
    "boots": ("靴子", ["头层牛皮"], ["黑色", "深棕色"]),
    "bag": ("包", ["仿皮"], ["黑色"]),
}
FURNITURE_EN = {
    "sofa": ("Sofas", ["Genuine leather", "Oak"], ["Tan"]),
    "armchair": ("Armchairs", ["PU leather", "Steel"], ["Charcoal Grey"]),
    "table": ("Tables", ["Solid wood"], ["Natural"]),
    "shelf": ("Shelves", ["MDF"], ["Light Grey", "White"]),
    "rug": ("Rugs", ["Merino wool"], ["Grey", "Midnight Blue"]),
}
FURNITURE_ZH = {
    "sofa": ("沙发", ["真皮", "橡木"], ["驼色"]),
    "armchair": ("扶手椅", ["人造革", "碳钢"], ["深灰色"]),
    "table": ("桌子", ["实木"], ["原木色"]),
    "shelf": ("书架", ["密度板"], ["浅灰色", "白色"]),
    "rug": ("地毯", ["美利奴羊毛"], ["灰色", "午夜蓝"]),
}
CATALOGUES = {
    "fashion_en": ("en", FASHION_EN),
    "fashion_zh": ("zh", FASHION_ZH),
    "furniture_en": ("en", FURNITURE_EN),
    "furniture_zh": ("zh", FURNITURE_ZH),
}


@pytest.fixture(scope="module")
def searches(open_shop: Callable[..., Any]) -> dict[str, HybridSearch]:
    found = {}
    for catalogue, (language, entries) in CATALOGUES.items():
        shop = open_shop()
        shop.catalog.upsert_many(
            Product.model_validate(
                {
                    "id": key,
                    "title": category,
                    "language": language,
                    "category_path": [category],
                    "attributes": {"material": materials},
                    "variants": [
                        {"sku": f"{key}-{number}", "price": 10, "attributes": {"color": color}}
                        for number, color in enumerate(colors)
                    ],
                }
            )
            for key, (category, materials, colors) in entries.items()
        )
        found[catalogue] = shop.search()
    return found


def shown(search: HybridSearch, **wanted: Any) -> dict[str, str]:
    """Product id → colour of the variant shown."""
    result = search.search(Constraints.model_validate(wanted), 10)
    return {c.id: c.variant.attributes["color"] for c in result.candidates}


@pytest.mark.parametrize(
    ("catalogue", "name", "asked", "wanted", "left"),
    [
        ("fashion_en", "color", "blue", {"shirt", "dress", "jeans"}, {"boots", "bag"}),
        ("fashion_zh", "color", "蓝色", {"shirt", "dress", "jeans"}, {"boots", "bag"}),
        ("fashion_zh", "color", "blue", {"shirt", "dress", "jeans"}, {"boots", "bag"}),
        ("fashion_en", "color", "navy", {"shirt"}, {"dress", "jeans", "boots", "bag"}),
        ("fashion_zh", "color", "藏青色", {"shirt"}, {"dress", "jeans", "boots", "bag"}),
        ("fashion_en", "color", "black", {"boots", "bag"}, {"shirt", "dress", "jeans"}),
        ("fashion_en", "material", "leather", {"boots"}, {"shirt", "dress", "jeans", "bag"}),
        ("fashion_zh", "material", "皮革", {"boots"}, {"shirt", "dress", "jeans", "bag"}),
        ("fashion_en", "material", "denim", {"jeans"}, {"shirt", "dress", "boots", "bag"}),
        ("furniture_en", "color", "grey", {"armchair", "shelf", "rug"}, {"sofa", "table"}),
        ("furniture_zh", "color", "灰色", {"armchair", "shelf", "rug"}, {"sofa", "table"}),
        ("furniture_en", "color", "blue", {"rug"}, {"sofa", "armchair", "table", "shelf"}),
        ("furniture_en", "material", "leather", {"sofa"}, {"armchair", "table", "shelf", "rug"}),
        ("furniture_zh", "material", "真皮", {"sofa"}, {"armchair", "table", "shelf", "rug"}),
        ("furniture_en", "material", "wood", {"sofa", "table"}, {"armchair", "shelf", "rug"}),
        ("furniture_zh", "material", "wood", {"sofa", "table"}, {"armchair", "shelf", "rug"}),
        ("furniture_en", "material", "wool", {"rug"}, {"sofa", "armchair", "table", "shelf"}),
    ],
)
def test_a_family_is_asked_for_whole_and_its_members_alone(
    searches: dict[str, HybridSearch],
    catalogue: str,
    name: str,
    asked: str,
    wanted: set[str],
    left: set[str],
) -> None:
    search = searches[catalogue]
    assert shown(search, attributes={name: [asked]}).keys() == wanted
    kept = shown(search, exclude={name: [asked]}).keys()
    assert kept >= left
    if name == "material":  # a colour may leave the product's other variants
        assert kept == left


def test_the_variant_shown_is_of_the_family_asked_for_and_never_of_one_left_out(
    searches: dict[str, HybridSearch],
) -> None:
    fashion = searches["fashion_en"]
    assert shown(fashion, attributes={"color": ["blue"]})["shirt"] == "Navy"
    assert shown(fashion, exclude={"color": ["blue"]})["shirt"] == "White"
    assert shown(fashion, exclude={"color": ["blue"]})["dress"] == "Blush Pink"
    assert shown(fashion, prefer_attributes={"color": ["brown"]})["boots"] == "Dark Brown"
    assert shown(searches["furniture_zh"], exclude={"color": ["gray"]})["rug"] == "午夜蓝"


def test_evidence_gives_the_products_own_word(searches: dict[str, HybridSearch]) -> None:
    wanted = Constraints(attributes={"color": ["蓝色"], "material": ["cotton"]})
    [candidate] = searches["fashion_zh"].search(wanted, 5).candidates
    recorded = {record.name: record.value for record in candidate.satisfied}
    assert recorded == {"color": ["藏青色"], "material": ["纯棉"]}
