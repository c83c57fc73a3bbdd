"""Reports as HTML: one self-contained page, its heat maps drawn as inline SVG; no script, no network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from gradcheck._point import Array, entry_name
from gradcheck._text import looked_at

if TYPE_CHECKING:
    from gradcheck._report import ParameterReport, Report

# Cells of a heat map along each axis; larger arrays are pooled by their largest error, so that one wrong entry shows.
MOST_CELLS = 48
STYLE = """
.gradcheck{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1d2430;max-width:72rem}
.gradcheck h1{font-size:1.35rem;margin:0 0 .3rem}
.gradcheck h2{font-size:1.05rem;margin:1.6rem 0 .5rem}
.gradcheck .badge{display:inline-block;padding:.1rem .7rem;border-radius:1rem;color:#fff;font-weight:600}
.gradcheck .pass{background:#1a7f4b}.gradcheck .fail{background:#b3261e}.gradcheck .inconclusive{background:#8a6100}
.gradcheck table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.4rem 0}
.gradcheck th,.gradcheck td{padding:.3rem .7rem;border-bottom:1px solid #d9dee7;text-align:right;white-space:nowrap}
.gradcheck th{font-weight:600;color:#4a5568}
.gradcheck td:first-child,.gradcheck th:first-child,.gradcheck td:last-child{text-align:left}
.gradcheck .scroll{overflow-x:auto}
.gradcheck code{font-family:ui-monospace,"Cascadia Mono",Menlo,monospace;font-size:.93em}
.gradcheck .maps{display:flex;flex-wrap:wrap;gap:1.2rem}
.gradcheck figure{margin:0}.gradcheck figcaption{font-size:.85rem;color:#4a5568}
.gradcheck li{margin:.2rem 0}
.gradcheck footer{margin-top:1rem;font-size:.85rem;color:#4a5568}
"""


def as_page(report: Report) -> str:
    """Write a whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>gradcheck: {escape(report.verdict)}</title>"
        "<style>body{margin:2rem;background:#fff}</style></head>"
        f"<body>{as_fragment(report)}</body></html>\n"
    )


def as_fragment(report: Report) -> str:
    """Write a fragment with its own style, for pages and notebooks."""
    parts = [
        f"<style>{STYLE}</style>",
        '<section class="gradcheck">',
        f'<h1>Gradient check <span class="badge {report.verdict}">{report.verdict}</span></h1>',
        f"<p>{escape(report.reason)}.</p>",
        _causes(report),
        _table(report),
        _maps(report),
        _points(report),
        f"<footer>{report.n_evaluations} evaluations of the loss, {report.n_gradients} of the gradient, "
        f"{report.elapsed:.2f} s, method {escape(report.method)}, seed {report.seed}</footer>",
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _causes(report: Report) -> str:
    if not report.diagnosis:
        return ""
    items = "".join(
        f"<li>{escape(d.message)} <small>({d.score:.0%}, <code>{escape(d.cause)}</code>)</small></li>"
        for d in report.diagnosis
    )
    return f"<h2>Likely cause</h2><ol>{items}</ol>"


def _table(report: Report) -> str:
    rows = []
    for row in report.parameters:
        cells = [f"<code>{escape(row.name)}</code>", "×".join(map(str, row.shape)) or "scalar",
                 f"{row.n_checked}/{row.size}", str(row.n_wrong)]  # fmt: skip
        if row.worst is None:
            cells += [""] * 5
        else:
            w = row.worst
            cells += [f"<code>{escape(w.name)}</code>", f"{w.analytic:.8g}", f"{w.numeric:.8g}",
                      f"{w.rel_error:.1e}", f"{w.bound:.1e}"]  # fmt: skip
        cells.append(f'<span class="badge {row.verdict}">{row.verdict}</span>')
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    titles = ("parameter", "shape", "checked", "wrong", "worst entry", "analytic", "numeric", "rel. error",
              "bound", "verdict")  # fmt: skip
    header = "".join(f"<th>{title}</th>" for title in titles)
    return f'<div class="scroll"><table><tr>{header}</tr>{"".join(rows)}</table></div>'


def _points(report: Report) -> str:
    items = "".join(
        f'<li>{escape(p.name)}: <span class="badge {p.verdict}">{p.verdict}</span> {looked_at(p)} '
        f"<small>({escape(p.description)})</small></li>"
        for p in report.points
    )
    said = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    return f"<h2>Points</h2><ul>{items}</ul>" + (f"<h2>Notes</h2><ul>{said}</ul>" if said else "")


def _maps(report: Report) -> str:
    figures = [heat_map(row) for row in report.parameters if row.size > 1 and row.n_checked]
    if not figures:
        return ""
    return (
        "<h2>Errors, entry by entry</h2><p><small>|analytic − numeric| over the largest slope of the parameter: "
        "white below 1e-12, darkest at 1 and above; grey was not measured; wrong entries are framed.</small></p>"
        f'<div class="maps">{"".join(figures)}</div>'
    )


def heat_map(row: ParameterReport) -> str:
    """Draw one parameter's errors as SVG: rows down, columns across, further axes folded into the columns.

    A column stands upright beside the matrix whose rows it shares; a vector lies.
    """
    shape = row.shape if len(row.shape) > 1 else (1, row.size)
    flat = (shape[0], row.size // shape[0] if shape[0] else 0)
    with np.errstate(invalid="ignore"):
        off = np.abs(row.analytic - row.numeric).reshape(flat)
    sizes = np.fmax(np.abs(row.analytic), np.where(np.isfinite(row.numeric), np.abs(row.numeric), 0.0))
    largest = float(sizes.max(initial=0.0)) or 1.0
    wrong = row.wrong.reshape(flat)
    off, flags = pooled(off / largest), pooled(wrong.astype(float))
    cell = max(5, min(16, 320 // max(off.shape)))
    # A single line is drawn wide enough to be seen.
    tall, wide = (max(cell, 12) if n == 1 else cell for n in off.shape)
    height, width = off.shape[0] * tall, off.shape[1] * wide
    squares = []
    for (i, j), error in np.ndenumerate(off):
        frame = ' stroke="#b3261e" stroke-width="1.5"' if flags[i, j] > 0 else ""
        value = "not measured" if np.isnan(error) else f"{error:.1e}"
        if off.shape == flat:  # else a cell stands for several entries
            index = np.unravel_index(i * flat[1] + j, row.shape)
            value = f"{entry_name(row.name, tuple(int(k) for k in index))}: {value}"
        squares.append(
            f'<rect x="{j * wide}" y="{i * tall}" width="{wide - 1}" height="{tall - 1}" fill="{colour(error)}"{frame}>'
            f"<title>{escape(value)}</title></rect>"
        )
    return (
        f'<figure><svg role="img" aria-label="errors of {escape(row.name, quote=True)}" width="{width + 4}" '
        f'height="{height + 4}" viewBox="-2 -2 {width + 4} {height + 4}" xmlns="http://www.w3.org/2000/svg">'
        f'<rect x="-1" y="-1" width="{width + 1}" height="{height + 1}" fill="#fff" stroke="#c3cad6"/>'
        f"{''.join(squares)}</svg><figcaption><code>{escape(row.name)}</code> "
        f"{'×'.join(map(str, row.shape))}</figcaption></figure>"
    )


def colour(error: float) -> str:
    """White below 1e-12, through amber, to dark red at 1: the colour counts the digits that are wrong."""
    if np.isnan(error):
        return "#d5dae2"
    level = float(np.clip(1 + np.log10(max(error, 1e-300)) / 12, 0.0, 1.0))
    stops = ((255, 255, 255), (253, 221, 150), (226, 112, 60), (120, 13, 30))
    place = level * (len(stops) - 1)
    k = min(int(place), len(stops) - 2)
    mixed = (round(a + (b - a) * (place - k)) for a, b in zip(stops[k], stops[k + 1], strict=True))
    return "#" + "".join(f"{c:02x}" for c in mixed)


def pooled(values: Array) -> Array:
    """Shrink a matrix to at most 48 × 48 cells, each the largest of its part; NaN only where all is NaN."""
    for axis in (0, 1):
        if values.shape[axis] > MOST_CELLS:
            parts = np.array_split(np.where(np.isnan(values), -1.0, values), MOST_CELLS, axis=axis)
            largest = np.concatenate([part.max(axis=axis, keepdims=True) for part in parts], axis=axis)
            values = np.where(largest < 0, np.nan, largest)
    return values
