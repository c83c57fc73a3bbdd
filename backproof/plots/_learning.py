"""Learning curves: cost and accuracy against the epoch, train against validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backproof.plots._canvas import BLUE, GREY, ORANGE, figure


def plot_learning(curves: Mapping[str, Sequence[float | None]], title: str = "") -> Any:
    """Draw the curves of `History.to_dict()`: the gap between the two lines is overfitting."""
    epochs = range(1, len(curves["train_cost"]) + 1)
    with_accuracy = any(v is not None for v in curves["train_accuracy"])
    fig, axes = figure(1, 2 if with_accuracy else 1, size=(9.6 if with_accuracy else 6.0, 3.8))
    panels = [("cost", axes[0]), ("accuracy", axes[1])] if with_accuracy else [("cost", axes)]
    for what, ax in panels:
        for side, color in (("train", BLUE), ("validation", ORANGE)):
            values = curves[f"{side}_{what}"]
            if any(v is not None for v in values):
                ax.plot(
                    epochs, values, color=color, lw=2, label=side, marker="o" if len(values) < 3 else None
                )
        ax.set_xlabel("epoch", color=GREY)
        ax.xaxis.get_major_locator().set_params(integer=True)  # there is no epoch 1.25
        ax.set_title(what, loc="left", fontsize=11, weight="bold")
        ax.legend(frameon=False, fontsize=9)
    if title:
        fig.suptitle(
            title, fontsize=11, color=GREY, parse_math=False
        )  # the name of a file may have dollar signs
    return fig
