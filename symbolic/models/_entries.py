"""The entries of a network: symbols for every parameter and activation, and the cost written out in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic.catalogue import formula
from symbolic.models._matrix import Matrix, named

__all__ = ["Entries", "build_entries", "hidden", "hidden_slope", "known_as"]


class known_as(sp.Function):  # type: ignore[misc]
    """A value that has a name: ``known_as(z, W x + b)`` is its second argument, and prints as its first.

    It keeps SymPy from flattening the definition into the sum around it, so that after differentiation the
    name can be put back.
    """

    nargs = 2
    is_extended_real = True
    is_real = True

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative of the identity: 1 by the definition, 0 by the name."""
        return sp.Integer(argindex - 1)


class hidden_slope(sp.Function):  # type: ignore[misc]
    """g'(z) of the hidden layers."""

    nargs = 1


class hidden(sp.Function):  # type: ignore[misc]
    """g(z) of the hidden layers; SymPy's chain rule asks it for g'."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return g' at the same argument."""
        return hidden_slope(self.args[0])


def _symbols(letter: str, rows: int, cols: int) -> Any:
    return sp.ImmutableMatrix(rows, cols, lambda i, j: sp.Symbol(f"{letter}_{i + 1}{j + 1}", real=True))


@dataclass(frozen=True, eq=False)
class Entries:
    """Symbols and expressions of a concrete network.

    Attributes
    ----------
    sizes, m, output, loss : as in `network`
    W, b : dict of layer to matrix of symbols
    Z, A : dict of layer to matrix of symbols; ``A[0]`` is X
        Names of the values; their definitions come from `unrolled`.
    slopes : dict of layer to matrix of symbols
        g'(Z[l]) of the hidden layers.
    lam : sympy.Symbol or None
        The penalty.
    """

    sizes: tuple[int, ...]
    m: int
    output: str
    loss: str
    W: Mapping[int, Any]
    b: Mapping[int, Any]
    Z: Mapping[int, Any]
    A: Mapping[int, Any]
    Y: Any
    slopes: Mapping[int, Any]
    lam: Any = None

    @property
    def L(self) -> int:
        """Number of layers."""
        return len(self.sizes) - 1

    @property
    def parameters(self) -> dict[str, Any]:
        """``W1``, ``b1``, …"""
        return {f"{kind}{layer}": group[layer] for layer in range(1, self.L + 1)
                for kind, group in (("W", self.W), ("b", self.b))}  # fmt: skip

    def named(self, letter: str, layer: int) -> Matrix:
        """A matrix under the name the notes give it."""
        value = {"W": self.W, "b": self.b, "Z": self.Z, "A": self.A, "g'": self.slopes}[letter][layer]
        if letter == "g'":
            return named(f"g'(Z[{layer}])", rf"g'\left(Z^{{[{layer}]}}\right)", value)
        if letter == "A" and layer == 0:
            return named("X", "X", value)
        return named(f"{letter}[{layer}]", rf"{letter}^{{[{layer}]}}", value)

    def unrolled(self, j: int, start: str, layer: int) -> Any:
        """The last Z of example j, written out from ``A[layer]`` or ``Z[layer]`` upwards, as a column."""
        column = (self.A if start == "A" else self.Z)[layer].col(j)
        if start == "Z":
            column = self._activated(layer, column, j)
        for k in range(layer + 1, self.L + 1):
            column = _known(self.Z[k].col(j), self.W[k] * column + self.b[k])
            column = self._activated(k, column, j)
        return sp.ImmutableMatrix(column)

    def _activated(self, layer: int, z: Any, j: int) -> Any:
        """g of a column, except at the output, whose activation belongs to the loss."""
        return z if layer == self.L else _known(self.A[layer].col(j), z.applyfunc(hidden))

    def loss_of(self, j: int, z: Any) -> Any:
        """The loss of example j as an expression of the column of its last z."""
        y = self.Y.col(j)
        if self.loss == "softmax_cross_entropy":
            f = formula("softmax_cross_entropy", n=self.sizes[-1])
            return f.expression.xreplace(dict(zip(f.symbols, [*z, *y], strict=True)))
        f = formula("bce_logit" if self.loss == "bce" else "squared_error")
        first, label = f.symbols[:2]
        return sp.Add(*[f.expression.xreplace({first: p, label: q}) for p, q in zip(z, y, strict=True)])

    @property
    def cost(self) -> Any:
        """J in the names of the last Z, penalty included."""
        losses = [self.loss_of(j, self.Z[self.L].col(j)) for j in range(self.m)]
        return sp.Rational(1, self.m) * sp.Add(*losses) + self.penalty

    @property
    def penalty(self) -> Any:
        """(lam/(2m)) Σ_l ‖W[l]‖², or 0."""
        if self.lam is None:
            return sp.Integer(0)
        return self.lam / (2 * self.m) * sp.Add(*[w**2 for matrix in self.W.values() for w in matrix])

    @property
    def output_values(self) -> Any:
        """A[L] in the names of the last Z."""
        Z = self.Z[self.L]
        if self.output == "softmax":
            f = formula("softmax", n=self.sizes[-1])
            columns = [
                f.expression.xreplace(dict(zip(f.variables, Z.col(j), strict=True))) for j in range(self.m)
            ]
            return sp.ImmutableMatrix.hstack(*columns)
        f = formula(self.output)
        return Z.applyfunc(lambda z: f.expression.xreplace({f.variable: z}))

    @functools.cached_property
    def one_hot(self) -> dict[Any, Any]:
        """The hypothesis, last row of Y solved for; empty for other losses."""
        if self.loss != "softmax_cross_entropy":
            return {}
        return {self.Y[self.sizes[-1] - 1, j]: 1 - sp.Add(*self.Y.col(j)[:-1]) for j in range(self.m)}

    @functools.cached_property
    def names_of_g(self) -> dict[Any, Any]:
        """g'(z) of every hidden entry to its name."""
        return {
            hidden_slope(z): slope
            for layer in range(1, self.L)
            for z, slope in zip(self.Z[layer], self.slopes[layer], strict=True)
        }

    def in_names(self, expr: Any) -> Any:
        """Replace what is written out by its name; the expression stays the same function."""
        return expr.replace(known_as, lambda name, definition: name).xreplace(self.names_of_g)


def _known(names: Any, definitions: Any) -> Any:
    pairs = zip(names, definitions, strict=True)
    return sp.ImmutableMatrix([known_as(name, definition) for name, definition in pairs])


def build_entries(sizes: tuple[int, ...], output: str, loss: str, m: int, l2: bool) -> Entries:
    """Name every entry of a network."""
    layers = range(1, len(sizes))
    return Entries(
        sizes=sizes,
        m=m,
        output=output,
        loss=loss,
        W={k: _symbols(f"W{k}", sizes[k], sizes[k - 1]) for k in layers},
        b={k: _symbols(f"b{k}", sizes[k], 1) for k in layers},
        Z={k: _symbols(f"z{k}", sizes[k], m) for k in layers},
        A={0: _symbols("x", sizes[0], m), **{k: _symbols(f"a{k}", sizes[k], m) for k in layers}},
        Y=_symbols("y", sizes[-1], m),
        slopes={k: _symbols(f"s{k}", sizes[k], m) for k in layers[:-1]},
        lam=sp.Symbol("lam", real=True) if l2 else None,
    )
