"""What a network looks for, and what it gets wrong: its first layer's filters, and misclassified pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backproof.plots._canvas import BLUE, GREY, LIGHT, ORANGE, bare_figure

COLUMNS, ROWS = 8, 2


def plot_pictures(network: Any, X: Any, Y: Any, image_shape: tuple[int, ...], classes: Sequence[str]) -> Any:
    """Draw up to 16 filters of the first layer above up to 16 pictures that got the wrong answer, the surest first."""
    import numpy as np

    first = next(v for k, v in network.parameters.items() if k.startswith("W"))
    filters = first.reshape(first.shape[0], -1, *_filter_shape(first, image_shape))[: ROWS * COLUMNS, 0]
    said, true, sure = _answers(network, X, Y)
    wrong = np.flatnonzero(said != true)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][: ROWS * COLUMNS]
    above, below = _rows(len(filters)), _rows(len(wrong))
    fig = bare_figure((9.6, 0.9 + 1.16 * above + 1.34 * below))
    top, bottom = fig.subfigures(2, 1, height_ratios=[above + 0.3, 1.16 * below + 0.3])
    ink = "ink" if image_shape[0] == 1 else f"the first of {image_shape[0]} channels"
    _head(
        top, "what the first layer looks for", f"blue for {ink}, red against it; each filter on its own scale"
    )
    for ax, weights in zip(_cells(top, above), filters, strict=False):
        limit = np.abs(weights).max() or 1.0
        ax.imshow(weights, cmap="RdBu", vmin=-limit, vmax=limit)
        _frame(ax, LIGHT)
    errors = int(np.sum(said != true))
    told = f"{errors} of {X.shape[-1]} test pictures got the wrong answer"
    _head(bottom, told, "what it said, how sure it was, and what it is" if errors else "")
    for ax, j in zip(_cells(bottom, below), wrong, strict=False):
        picture = X[..., j].reshape(image_shape)
        ax.imshow(np.moveaxis(picture, 0, -1) if image_shape[0] == 3 else picture[0], cmap="gray_r")
        _frame(ax, LIGHT)
        # Names of classes are a stranger's: no dollar sign of theirs begins a formula.
        answer, truth = f"{_name(classes, said[j])}  {sure[j]:.0%}", _name(classes, true[j])
        ax.set_title(answer, fontsize=9, color=ORANGE, pad=3, parse_math=False)
        ax.set_xlabel(truth, fontsize=9, color=BLUE, labelpad=3, parse_math=False)
    return fig


def _answers(network: Any, X: Any, Y: Any) -> tuple[Any, Any, Any]:
    """The answers, the labels, and how sure the network was of its answers."""
    import numpy as np

    A = np.atleast_2d(network.forward(X))
    said = np.atleast_2d(network.predict(X))
    if Y.shape[0] > 1:
        return A.argmax(axis=0), Y.argmax(axis=0), A.max(axis=0)
    return said[0].astype(int), Y[0].astype(int), np.maximum(A[0], 1 - A[0])


def _rows(pictures: int) -> int:
    return max(1, -(-pictures // COLUMNS))


def _cells(figure: Any, rows: int) -> list[Any]:
    axes = figure.subplots(rows, COLUMNS, squeeze=False, gridspec_kw={"wspace": 0.12, "hspace": 0.12})
    for ax in axes.flat:
        ax.axis("off")
    return list(axes.flat)


def _frame(ax: Any, color: str) -> None:
    """A thin border, and no ticks."""
    ax.axis("on")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(color=color, linewidth=0.8)


def _head(figure: Any, title: str, explained: str) -> None:
    figure.suptitle(title, x=0.012, ha="left", fontsize=11, weight="bold")
    figure.text(0.988, 0.985, explained, ha="right", va="top", fontsize=9, color=GREY)


def _filter_shape(weights: Any, image_shape: tuple[int, ...]) -> tuple[int, int]:
    """A convolution's kernel is drawn as it is; a fully connected unit has a weight a pixel."""
    if weights.ndim == 4:
        return int(weights.shape[2]), int(weights.shape[3])
    return image_shape[1], image_shape[2]


def _name(classes: Sequence[str], number: int) -> str:
    return classes[number] if number < len(classes) else str(number)
