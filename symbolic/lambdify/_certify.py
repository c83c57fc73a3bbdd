"""Two rewritings that no identity states, certified with ball arithmetic: Taylor at a root, and saturation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy as sp

from symbolic._errors import WrongStep

__all__ = ["certify_saturation", "taylor_at_root"]

Array = npt.NDArray[np.float64]
_BITS = 256
_DEGREE = 28


def _series(expr: Any, variable: Any, value: Any) -> Any:
    """Evaluate an expression in arb_series (Taylor arithmetic with balls as coefficients)."""
    import flint

    if expr == variable:
        return value
    if expr.is_Rational:
        return flint.arb_series([flint.arb(int(expr.p)) / int(expr.q)])
    if expr is sp.pi:
        return flint.arb_series([flint.arb.pi()])
    inner = [_series(a, variable, value) for a in expr.args]
    if expr.is_Add:
        return sum(inner[1:], inner[0])
    if expr.is_Mul:
        out = inner[0]
        for factor in inner[1:]:
            out = out * factor
        return out
    if isinstance(expr, sp.exp):
        return inner[0].exp()
    if isinstance(expr, sp.erf):
        return inner[0].erf()
    if expr.is_Pow and expr.exp.is_Rational:
        base = inner[0].sqrt() if expr.exp.q == 2 else inner[0]
        out = base
        for _ in range(abs(int(expr.exp.p)) - 1):
            out = out * base
        return flint.arb_series([1]) / out if expr.exp.is_negative else out
    raise WrongStep(f"Ball arithmetic has no {expr.func} here.", rule="certificate")


def _prepared(expr: Any) -> Any:
    return expr.rewrite(sp.exp) if expr.has(sp.tanh) else expr


def taylor_at_root(expr: Any, variable: Any, near: float, radius: float) -> Callable[[Array], Array]:
    """Return a polynomial in z - z₀ that computes an expression next to its root z₀ without cancellation.

    Parameters
    ----------
    expr : sympy.Expr
        With one simple root within `radius` of `near`.
    variable : sympy.Symbol
    near : float
        A float close to the root.
    radius : float
        Where the polynomial is used: ``near ± radius``.

    Returns
    -------
    callable
        Maps an array to the polynomial's values, relative error about 2e-16 (the certificate bounds the
        truncation by 2^-56 relative).

    Raises
    ------
    WrongStep
        If the truncation cannot be certified.

    Notes
    -----
    The coefficients are enclosures of f⁽ᵏ⁾(z₀)/k! at a root refined by Newton's method to 60 digits. The
    Lagrange remainder is |f⁽ᴺ⁾(ξ)/N!|·|h|ᴺ with ξ anywhere in the range; balls that cover the range bound it.
    Since f(z) ≥ |c₁ h| (1 - …) near the root, truncation is compared with |c₁ h|/2.
    """
    import flint

    expr = _prepared(expr)
    saved = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = _BITS, _DEGREE + 2
    try:
        root = flint.arb(near)
        for _ in range(8):
            c = _series(expr, variable, flint.arb_series([root.mid(), 1], prec=2)).coeffs()
            root = (root.mid() - c[0] / c[1]).mid()
        # A sign change over a tiny interval certifies that the root is there.
        tiny = flint.arb(2) ** -180
        low, high = (_series(expr, variable, flint.arb_series([root + s * tiny], prec=1))[0] for s in (-1, 1))
        if not (low < 0 < high):
            raise WrongStep(f"No root of {expr} was certified near {near}.", rule="Taylor series at the root")
        at_root = _series(expr, variable, flint.arb_series([root, 1], prec=_DEGREE)).coeffs()
        slope = abs(at_root[1])
        pieces = 64
        for i in range(pieces):
            middle = flint.arb(near) + flint.arb(radius) * (2 * i + 1 - pieces) / pieces
            ball = flint.arb(middle.mid(), radius / pieces * 1.001)
            top = abs(
                _series(expr, variable, flint.arb_series([ball, 1], prec=_DEGREE + 1)).coeffs()[_DEGREE]
            )
            reach = flint.arb(radius * 1.01) ** (_DEGREE - 1)
            if not top * reach < slope / 2 * flint.arb(2) ** -56:
                raise WrongStep(
                    f"The Taylor remainder of {expr} on {near} ± {radius} is not small enough.",
                    rule="Taylor series at the root",
                )
        coefficients = [float(c.mid()) for c in at_root[1:]]
        high_part = float(root)
        low_part = float(root - flint.arb(high_part))
    finally:
        flint.ctx.prec, flint.ctx.cap = saved

    def evaluate(z: Array) -> Array:
        h = (z - high_part) - low_part  # the first difference is exact this close to the root
        value = np.full_like(h, coefficients[-1])
        for c in coefficients[-2::-1]:
            value = value * h + c
        return value * h

    return evaluate


def certify_saturation(expr: Any, variable: Any, limit: int, start: int) -> None:
    """Prove that an expression rounds to its limit from `start` outwards.

    Parameters
    ----------
    expr : sympy.Expr
    variable : sympy.Symbol
    limit : int
        0 or 1.
    start : int
        Positive: the range is [start, 2^1024]; negative: [-2^1024, start].

    Raises
    ------
    WrongStep
        If on some ball of the range |expr - limit| may exceed 2^-1080 (limit 0) or 2^-60 (limit 1).

    Notes
    -----
    Balls [x, 1.5 x] cover the range one after the other, narrow enough for a cube to keep its sign; on
    each, Arb bounds the expression.
    """
    import flint

    expr = _prepared(expr)
    saved = flint.ctx.prec, flint.ctx.cap
    flint.ctx.prec, flint.ctx.cap = _BITS, _DEGREE + 2
    try:
        bound = flint.arb(2) ** (-1080 if limit == 0 else -60)
        edge = flint.arb(abs(start))
        while edge < flint.arb(2) ** 1024:
            outer = (edge * 1.5).mid()
            ball = edge.union(outer)
            value = _series(expr, variable, flint.arb_series([ball if start > 0 else -ball], prec=1))[0]
            if not abs(value - limit) < bound:
                raise WrongStep(f"{expr} is not certified to be {limit} around {ball}.", rule="saturation")
            edge = outer
    finally:
        flint.ctx.prec, flint.ctx.cap = saved
