"""Pictures of demo products: a drawing per product type, in the product's own colour."""

import colorsys
import re
import textwrap
import zlib
from xml.sax.saxutils import escape

from retrieval.catalog.product import Product
from retrieval.demo.blueprint import blueprint

SIZE = 200
"""Side of the square view box."""
FALLBACK = "parcel"
PATTERNS = {
    "striped": '<path d="M0 3h14" stroke="{l}" stroke-width="4"/>',
    "polka dot": '<circle cx="7" cy="7" r="2.6" fill="{l}"/>',
    "floral": '<circle cx="7" cy="7" r="1.5" fill="{a}"/><g fill="{l}"><circle cx="7" cy="3.6" '
    'r="2"/><circle cx="10" cy="7.6" r="2"/><circle cx="4" cy="7.6" r="2"/></g>',
    "plaid": '<path d="M0 4h14M4 0v14" stroke="{d}" stroke-width="3" opacity=".6"/>'
    '<path d="M0 11h14M11 0v14" stroke="{l}" stroke-width="1"/>',
    "paisley": '<path d="M4 8q4-6 6 0-2 5-6 0z" fill="{l}"/>',
    "geometric": '<path d="M7 1l6 6-6 6-6-6z" fill="none" stroke="{l}" stroke-width="1.6"/>',
    "stars": '<path d="M7 2l1.5 3.4 3.5.4-2.6 2.4.8 3.6L7 10l-3.2 1.8.8-3.6L2 5.8l3.5-.4z" '
    'fill="{l}"/>',
    "dinosaur": '<path d="M2 10q1-6 5-5l1-3 4 2-2 3q0 4-3 4z" fill="{l}"/>',
}
"""What is drawn over the plain colour, on a tile of 14 units."""


def render_picture(product: Product, color: str | None = None) -> str:
    """The product as an SVG document of ``SIZE`` units, without script or outside references.

    Any product can be drawn; one that is not of the demo store is drawn as a parcel.

    Args:
        color: name of the colour to draw it in, of those that the data files name; with any other
            it is drawn in its own, that of its first variant.
    """
    plan = blueprint()
    found = plan.type_at(product.category_path)
    shape = plan.shapes[found[1].shape if found else FALLBACK]
    chance = zlib.crc32(product.id.encode())
    shade = _shade(color) or _own_shade(product) or _muted(chance)
    pattern = product.attributes.get("pattern", ["plain"])[0]
    tones = _tones(shade, chance)
    lines = textwrap.wrap(product.title, 13)[:3] if "{t1}" in shape else []
    titles = {f"t{i + 1}": escape(lines[i]) if i < len(lines) else "" for i in range(3)}
    main = "url(#m)" if pattern in PATTERNS else shade
    drawing = _fill(shape, {**tones, **titles, "m": main})
    tile = (
        f'<pattern id="m" width="14" height="14" patternUnits="userSpaceOnUse">'
        f'<rect width="14" height="14" fill="{shade}"/>{_fill(PATTERNS[pattern], tones)}</pattern>'
        if pattern in PATTERNS
        else ""
    )
    top, bottom = _background(shade, chance)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">'
        f"<title>{escape(product.title)}</title><defs>"
        f'<linearGradient id="b" x1="0" y1="0" x2=".4" y2="1"><stop stop-color="{top}"/>'
        f'<stop offset="1" stop-color="{bottom}"/></linearGradient>{tile}</defs>'
        f'<rect width="{SIZE}" height="{SIZE}" fill="url(#b)"/>'
        f'<ellipse cx="100" cy="174" rx="62" ry="7" fill="#3b3226" opacity=".13"/>'
        f'<g stroke-linejoin="round">{drawing}</g></svg>'
    )


def _fill(template: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda slot: values[slot[1]], template)


def _shade(color: str | None) -> str | None:
    """Hex of a colour that is one colour and can be painted."""
    colors = blueprint().words.colors
    if color in colors and color not in ("multicolor", "transparent"):
        return colors[color][1]
    return None


def _own_shade(product: Product) -> str | None:
    """Hex of the first variant's colour that can be painted."""
    named = (_shade(variant.attributes.get("color")) for variant in product.variants)
    return next(filter(None, named), None)


def _tones(color: str, chance: int) -> dict[str, str]:
    """The plain colour with darker, darkest and lighter shades, and an accent that stands out."""
    hue, light, strength = _hls(color)
    accent = (hue + (0.09, 0.42, 0.5, 0.58)[chance % 4]) % 1
    if strength < 0.12:
        accent = (0.03, 0.11, 0.45, 0.58, 0.95)[chance % 5]
    return {
        "c": color,
        "d": _hex(hue, light * 0.8 if light > 0.25 else light + 0.1, strength),
        "e": _hex(hue, light * 0.55 if light > 0.25 else light + 0.18, strength * 0.85),
        "l": _hex(hue, min(0.93, light + (1 - light) * 0.5), strength * 0.9),
        "a": _hex(accent, 0.6, 0.52),
    }


def _background(color: str, chance: int) -> tuple[str, str]:
    """Two pale tones; a light product gets the deeper pair, so that it stands out."""
    hue, light, strength = _hls(color)
    if strength < 0.12:
        hue = (0.08, 0.1, 0.36, 0.58, 0.6, 0.93)[chance % 6]
    hue = (hue + (-0.06, 0.0, 0.07)[chance // 7 % 3]) % 1
    depth = 0.1 if light > 0.75 else 0.0
    return _hex(hue, 0.955 - depth * 0.6, 0.42), _hex(hue, 0.88 - depth, 0.38)


def _muted(chance: int) -> str:
    return _hex(chance % 97 / 97, 0.56, 0.36)


def _hls(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)


def _hex(hue: float, light: float, strength: float) -> str:
    return "#" + "".join(
        f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, light, strength)
    )
