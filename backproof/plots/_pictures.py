"""What a network looks for, and what it gets wrong: its first layer's filters, and misclassified pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backproof.plots._canvas import GREY, figure

COLUMNS, ROWS = 8, 2


def plot_pictures(network: Any, X: Any, Y: Any, image_shape: tuple[int, ...], classes: Sequence[str]) -> Any:
    """Draw up to 16 filters of the first layer above up to 16 pictures with the wrong answer and the right one."""
    import numpy as np

    first = next(v for k, v in network.parameters.items() if k.startswith("W"))
    filters = first.reshape(first.shape[0], -1, *_filter_shape(first, image_shape))[:, 0]
    said = np.atleast_2d(network.predict(X))
    said = said.argmax(axis=0) if said.shape[0] == Y.shape[0] > 1 else said[0].astype(int)
    true = Y.argmax(axis=0) if Y.shape[0] > 1 else Y[0].astype(int)
    wrong = np.flatnonzero(said != true)
    fig, axes = figure(2 * ROWS, COLUMNS, size=(9.0, 5.4))
    for ax in axes.flat:
        ax.axis("off")
    for ax, weights in zip(axes[:ROWS].flat, filters, strict=False):
        limit = np.abs(weights).max() or 1.0
        ax.imshow(weights, cmap="RdBu", vmin=-limit, vmax=limit)
    for ax, j in zip(axes[ROWS:].flat, wrong, strict=False):
        picture = X[:, j].reshape(image_shape)
        ax.imshow(picture[0] if image_shape[0] == 1 else np.moveaxis(picture, 0, -1), cmap="gray_r")
        ax.set_title(f"{_name(classes, said[j])}, not {_name(classes, true[j])}", fontsize=8, color=GREY)
    axes[0, 0].set_title("filters of the first layer", loc="left", fontsize=10, weight="bold")
    fig.suptitle(f"{len(wrong)} of {X.shape[1]} test pictures misclassified", fontsize=10, color=GREY)
    return fig


def _filter_shape(weights: Any, image_shape: tuple[int, ...]) -> tuple[int, int]:
    """A convolution's kernel is drawn as it is; a fully connected unit has a weight a pixel."""
    if weights.ndim == 4:
        return int(weights.shape[2]), int(weights.shape[3])
    return image_shape[1], image_shape[2]


def _name(classes: Sequence[str], number: int) -> str:
    return classes[number] if number < len(classes) else str(number)
