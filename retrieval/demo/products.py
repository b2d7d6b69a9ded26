"""Products of the demo store, made from the data files by a seeded generator."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product as combinations
from random import Random
from typing import NamedTuple
from urllib.parse import quote

from retrieval.catalog.product import Product, ProductText, Variant
from retrieval.demo.blueprint import Blueprint, Department, ProductType, Words, blueprint
from retrieval.demo.dice import dice
from retrieval.errors import DemoDataError

PICKED = frozenset({"color", "flavor", "scent", "format"})
"""Variant attributes of which a product offers some; of the others it offers a run of the list."""
TIER_RANGE = {1: (0.0, 0.35), 2: (0.2, 0.62), 3: (0.5, 0.88), 4: (0.78, 1.0)}
"""Where in a type's price range (on a log scale) a brand of this tier sells."""
SMALL_WORDS = frozenset(
    "a an and at by for from in of on or per the to with ml l cm mm g kg m x".split()  # noqa: SIM905
)
LANGUAGES = ("en", "zh")


class MadeProduct(NamedTuple):
    """A product with what it was made from."""

    product: Product
    department: Department
    kind: ProductType
    tier: int


def make_products(seed: int, scale: float, now: datetime) -> list[MadeProduct]:
    """All products in department order; ``scale`` multiplies the number per type (at least one)."""
    plan = blueprint()
    made: list[MadeProduct] = []
    titles: set[str] = set()
    for department in plan.departments:
        for kind in department.types:
            for number in range(max(1, round(kind.count * scale))):
                rng = dice(seed, kind.id, number)
                identifier = f"P{len(made) + 1:05d}"
                maker = _Maker(plan, department, kind, rng, number)
                made.append(maker.make(identifier, titles, now))
    return made


