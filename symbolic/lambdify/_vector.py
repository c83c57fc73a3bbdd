r"""Softmax and its cross-entropy, for any number of classes.

One body of code serves two masters: with `_NumPy` as its arithmetic it runs on float64 arrays, with `_Exact`
on arrays of SymPy symbols. The second run is compared with the plain formula entry by entry for 2 and 3
classes and every position of the largest logit, so what is proved is the code that runs.

``Z`` is (n, m), columns are examples; ``top`` (1, m) is the row of the largest logit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

from symbolic._derivation import Step
from symbolic._errors import ShapeMismatch
from symbolic.catalogue import formula
from symbolic.lambdify._arrays import as_given, real_array
from symbolic.lambdify._domains import check_domain

__all__ = ["vector_function"]


class _NumPy:
    """Float64 arithmetic with the corner cases that algebra does not have."""

    log1p = staticmethod(np.log1p)

    @staticmethod
    def gap(top: Any, Z: Any) -> Any:
        """top - Z, with 0 where both are the same infinity."""
        return np.subtract(top, Z, where=top != Z, out=np.zeros_like(Z))

    @staticmethod
    def exp_gap(top: Any, Z: Any) -> Any:
        """exp(Z - top); the rounding error of the difference, worth |Z - top| ulp, is put back."""
        finite = np.isfinite(Z) & np.isfinite(top)
        z, t = np.where(finite, Z, 0.0), np.where(finite, top, 0.0)
        ordinary = finite & (z - t > -800.0)
        z, t = np.where(ordinary, z, 0.0), np.where(ordinary, t, 0.0)
        d = z - t
        back = d - z
        rest = (z - (d - back)) - (t + back)  # Knuth: d + rest is z - t exactly
        e = np.exp(d)
        return np.where(ordinary, e + e * rest, top == Z)  # beyond -800, and from infinity, exp is 0

    @staticmethod
    def weighted(Y: Any, gap: Any) -> Any:
        """Y · gap, with 0 · inf = 0: a class without probability costs nothing."""
        return Y * np.where(Y == 0, 0.0, gap)


class _Exact:
    """The same arithmetic on SymPy objects."""

    log1p = staticmethod(np.vectorize(lambda x: sp.log(1 + x), otypes=[object]))
    exp = staticmethod(np.vectorize(sp.exp, otypes=[object]))

    @staticmethod
    def gap(top: Any, Z: Any) -> Any:
        return top - Z

    @classmethod
    def exp_gap(cls, top: Any, Z: Any) -> Any:
        return cls.exp(Z - top)

    @staticmethod
    def weighted(Y: Any, gap: Any) -> Any:
        return Y * gap


def _others(e: Any) -> Any:
    """Sum over all rows but one's own, without the subtraction that would cancel."""
    n = e.shape[0]
    mask = 1 - np.eye(n, dtype=int)
    return np.tensordot(mask.astype(e.dtype), e, axes=1)


def _softmax(top: Any, row: Any, Z: Any, ops: Any) -> Any:
    e = ops.exp_gap(top, Z)
    return e / e.sum(axis=0)


def _jacobian(top: Any, row: Any, Z: Any, ops: Any) -> Any:
    """Entry (i, j) is a_i (δ_ij - a_j), with 1 - a_i as the sum of the other a_j."""
    e = ops.exp_gap(top, Z)
    a = e / e.sum(axis=0)
    out = -a[:, None] * a[None, :]
    i = np.arange(len(a))
    out[i, i] = a * (_others(e) / e.sum(axis=0))
    return out


def _loss(top: Any, row: Any, Z: Any, Y: Any, ops: Any) -> Any:
    """Σ_k y_k (top - z_k) + Σ_k y_k · log(1 + Σ_{j ≠ row} exp(z_j - top)): no term is negative."""
    e = ops.exp_gap(top, Z)
    rest = np.where(np.arange(len(Z))[:, None] == row, 0, e).sum(axis=0)
    return ops.weighted(Y, ops.gap(top, Z)).sum(axis=0) + Y.sum(axis=0) * ops.log1p(rest)


def _loss_gradient(top: Any, row: Any, Z: Any, Y: Any, ops: Any) -> Any:
    """a_k Σ_{j ≠ k} y_j - y_k Σ_{j ≠ k} a_j, which is a_k Σ_j y_j - y_k without its cancellation."""
    e = ops.exp_gap(top, Z)
    total = e.sum(axis=0)
    return (e / total) * _others(Y) - Y * (_others(e) / total)


_BODIES: dict[tuple[str, int], Callable[..., Any]] = {
    ("softmax", 0): _softmax,
    ("softmax", 1): _jacobian,
    ("softmax_cross_entropy", 0): _loss,
    ("softmax_cross_entropy", 1): _loss_gradient,
}


def check_body(body: Callable[..., Any], name: str, order: int, n: int) -> None:
    """Prove that a body computes the catalogue's formula, whichever logit is the largest.

    Raises
    ------
    WrongStep
        Naming the first entry that differs.
    """
    f = formula(name, n=n)
    expected = f.expression if order == 0 else f.derivative
    shape = expected.shape if isinstance(expected, sp.MatrixBase) else (1, 1)
    columns = [np.array(f.symbols[i : i + n], dtype=object)[:, None] for i in range(0, len(f.symbols), n)]
    for row in range(n):
        got = body(columns[0][row : row + 1], np.array([[row]]), *columns, _Exact)
        entries = [sp.sympify(v) for v in np.ravel(got)]
        rule = f"stable form of {name}, order {order}, {n} classes, logit {row + 1} the largest"
        wanted = expected if isinstance(expected, sp.MatrixBase) else sp.ImmutableMatrix([expected])
        Step(sp.ImmutableMatrix(*shape, entries), wanted, rule)


def vector_function(name: str, order: int) -> Callable[..., Any]:
    """Return softmax or its cross-entropy as a NumPy function; see `symbolic.to_numpy`."""
    body = _BODIES[name, order]
    for n in (2, 3):
        check_body(body, name, order, n)
    n_arrays = 1 if name == "softmax" else 2

    def function(*arrays: Any) -> Any:
        if len(arrays) != n_arrays:
            wanted = "z" if n_arrays == 1 else "Z, Y"
            raise ShapeMismatch(f"{name} takes {n_arrays} array(s) ({wanted}); it was given {len(arrays)}.")
        given = [real_array(name, argument, x) for argument, x in zip("ZY", arrays, strict=False)]
        if any(x.shape != given[0].shape for x in given):
            raise ShapeMismatch(f"Z has shape {given[0].shape} and Y {given[1].shape}; expected the same.")
        check_domain(name, ("Z", "Y")[:n_arrays], given)
        if given[0].ndim not in (1, 2) or given[0].shape[0] == 0:
            raise ShapeMismatch(
                f"{name} got an array of shape {given[0].shape}; expected (n,) or (n, m), n ≥ 1."
            )
        columns = [x.reshape(len(x), -1) for x in given]
        Z = columns[0]
        row = Z.argmax(axis=0)[None, :]
        top = np.take_along_axis(Z, row, axis=0)
        with np.errstate(over="ignore", under="ignore"):
            out = body(top, row, *columns, _NumPy)
        return as_given(out if given[0].ndim == 2 else out[..., 0], arrays)

    function.__name__ = name if order == 0 else f"{name}_derivative"
    function.__doc__ = f"{formula(name).title}, over axis 0."
    return function
