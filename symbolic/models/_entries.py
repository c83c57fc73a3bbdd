"""The entries of a network: symbols for every parameter and activation, and the cost written out in them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic.catalogue import formula
from symbolic.catalogue._symbols import matrix
from symbolic.models._matrix import Matrix, named

__all__ = ["Entries", "build_entries", "hidden", "hidden_slope", "in_names"]


def _written_out(slopes: Mapping[Any, Any]) -> Callable[[Any, Any], Any]:
    """Return a function that gives definitions names, for one way of writing a network out.

    ``known_as(z, W x + b)`` is a SymPy function of its name; it depends on what its definition depends on, and
    its derivative is the derivative of its definition. A written-out network is a tree whose branches repeat
    thousands of times; with names each branch is differentiated once, by the same chain rule.
    """
    definitions: dict[Any, Any] = {}

    class named_value(sp.Function):  # type: ignore[misc]
        nargs = 1
        is_extended_real = True
        is_real = True

        def _eval_derivative(self, s: Any) -> Any:
            return slope_of(self.args[0], s)

        @property
        def free_symbols(self) -> set[Any]:
            return symbols_of(self.args[0]) | {self.args[0]}

    @functools.cache
    def slope_of(name: Any, symbol: Any) -> Any:
        return in_names(definitions[name].diff(symbol), slopes)

    @functools.cache
    def symbols_of(name: Any) -> set[Any]:
        return set(definitions[name].free_symbols)

    def known_as(name: Any, definition: Any) -> Any:
        definitions[name] = definition
        return named_value(name)

    return known_as


def in_names(expr: Any, slopes: Mapping[Any, Any]) -> Any:
    """Let every written-out value go by its name again, and g' of a name by its own."""
    found = {node: node.args[0] for node in expr.atoms(sp.Function) if type(node).__name__ == "named_value"}
    return expr.xreplace(found).xreplace(slopes)


class hidden_slope(sp.Function):  # type: ignore[misc]
    """g'(z) of the hidden layers."""

    nargs = 1


class hidden(sp.Function):  # type: ignore[misc]
    """g(z) of the hidden layers; SymPy's chain rule asks it for g'."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return g' at the same argument."""
        return hidden_slope(self.args[0])


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
        known_as = _written_out(self.names_of_g)

        def known(names: Any, column: Any) -> Any:
            return sp.ImmutableMatrix([known_as(n, v) for n, v in zip(names, column, strict=True)])

        column = (self.A if start == "A" else self.Z)[layer].col(j)
        if start == "Z" and layer < self.L:
            column = known(self.A[layer].col(j), column.applyfunc(hidden))
        for k in range(layer + 1, self.L + 1):
            column = known(self.Z[k].col(j), self.W[k] * column + self.b[k])
            if k < self.L:  # the output activation belongs to the loss
                column = known(self.A[k].col(j), column.applyfunc(hidden))
        return column

    def loss_of(self, j: int, z: Any) -> Any:
        """The loss of example j as an expression of the column of its last z."""
        y = self.Y.col(j)
        if self.loss == "softmax_cross_entropy":
            f = formula("softmax_cross_entropy", n=self.sizes[-1])
            return f.expression.xreplace(dict(zip(f.symbols, [*z, *y], strict=True)))
        f = formula("bce_logit" if self.loss == "bce" else "squared_error")
        first, label = f.symbols[:2]
        return sp.Add(*[f.expression.xreplace({first: p, label: q}) for p, q in zip(z, y, strict=True)])

    def definitions(self, g: Any, slope: Any) -> dict[Any, Any]:
        """What the names stand for, layer by layer: Z in the A before it, A and g'(Z) in Z."""
        out: dict[Any, Any] = {}
        for k in range(1, self.L + 1):
            for j in range(self.m):
                out |= dict(zip(self.Z[k].col(j), self.W[k] * self.A[k - 1].col(j) + self.b[k], strict=True))
            if k < self.L:
                for z, a, s in zip(self.Z[k], self.A[k], self.slopes[k], strict=True):
                    out |= {a: g(z), s: slope(z)}
        return out

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


def build_entries(sizes: tuple[int, ...], output: str, loss: str, m: int, l2: bool) -> Entries:
    """Name every entry of a network."""
    layers = range(1, len(sizes))
    return Entries(
        sizes=sizes,
        m=m,
        output=output,
        loss=loss,
        W={k: matrix(f"W{k}", sizes[k], sizes[k - 1]) for k in layers},
        b={k: matrix(f"b{k}", sizes[k], 1) for k in layers},
        Z={k: matrix(f"z{k}", sizes[k], m) for k in layers},
        A={0: matrix("x", sizes[0], m), **{k: matrix(f"a{k}", sizes[k], m) for k in layers}},
        Y=matrix("y", sizes[-1], m),
        slopes={k: matrix(f"s{k}", sizes[k], m) for k in layers[:-1]},
        lam=sp.Symbol("lam", real=True) if l2 else None,
    )