class _Maker:
    """Draws one product of a type: brand, attributes, variants, then the texts about them."""

    def __init__(
        self, plan: Blueprint, department: Department, kind: ProductType, rng: Random, number: int
    ) -> None:
        self.plan, self.department, self.kind, self.rng = plan, department, kind, rng
        brands = list(department.brands.items())
        # Walking the lists instead of drawing from them spreads brands and nouns evenly.
        self.brand, self.tier = brands[(number * 7 + len(kind.id)) % len(brands)]
        self.noun = kind.nouns[number % len(kind.nouns)]
        self.details = {**department.details, **kind.details}
        self.attributes = self._draw_attributes()
        self.options = self._draw_options()

    def make(self, identifier: str, titles: set[str], now: datetime) -> MadeProduct:
        title = self._title(titles)
        description = self._description(title.line)
        variants = self._variants(identifier)
        names = [*self.attributes, *(n for n in self.options if n not in self.attributes)]
        every = {**self.attributes, **self.options}
        path = [self.department.name, *self.kind.path]
        product = Product(
            id=identifier,
            title=title.text.en,
            description=description.en,
            category_path=[node.en for node in path],
            brand=self.brand.en,
            attributes=self.attributes,
            variants=variants,
            translations={
                "zh": ProductText(
                    title=title.text.zh,
                    description=description.zh,
                    category_path=[node.zh for node in path],
                    brand=self.brand.zh,
                    attributes={n: [self._zh(n, v) for v in every[n]] for n in names},
                )
            },
            image_url=_picture_address(identifier),
            margin=round(self.rng.uniform(0.12, 0.55), 2),
            created_at=now - timedelta(days=int(730 * self.rng.random() ** 1.3), hours=6),
        )
        return MadeProduct(product, self.department, self.kind, self.tier)

    def _draw_attributes(self) -> dict[str, list[str]]:
        drawn: dict[str, list[str]] = {}
        for name, values in self.kind.attributes.items():
            if name.endswith("+"):
                amount = self.rng.randint(1, min(3, len(values)))
                chosen = set(self.rng.sample(range(len(values)), amount))
                drawn[name[:-1]] = [value for i, value in enumerate(values) if i in chosen]
            else:
                drawn[name] = [self.rng.choice(values)]
        return drawn

    def _draw_options(self) -> dict[str, list[str]]:
        options: dict[str, list[str]] = {}
        for name, values in self.kind.variants.items():
            if name in PICKED:
                amount = self.rng.choices((1, 2, 3, 4), (4, 4, 3, 1))[0]
                options[name] = self.rng.sample(values, min(amount, len(values)))
            else:
                cut = 1 if len(values) > 2 else 0
                first = self.rng.randint(0, cut)
                last = len(values) - self.rng.randint(0, cut)
                options[name] = values[first:last]
        return options

    def _variants(self, identifier: str) -> list[Variant]:
        rng = self.rng
        low, high = self.kind.price
        start, end = TIER_RANGE[self.tier]
        base = low * (high / low) ** rng.uniform(start, end)
        reduction = rng.choice((0.1, 0.15, 0.2, 0.25, 0.3, 0.4)) if rng.random() < 0.22 else 0.0
        sold_out = rng.random() < 0.05
        variants = []
        for number, values in enumerate(combinations(*self.options.values()), start=1):
            chosen = dict(zip(self.options, values, strict=True))
            factor = 1.0
            for name, step in self.kind.steps.items():
                factor *= 1 + step * self.options[name].index(chosen[name])
            list_price = shelf_price(base * factor)
            price = shelf_price(base * factor * (1 - reduction))
            stock = 0 if sold_out or rng.random() < 0.08 else int(1 + 60 * rng.random() ** 2)
            variants.append(
                Variant(
                    sku=f"{identifier}-{number:02d}",
                    price=price,
                    list_price=list_price if list_price > price else None,
                    attributes=chosen,
                    stock=stock,
                    in_stock=stock > 0,
                    image_url=_picture_address(identifier, chosen.get("color")),
                )
            )
        return variants

    def _title(self, titles: set[str]) -> "_Title":
        """A title no other product has; patterns and line names are tried in a drawn order."""
        patterns = self.kind.titles or self.department.titles
        patterns = self.rng.sample(patterns, len(patterns))
        lines = self.rng.sample(self.department.lines, len(self.department.lines))
        for line in lines:
            for pattern in patterns:
                text = self._fill(pattern, line)
                if text is None:
                    continue
                text = Words(title_case(text.en), text.zh)
                if text.en.casefold() not in titles and text.zh not in titles:
                    titles.update((text.en.casefold(), text.zh))
                    return _Title(text, line)
        raise DemoDataError(f"{self.kind.id}: no further distinct title")

    def _description(self, line: Words) -> Words:
        """Opening, up to three sentences about attributes, what it is good for, a closing."""
        rng, department = self.rng, self.department
        parts = [self._pick(self.kind.about, line)]
        told = [n for n in (*self.attributes, *self.options) if self._detail_texts(n)]
        for name in sorted(rng.sample(told, min(3, len(told))), key=told.index):
            parts.append(self._pick(self._detail_texts(name), line))
        parts.append(self._pick(self.kind.uses or department.uses, line))
        parts.append(self._pick(self.kind.closings or department.closings, line))
        filled = [part for part in parts if part]
        english = " ".join(part.en[0].upper() + part.en[1:] for part in filled)
        return Words(english, "".join(part.zh for part in filled))

    def _detail_texts(self, name: str) -> list[Words]:
        values = self.attributes.get(name) or self.options[name]
        if values == ["no"] and f"{name}=no" not in self.details:
            return []
        return self.details.get(f"{name}={values[0]}") or self.details.get(name, [])

    def _pick(self, texts: Sequence[Words], line: Words) -> Words | None:
        for text in self.rng.sample(list(texts), len(texts)):
            if filled := self._fill(text, line):
                return filled
        return None

    def _fill(self, text: Words, line: Words) -> Words | None:
        """Put the product's values into both languages, or nothing where it lacks one of them."""
        filled = []
        indefinite = re.sub(r"\b([Aa])n? (?={)", r"\1(n) ", text.en)
        for language, template in zip(LANGUAGES, (indefinite, text.zh), strict=True):
            slots = {
                "brand": getattr(self.brand, language),
                "line": getattr(line, language),
                "noun": getattr(self.noun, language),
            }
            if gender := self.attributes.get("gender"):
                slots["whose"] = getattr(self.plan.words.possessives[gender[0]], language)
            for slot in re.findall(r"{(\w+)}", template):
                value = slots.get(slot) or self._slot(slot, language)
                if value is None:
                    return None
                slots[slot] = value
            filled.append(re.sub(r"\s+", " ", template.format(**slots)).strip())
        english, chinese = filled
        return Words(repair_articles(english), chinese)

    def _slot(self, name: str, language: str) -> str | None:
        """How an attribute is shown: ``""`` for a flag that is off, ``None`` if there is none.

        A plural (``colors``) lists what the variants offer.
        """
        singular = f"{name[:-3]}y" if name.endswith("ies") else name[:-1]
        if singular in self.options and name not in self.options:
            return self._listed(singular, language)
        values = self.attributes.get(name) or self.options.get(name)
        if values is None or (name in self.options and len(values) > 1):
            return None
        if name in self.plan.words.flags:
            return getattr(self.plan.words.flags[name], language) if values[0] == "yes" else ""
        return self._joined(name, values, language)

    def _listed(self, name: str, language: str) -> str:
        values = self.options[name]
        if name == "size" and len(values) > 2:
            ends = [self._shown(name, value, language) for value in (values[0], values[-1])]
            return (" to " if language == "en" else "至").join(ends)
        return self._joined(name, values, language)

    def _joined(self, name: str, values: Sequence[str], language: str) -> str:
        shown = [self._shown(name, value, language) for value in values]
        if len(shown) == 1:
            return shown[0]
        comma, last = (", ", " and ") if language == "en" else ("、", "和")
        return comma.join(shown[:-1]) + last + shown[-1]

    def _shown(self, name: str, value: str, language: str) -> str:
        return value if language == "en" else self._zh(name, value)

    def _zh(self, name: str, value: str) -> str:
        return self.plan.words.chinese(name, value)


class _Title(NamedTuple):
    text: Words
    line: Words


def _picture_address(identifier: str, color: str | None = None) -> str:
    """Where the assistant draws the product, see ``retrieval.demo.pictures``."""
    return f"/media/{identifier}.svg" + (f"?color={quote(color)}" if color else "")


def shelf_price(amount: float) -> float:
    """Round to a price as shops write it: 4.49, 19.99, 129, 1,249."""
    if amount < 10:
        return max(0.5, round(amount * 2) / 2 - 0.01)
    if amount < 100:
        return round(amount) - 0.01
    if amount < 500:
        return float(round(amount / 5) * 5 - 1)
    return float(round(amount / 10) * 10 - 1)


def title_case(text: str) -> str:
    """Capitalise as on a product page: small words and units stay low, other capitals stay."""
    words = text.split(" ")
    return " ".join(
        word if i and word in SMALL_WORDS else "-".join(_capital(p) for p in word.split("-"))
        for i, word in enumerate(words)
    )


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:] if word[:1].isalpha() and word.islower() else word


def repair_articles(text: str) -> str:
    """Resolve ``a(n)`` by the word that follows: "a(n) oak table" is "an oak table"."""
    text = re.sub(r"\b([Aa])\(n\) (?=[aeioAEIO8]|11|18|[uU](?!ni|s|S))", r"\1n ", text)
    return re.sub(r"\b([Aa])\(n\) ", r"\1 ", text)
