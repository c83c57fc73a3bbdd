"""A function of the catalogue and its derivative, with kinks marked and measured slopes on top."""

from __future__ import annotations

from typing import Any

from backproof._errors import BackproofError
from backproof.plots._canvas import BLUE, GREY, ORANGE, figure

# name -> what is drawn against z: a loss with its label fixed, so that one curve remains
LABELS = {
    "squared_error": (0.0, "a"),
    "bce": (1.0, "a"),
    "bce_logit": (1.0, "z"),
    "hinge": (1.0, "z"),
    "huber": (0.0, "a"),
}


def curves(name: str) -> tuple[Any, Any, str, tuple[float, float]]:
    """Give the function, its derivative, the symbol on the axis, and the interval to draw."""
    import numeric
    import symbolic

    kind = symbolic.formula(name).kind
    value, slope = getattr(numeric, name, None), getattr(numeric, name + "_derivative", None)
    if kind == "activation" and name != "softmax" and value is not None and slope is not None:
        return value, slope, "z", (-5.0, 5.0)
    if name in LABELS and value is not None and slope is not None:
        y, symbol = LABELS[name]
        interval = (0.02, 0.98) if name == "bce" else (-4.0, 4.0)
        import numpy as np

        return (
            lambda x: value(x, np.full_like(x, y)),
            lambda x: slope(x, np.full_like(x, y)),
            f"{symbol}   (y = {y:g})",
            interval,
        )
    drawable = [n for n in symbolic.names("activation") if n != "softmax"] + list(LABELS)
    raise BackproofError(
        f"{name} is no function of one number, so it has no curve; try one of {', '.join(drawable)}."
    )


def plot_function(name: str) -> Any:
    """Draw the function, its derivative by hand, and the slopes that gradcheck measured without knowing either."""
    import numpy as np

    import gradcheck
    import symbolic

    value, slope, symbol, (low, high) = curves(name)
    kinks = [float(k) for k in _kinks(symbolic.formula(name)) if low < float(k) < high]
    fig, ax = figure()
    x = np.linspace(low, high, 801)
    for edge in kinks:  # a gap, not a vertical line, where the slope jumps
        x = np.sort(np.concatenate([x, [edge - 1e-9, edge + 1e-9]]))
    y, dy = value(x), slope(x)
    jumps = np.flatnonzero(np.isin(x, [k + 1e-9 for k in kinks]))
    ax.axhline(0, color=GREY, lw=0.6)
    ax.plot(x, y, color=BLUE, lw=2.2, label=name)
    ax.plot(
        np.insert(x, jumps, np.nan),
        np.insert(dy, jumps, np.nan),
        color=ORANGE,
        lw=2.2,
        label="its derivative, by hand",
    )
    dots = np.linspace(low, high, 19)[1:-1]
    dots = dots[np.all([np.abs(dots - k) > 0.05 for k in kinks], axis=0)] if kinks else dots
    measured = gradcheck.numerical_gradient(lambda t: float(np.sum(value(t))), dots.copy())
    ax.plot(dots, measured, "o", ms=5, mfc="white", mec=ORANGE, mew=1.4, label="slope, as measured")
    for number, k in enumerate(kinks):
        ax.axvline(k, color=GREY, lw=1, ls=":", label="kink: no derivative" if number == 0 else None)
    ax.set_xlabel(symbol, color=GREY)
    ax.set_title(name, loc="left", fontsize=12, weight="bold")
    ax.legend(frameon=False, fontsize=9)
    return fig


def _kinks(formula: Any) -> list[Any]:
    """The kinks that are numbers; those that depend on a label are not marked."""
    return [k for k in formula.kinks if getattr(k, "is_number", False)]
