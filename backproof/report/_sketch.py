"""Small pictures drawn as SVG without a library, in the colours of the page, so that they follow light and dark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup

__all__ = ["curve", "error_curve", "triangle"]

WIDTH, HEIGHT, MARGIN = 320, 190, 14
LEFT = 26  # room for the numbers beside the axis


def curve(
    value: Callable[[Any], Any],
    slope: Callable[[Any], Any],
    interval: tuple[float, float],
    kinks: Sequence[float] = (),
    label: str = "",
) -> Markup:
    """Draw a function and its derivative; kinks are marked, and the derivative is broken there.

    Parameters
    ----------
    value, slope : callable
        Functions of an array.
    interval : (float, float)
        What is drawn of the axis.
    kinks : sequence of float
        Points without a derivative.
    label : str
        Said to those who cannot see the picture.
    """
    low, high = interval
    x = np.linspace(low, high, 241)
    near = [k + side * 1e-9 * (high - low) for k in kinks for side in (-1, 1)]
    x = np.unique(np.concatenate([x, near]))
    x = x[~np.isin(x, kinks)]  # there the derivative is a convention, not a value
    y, dy = np.asarray(value(x), float), np.asarray(slope(x), float)
    shown = np.concatenate([y, dy])[np.isfinite(np.concatenate([y, dy]))]
    bottom, top = float(np.min(shown)), float(np.max(shown))
    bottom, top = max(bottom, -6.0), min(top, 6.0)
    pad = 0.06 * (top - bottom or 1.0)
    bottom, top = bottom - pad, top + pad

    def across(v: Any) -> Any:
        return LEFT + (v - low) / (high - low) * (WIDTH - LEFT - MARGIN)

    def up(v: Any) -> Any:
        return HEIGHT - MARGIN - (v - bottom) / (top - bottom) * (HEIGHT - 2 * MARGIN)

    parts = []
    if bottom < 0 < top:
        parts.append(
            f'<line class="axis" x1="{LEFT}" x2="{WIDTH - MARGIN}" y1="{up(0):.1f}" y2="{up(0):.1f}"/>'
        )
    if low < 0 < high:
        parts.append(
            f'<line class="axis" y1="{MARGIN}" y2="{HEIGHT - MARGIN}" x1="{across(0):.1f}" x2="{across(0):.1f}"/>'
        )
    for k in kinks:
        parts.append(
            f'<line class="kink" y1="{MARGIN}" y2="{HEIGHT - MARGIN}" x1="{across(k):.1f}" x2="{across(k):.1f}"/>'
        )
    parts.append(_path(across(x), up(y), "value", []))
    parts.append(_path(across(x), up(dy), "slope", [across(k) for k in kinks]))
    for tick in (low, 0.0, high):
        parts.append(
            f'<text class="tick" x="{across(tick):.1f}" y="{HEIGHT - 2}" text-anchor="middle">{_signed(tick)}</text>'
        )
    for tick in (t for t in (-1, 0, 1) if bottom < t < top):
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{up(tick) + 3.5:.1f}" text-anchor="end">{_signed(tick)}</text>'
        )
    return Markup(  # noqa: S704 - numbers of ours and an escaped label
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _signed(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def error_curve(steps: Any, curves: dict[str, Any], label: str) -> Markup:
    """Draw errors against steps, both axes logarithmic, with a grid line every fourth decade.

    Parameters
    ----------
    steps : (n,) array
    curves : dict of str to (n,) array
        CSS class ("value" or "slope") to errors; an error of 0 is drawn at the bottom.
    label : str
        Said to those who cannot see the picture.
    """
    wide, high, left = 560, 266, 46
    x = np.log10(np.asarray(steps, float))
    y = {name: np.log10(np.maximum(np.asarray(errors, float), 1e-16)) for name, errors in curves.items()}
    seen = np.concatenate([v[np.isfinite(v)] for v in y.values()])
    bottom, top = np.floor(seen.min()), max(np.ceil(seen.max()), np.floor(seen.min()) + 1)

    def across(v: Any) -> Any:
        return left + (v - x.min()) / (x.max() - x.min()) * (wide - left - MARGIN)

    def up(v: Any) -> Any:
        return high - 32 - (v - bottom) / (top - bottom) * (high - 32 - MARGIN)

    parts = []
    for decade in range(int(bottom), int(top) + 1):
        if decade % 4 == 0:
            parts.append(
                f'<line class="axis" x1="{left}" x2="{wide - MARGIN}" y1="{up(decade):.1f}" y2="{up(decade):.1f}"/>'
            )
            parts.append(
                f'<text class="tick" x="{left - 6}" y="{up(decade) + 3:.1f}" text-anchor="end">1e{decade}</text>'
            )
    for decade in range(int(np.ceil(x.min())), int(np.floor(x.max())) + 1):
        if decade % 4 == 0:
            parts.append(
                f'<line class="axis" y1="{MARGIN}" y2="{high - 32}" x1="{across(decade):.1f}" x2="{across(decade):.1f}"/>'
            )
            parts.append(
                f'<text class="tick" x="{across(decade):.1f}" y="{high - 19}" text-anchor="middle">1e{decade}</text>'
            )
    parts.append(
        f'<text class="tick" x="{(wide + left) / 2:.0f}" y="{high - 4}" text-anchor="middle">step h</text>'
    )
    parts += [_path(across(x), up(v), name, []) for name, v in y.items()]
    return Markup(  # noqa: S704 - numbers of ours and an escaped label
        f'<svg class="curve errors" viewBox="0 0 {wide} {high}" role="img" aria-label="{escape(label, quote=True)}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _path(x: Any, y: Any, name: str, breaks: Sequence[float]) -> str:
    """Return one polyline, lifted where it passes a break or is not finite."""
    words, pen_up = [], True
    for k in range(len(x)):
        if not np.isfinite(y[k]):
            pen_up = True
            continue
        if k and any(x[k - 1] < b < x[k] for b in breaks):
            pen_up = True
        words.append(f"{'M' if pen_up else 'L'}{x[k]:.1f} {min(max(y[k], -50), 2 * HEIGHT):.1f}")
        pen_up = False
    return f'<path class="{name}" d="{"".join(words)}"/>'


def triangle(edges: dict[str, tuple[int, int]]) -> Markup:
    """Draw the three witnesses and how many checks hold on each edge.

    Parameters
    ----------
    edges : dict
        Edge to (checks that hold, checks).
    """
    corners = {"symbolic": (250, 38), "numeric": (96, 196), "gradcheck": (404, 196)}
    says = {"symbolic": "derives and proves", "numeric": "computes by hand", "gradcheck": "measures slopes"}
    lines = []
    for edge, (a, b, x, y) in {
        "symbolic=numeric": ("symbolic", "numeric", 173, 117),
        "symbolic~gradcheck": ("symbolic", "gradcheck", 327, 117),
        "numeric~gradcheck": ("numeric", "gradcheck", 250, 196),
    }.items():
        good, total = edges.get(edge, (0, 0))
        state = "none" if total == 0 else "pass" if good == total else "fail"
        (x1, y1), (x2, y2) = corners[a], corners[b]
        lines.append(f'<line class="edge {state}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
        text = "not asked" if total == 0 else f"{good} of {total}"
        lines.append(f'<rect class="plate" x="{x - 42}" y="{y - 13}" width="84" height="26" rx="13"/>')
        lines.append(f'<text class="count {state}" x="{x}" y="{y + 5}" text-anchor="middle">{text}</text>')
    for name, (x, y) in corners.items():
        lines.append(f'<rect class="node" x="{x - 78}" y="{y - 27}" width="156" height="54" rx="10"/>')
        lines.append(f'<text class="witness" x="{x}" y="{y - 3}" text-anchor="middle">{name}</text>')
        lines.append(f'<text class="does" x="{x}" y="{y + 15}" text-anchor="middle">{says[name]}</text>')
    return Markup(  # noqa: S704 - words and numbers of ours
        '<svg class="triangle" viewBox="0 0 500 240" role="img" aria-label="The three witnesses and their edges" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(lines)}</svg>'
    )
