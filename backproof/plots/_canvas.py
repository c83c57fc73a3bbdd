"""Figures without pyplot: no display, no global state; as files or as SVG for a page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from backproof._errors import BackproofError
from backproof._files import check_writable, write_atomically

BLUE, ORANGE, GREY, LIGHT = "#1f5fbf", "#d9480f", "#6b7280", "#d1d5db"
FORMATS = ("png", "svg", "pdf")


def figure(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (7.2, 4.0), **options: Any
) -> tuple[Any, Any]:
    """Make a figure and its axes in the house style; a BackproofError names the extra if matplotlib is absent."""
    fig = bare_figure(size)
    axes = fig.subplots(rows, columns, **options)
    for ax in [axes] if rows * columns == 1 else axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(LIGHT)
        ax.tick_params(color=LIGHT, labelcolor=GREY, labelsize=9)
        ax.grid(visible=True, color="#eef0f3", lw=0.8)
        ax.set_axisbelow(True)
    return fig, axes


def bare_figure(size: tuple[float, float]) -> Any:
    """Make a figure without axes."""
    return _figure_class()(figsize=size, layout="constrained")


def _figure_class() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BackproofError(
            'plots need matplotlib, which is not installed: pip install "backproof[plot]"'
        ) from error
    return Figure


def check_picture(*paths: Path | None) -> None:
    """Make sure that pictures can be drawn and written, before the work that they shall show; None is skipped."""
    for path in paths:
        if path is not None:
            _format(path)
            _figure_class()
            check_writable(path)


def _format(path: Path) -> str:
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise BackproofError(f"{path} has the suffix {path.suffix!r}; expected one of .png, .svg, .pdf")
    return kind


def save(fig: Any, path: Path) -> None:
    """Write a figure in the format its suffix names; atomically, so a failed run leaves the old file."""
    kind = _format(path)
    buffer = io.BytesIO()
    fig.savefig(
        buffer,
        format=kind,
        dpi=160,
        metadata=None if kind == "png" else {"Date" if kind == "svg" else "CreationDate": None},
    )
    write_atomically(path, buffer.getvalue())


def to_svg(fig: Any) -> str:
    """Give a figure as an `<svg>` element for a page, the same bytes on every run."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "backproof", "svg.fonttype": "path"}):
        fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue().decode()
    return text[text.index("<svg") :]
