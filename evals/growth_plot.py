"""Draws how search and memory grow with the catalogue, as a small SVG."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT = 360, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 40, 40
_COLORS = ("#0f766e", "#f59e0b", "#64748b", "#b91c1c")

Line = tuple[str, Sequence[float]]


def growth_plot(sizes: Sequence[Mapping[str, Any]]) -> str:
    """Two panels over the number of products: milliseconds of a search, megabytes of memory.

    Args:
        sizes: what ``measure_growth`` gives for each size.
    """
    products = [float(size["products"]) for size in sizes]
    times: list[Line] = [
        (f"{name}, {share}", [size[name]["wall_ms"][share] for size in sizes])
        for name in ("filtered", "unfiltered")
        for share in ("p50", "p95")
    ]
    held: list[Line] = [
        (name, [size["memory_mb"][name] for size in sizes]) for name in ("resident", "own")
    ]
    panels = [
        _panel("ms a search", products, times, 0),
        _panel("MB of memory", products, held, _WIDTH),
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="11">'
        f'<rect width="{2 * _WIDTH}" height="{_HEIGHT}" fill="white"/>'
    )
    return "\n".join([head, *panels, "</svg>\n"])


def _panel(title: str, across: Sequence[float], lines: Sequence[Line], left: int) -> str:
    """One panel, both axes logarithmic."""
    values = [value for _, line in lines for value in line]
    x_of = _scale(min(across), max(across), left + _LEFT, left + _WIDTH - _RIGHT)
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
    y_of = _scale(low, high if high > low else low * 10, _HEIGHT - _BOTTOM, _TOP)
    parts = [f'<text x="{left + _LEFT}" y="14" font-weight="bold">{title}</text>']
    tick = float(low)
    while tick <= high:
        y = y_of(tick)
        parts.append(
            f'<line x1="{left + _LEFT}" x2="{left + _WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="#e2e8f0"/><text x="{left + _LEFT - 6}" y="{y + 4:.1f}" '
            f'text-anchor="end">{tick:,.10g}</text>'
        )
        tick *= 10
    for value in across:
        parts.append(
            f'<text x="{x_of(value):.1f}" y="{_HEIGHT - 22}" text-anchor="middle">'
            f"{value:,.0f}</text>"
        )
    parts.append(f'<text x="{left + _LEFT}" y="{_HEIGHT - 6}">products</text>')
    for number, (name, line) in enumerate(lines):
        color = _COLORS[number % len(_COLORS)]
        points = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in zip(across, line, strict=True))
        place = left + _LEFT + (number % 4) * 78
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>'
            f'<text x="{place}" y="30" font-size="9" fill="{color}">{name}</text>'
        )
    return "\n".join(parts)


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Where a value lies between ``start`` and ``end``, on a logarithmic scale."""
    span = math.log(high / low) or 1.0

    def place(value: float) -> float:
        return start + (end - start) * math.log(value / low) / span

    return place
