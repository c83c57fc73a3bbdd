"""The V: how the error of a finite difference depends on the step."""

from __future__ import annotations

from typing import Any

from backproof._errors import BackproofError
from backproof.plots._canvas import BLUE, GREY, LIGHT, ORANGE, figure
from backproof.plots._function import curves

_FAR = 1e6  # beyond it a step of 1, the largest drawn, hardly moves the last digits


def plot_error(name: str, at: float | None = None) -> Any:
    """Draw the relative error of one-sided and centred differences against the step, log-log."""
    import numpy as np

    value, slope, _, (low, high) = curves(name)
    x = low + 0.57 * (high - low) if at is None else at
    if not abs(x) <= _FAR:
        raise BackproofError(f"--at is {x}; expected a number between {-_FAR:g} and {_FAR:g}.")
    h = np.logspace(-15, 0, 361)
    if name == "bce":  # of a probability: the stencil stays between 0 and 1
        if not 0 < x < 1:
            raise BackproofError(f"--at is {x}; expected a probability between 0 and 1.")
        h = h[(x - h > 0) & (x + h < 1)]
    with np.errstate(all="ignore"):
        true = float(slope(np.array([x]))[0])
        scale = abs(true) or 1.0
        up, here, down = value(x + h), value(np.full_like(h, x)), value(x - h)
        one_sided = np.abs((up - here) / h - true) / scale
        centred = np.abs((up - down) / (2 * h) - true) / scale
    eps = float(np.finfo(float).eps)
    fig, ax = figure()
    floor = 1e-16  # an error of exactly 0 has no place on a logarithmic axis
    ax.loglog(h, np.maximum(one_sided, floor), color=LIGHT, lw=1.6, label="one-sided: (f(x+h) − f(x)) / h")
    ax.loglog(h, np.maximum(centred, floor), color=BLUE, lw=1.6, label="centred: (f(x+h) − f(x−h)) / 2h")
    ax.loglog(h, np.maximum(h**2, floor), color=GREY, lw=0.9, ls="--", label="truncation ~ h²")
    ax.loglog(h, eps / h, color=GREY, lw=0.9, ls=":", label="rounding ~ ε/h")
    ax.axvline(eps ** (1 / 3), color=ORANGE, lw=1.2, label="h = ε^(1/3) ≈ 6e-6")
    ax.set_ylim(1e-14, 10)
    ax.set_xlabel("step h", color=GREY)
    ax.set_ylabel("relative error of the slope", color=GREY)
    ax.set_title(
        f"{name} at {x:.3g}: too large a step bends, too small a step rounds",
        loc="left",
        fontsize=11,
        weight="bold",
    )
    ax.legend(frameon=False, fontsize=8.5, loc="lower left")
    return fig
