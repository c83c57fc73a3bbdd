r"""An L-layer network: forward and backward equations, derived entry by entry and compared with the matrix form.

Letters
-------
``X = A[0]`` is (n_0, m), columns are examples; ``W[l]`` is (n_l, n_{l-1}), ``b[l]`` is (n_l, 1).
``Z[l] = W[l] A[l-1] + b[l]``, ``A[l] = g(Z[l])``; the cost J is the mean of the m losses.
``dZ[l]``, ``dA[l]`` are gradients of the *per-example* losses; ``dW[l]``, ``db[l]`` of the cost.

How an equation is derived
--------------------------
The cost is written out in the entries of the parameters, ``Z[l]_ij`` inside ``A[l]_ij`` inside ``Z[l+1]``…,
and differentiated by SymPy. What still stands written out in the result then goes by its name, and the entries
are compared with the matrix formula. The activation enters as a function g whose ``fdiff`` is g';
that g' is what it is for the activation at hand is proved in the last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import sympy as sp

from symbolic._derivation import Derivation, Step
from symbolic._errors import InvalidArgument, LimitReached
from symbolic.catalogue import formula, names
from symbolic.catalogue._registry import is_whole, resolve
from symbolic.models._backward import backward_steps, by_example
from symbolic.models._entries import Entries, build_entries
from symbolic.models._matrix import Matrix, named

__all__ = ["SymbolicNetwork", "checked_architecture", "network"]

# Parameters times examples times layers squared, which the time goes by: this many take some ten seconds.
_MOST_WORK = 4_000

OUTPUTS = {"squared_error": "identity", "bce": "sigmoid", "softmax_cross_entropy": "softmax"}


@dataclass(frozen=True, eq=False)
class SymbolicNetwork:
    """A concrete network with its equations.

    Attributes
    ----------
    sizes : tuple of int
        n_0 to n_L.
    activation, loss : str
        Of the hidden layers; the loss decides the output: squared_error identity, bce sigmoid,
        softmax_cross_entropy softmax.
    m : int
        Examples.
    parameters : mapping
        ``"W1"``, ``"b1"``, …: matrices of symbols.
    X, Y : sympy.ImmutableDenseMatrix
        Symbols.
    cost : sympy.Expr
        J in the entries of the last ``Z``.
    gradients : mapping
        ``"dZ1"``, ``"dW1"``, ``"db1"``, ``"dA1"``, …: what SymPy's ``diff`` gives, entry by entry.
    equations : mapping
        The same names to matrix formulas: ``str`` gives ``(1/m) dZ[2] A[1]ᵀ``, ``.latex()`` LaTeX.
    notation : mapping
        What the letters in `cost` and `gradients` stand for: z in the activations below it, a and s in z.
    derivation : Derivation
        The proved steps.
    """

    sizes: tuple[int, ...]
    activation: str
    loss: str
    m: int
    parameters: Mapping[str, Any]
    X: Any
    Y: Any
    cost: Any
    gradients: Mapping[str, Any]
    equations: Mapping[str, Matrix]
    notation: Mapping[Any, Any]
    derivation: Derivation

    def __str__(self) -> str:
        return str(self.derivation)

    def _repr_latex_(self) -> str:
        return self.derivation._repr_latex_()


def checked_architecture(
    sizes: Sequence[int], activation: str, loss: str
) -> tuple[tuple[int, ...], str, str]:
    """Return sizes, activation and loss under their catalogue names, or say what is wrong with them.

    Raises
    ------
    InvalidArgument, UnknownName
    """
    whole = _whole_numbers(sizes)
    g = resolve(activation)
    hidden = [name for name in names("activation") if name != "softmax"]
    if g not in hidden:
        raise InvalidArgument(f"activation is {activation!r}; hidden layers take one of {', '.join(hidden)}.")
    ell = resolve(loss)
    ell = "bce" if ell == "bce_logit" else ell
    if ell not in OUTPUTS:
        raise InvalidArgument(f"loss is {loss!r}; a network takes one of {', '.join(OUTPUTS)}.")
    if ell == "softmax_cross_entropy" and whole[-1] < 2:
        raise InvalidArgument(
            f"sizes is {list(whole)}; softmax needs at least 2 outputs, or take loss='bce'."
        )
    return whole, g, ell


def _whole_numbers(sizes: Any) -> tuple[int, ...]:
    """Read [n_0, …, n_L]: at least two whole numbers, each of at least 1."""
    given = (
        tuple(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, Mapping | str | bytes) else ()
    )
    whole = tuple(int(n) for n in given if is_whole(n) and n > 0)
    if len(whole) < 2 or len(whole) != len(given):
        raise InvalidArgument(
            f"sizes is {sizes!r}; expected at least two positive whole numbers, [n_x, …, n_y]."
        )
    return whole


def _check_size(sizes: tuple[int, ...], m: int) -> None:
    n_parameters = sum(n_out * (n_in + 1) for n_in, n_out in pairwise(sizes))
    most = _MOST_WORK // (len(sizes) - 1) ** 2
    if n_parameters * m > most:
        raise LimitReached(
            f"sizes is {list(sizes)} and m is {m}: {n_parameters} parameters times {m} examples are {n_parameters * m}; "
            f"with {len(sizes) - 1} layer(s) at most {most} are derived, entry by entry. Take a smaller network, which "
            "shows the same equations, or symbolic.tensor, which proves them for all sizes."
        )


def network(
    sizes: Sequence[int],
    activation: str = "tanh",
    loss: str = "bce",
    *,
    m: int = 2,
    l2: bool = False,
    name: str = "network",
) -> SymbolicNetwork:
    """Derive the forward and backward equations of a concrete network, entry by entry.

    Parameters
    ----------
    sizes : sequence of int
        ``[n_x, n_1, …, n_y]``. Take them all different from each other and from `m`, so that a transposed
        matrix does not even fit.
    activation : str
        Of the hidden layers: any activation but softmax.
    loss : {"squared_error", "bce", "softmax_cross_entropy"}
        Also "mse", "bce_logit", "categorical_cross_entropy".
    m : int
        Number of examples.
    l2 : bool
        Add the penalty (lam/(2m)) Σ_l ‖W[l]‖² to the cost.
    name : str
        Name of the derivation.

    Returns
    -------
    SymbolicNetwork

    Raises
    ------
    InvalidArgument, UnknownName
        For sizes, names or m that make no network.
    LimitReached
        Beyond 4,000 parameters times examples times layers squared: every entry is differentiated on its own.
    WrongStep
        If an entry of SymPy's derivative differs from the matrix form.

    Examples
    --------
    >>> import symbolic
    >>> net = symbolic.network([3, 2, 1], activation="tanh", loss="bce", m=4)
    >>> for key in ("dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"):
    ...     print(key, "=", net.equations[key])
    dZ2 = A[2] - Y
    dW2 = (1/m) dZ[2] A[1]ᵀ
    db2 = (1/m) Σ_j dZ[2]_j
    dA1 = W[2]ᵀ dZ[2]
    dZ1 = dA[1] ∘ g'(Z[1])
    dW1 = (1/m) dZ[1] Xᵀ
    db1 = (1/m) Σ_j dZ[1]_j
    """
    whole, g, ell = checked_architecture(sizes, activation, loss)
    if not is_whole(m) or m < 1:
        raise InvalidArgument(f"m is {m!r}; expected a whole number of examples, at least one.")
    m = int(m)
    _check_size(whole, m)
    entries = build_entries(whole, OUTPUTS[ell], ell, m, l2)
    gradients, equations, backward = backward_steps(entries)
    steps = (*_forward_steps(entries), _cost_step(entries), *backward, *_activation_step(entries, g))
    hidden = f", {g} in the hidden layers" if len(whole) > 2 else ""
    hypotheses = [
        "columns are examples; dZ, dA are gradients of the per-example losses, dW, db of the cost J",
        f"A[{len(whole) - 1}] = {OUTPUTS[ell]}(Z[{len(whole) - 1}])"
        + (f", A[l] = g(Z[l]) before, g = {g}" if len(whole) > 2 else ""),
    ]
    if ell == "softmax_cross_entropy":
        hypotheses.append("one-hot: every column of Y sums to 1")
    title = f"Backpropagation, sizes {'-'.join(map(str, whole))}, m = {m}: {ell}{hidden}"
    return SymbolicNetwork(
        sizes=whole,
        activation=g,
        loss=ell,
        m=m,
        parameters=MappingProxyType(entries.parameters),
        X=entries.A[0],
        Y=entries.Y,
        cost=entries.cost,
        gradients=MappingProxyType(gradients),
        equations=MappingProxyType(equations),
        notation=MappingProxyType(_notation(entries, g)),
        derivation=Derivation(name, title, steps, tuple(hypotheses)),
    )


def _notation(e: Entries, g: str) -> dict[Any, Any]:
    """The names of a network to their definitions, with the activation at hand."""
    f = formula(g)
    value, slope = f.with_defaults(f.expression), f.with_defaults(f.derivative)
    return e.definitions(lambda z: value.xreplace({f.variable: z}), lambda z: slope.xreplace({f.variable: z}))


def _forward_steps(e: Entries) -> list[Step]:
    """Z[l] = W[l] A[l-1] + b[l], by its entries and as a matrix product; A[l] = g(Z[l]); the cost."""
    steps = []
    for layer in range(1, e.L + 1):
        by_entry = sp.ImmutableMatrix(
            e.sizes[layer],
            e.m,
            lambda i, j, layer=layer: (
                sum(e.W[layer][i, k] * e.A[layer - 1][k, j] for k in range(e.sizes[layer - 1]))
                + e.b[layer][i]
            ),
        )
        product = e.named("W", layer) @ e.named("A", layer - 1) + e.named("b", layer)
        rule = "forward: z_ij = Σ_k W_ik a_kj + b_i, as a matrix product"
        steps.append(Step(by_entry, product.value, rule, shown=(e.named("Z", layer), product)))
    return steps


def _cost_step(e: Entries) -> Step:
    """J, the mean of the losses of A[L], in the names of the last Z, in which it is differentiated."""
    first = formula(e.loss)
    losses = []
    for j in range(e.m):
        if e.loss == "softmax_cross_entropy":
            a = e.output_values.col(j)
            losses.append(-sp.Add(*[y * sp.log(p) for y, p in zip(e.Y.col(j), a, strict=True)]))
        else:
            prediction, label = first.symbols[:2]
            pairs = zip(e.output_values.col(j), e.Y.col(j), strict=True)
            losses += [first.expression.xreplace({prediction: a, label: y}) for a, y in pairs]
    mean = sp.Rational(1, e.m) * sp.Add(*losses) + e.penalty
    penalty = " + (lam/(2m)) Σ_l ‖W[l]‖²" if e.lam is not None else ""
    tex = r" + \frac{\lambda}{2m} \sum_l \lVert W^{[l]} \rVert^2" if e.lam is not None else ""
    right = named(
        f"(1/m) Σ_j L(A[{e.L}]_j, Y_j){penalty}",
        rf"\frac{{1}}{{m}} \sum_j L\left(A^{{[{e.L}]}}_{{:, j}}, Y_{{:, j}}\right){tex}",
        [[mean]],
    )
    rule = (
        f"cost: the mean of the losses ({e.loss}), written in Z[{e.L}] with A[{e.L}] = {e.output}(Z[{e.L}])"
    )
    return Step(
        sp.ImmutableMatrix([[e.cost]]),
        right.value,
        rule,
        check=by_example(e),
        shown=(named("J", "J", [[e.cost]]), right),
    )


def _activation_step(e: Entries, g: str) -> list[Step]:
    """What g' is for the activation at hand."""
    if e.L < 2:
        return []
    f = formula(g)
    kink = f"; nothing is claimed at its kink z = {f.kinks[0]}" if f.kinks else ""
    lhs = sp.Derivative(f.expression, f.variable, evaluate=False)
    rule = f"g' of {g}, at every entry z of the hidden layers{kink}"
    return [Step(lhs, f.closed_form, rule, where=dict(f.notation))] if lhs != f.closed_form else []
