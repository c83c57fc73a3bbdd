"""The backward equations: SymPy's derivative of every entry against the matrix form."""

from __future__ import annotations

from typing import Any

import sympy as sp

from symbolic._checking import Outcome, decide, decide_matrices
from symbolic._derivation import Step
from symbolic.models._entries import Entries, in_names
from symbolic.models._matrix import Matrix, named

__all__ = ["backward_steps", "by_example", "claimed_forms", "differentiated"]


def differentiated(e: Entries) -> dict[str, Any]:
    """Differentiate the cost by every parameter, and every loss by its own Z and A, entry by entry.

    Returns
    -------
    dict
        ``"dZ1"``, ``"dA1"``, ``"dW1"``, ``"db1"``, … to matrices; written-out values carry their names.
    """
    out: dict[str, Any] = {}
    losses = [e.loss_of(j, e.unrolled(j, "A", 0)) for j in range(e.m)]
    cost = sp.Rational(1, e.m) * sp.Add(*losses) + e.penalty
    for layer in range(e.L, 0, -1):
        from_z = [e.loss_of(j, e.unrolled(j, "Z", layer)) for j in range(e.m)]
        out[f"dZ{layer}"] = _matrix(e, layer, lambda i, j, L=from_z, k=layer: L[j].diff(e.Z[k][i, j]))
        out[f"dW{layer}"] = sp.ImmutableMatrix(
            e.W[layer].applyfunc(lambda w: in_names(cost.diff(w), e.names_of_g))
        )
        out[f"db{layer}"] = sp.ImmutableMatrix(
            e.b[layer].applyfunc(lambda v: in_names(cost.diff(v), e.names_of_g))
        )
        if layer > 1:
            from_a = [e.loss_of(j, e.unrolled(j, "A", layer - 1)) for j in range(e.m)]
            out[f"dA{layer - 1}"] = _matrix(
                e, layer - 1, lambda i, j, L=from_a, k=layer - 1: L[j].diff(e.A[k][i, j])
            )
    return out


def _matrix(e: Entries, layer: int, entry: Any) -> Any:
    """A matrix shaped like Z[layer], in names."""
    return sp.ImmutableMatrix(e.sizes[layer], e.m, lambda i, j: in_names(entry(i, j), e.names_of_g))


def claimed_forms(e: Entries) -> dict[str, Matrix]:
    """The backward equations as every course writes them; claims, until compared."""
    forms: dict[str, Matrix] = {}
    for layer in range(e.L, 0, -1):
        if layer == e.L:
            A, Y = (named(f"A[{layer}]", rf"A^{{[{layer}]}}", e.output_values), named("Y", "Y", e.Y))
            forms[f"dZ{layer}"] = A - Y
        else:
            forms[f"dZ{layer}"] = _renamed("dA", layer, forms) * e.named("g'", layer)
        dZ = _renamed("dZ", layer, forms)
        dW = (dZ @ e.named("A", layer - 1).T).mean_of(e.m)
        if e.lam is not None:
            dW = dW + e.named("W", layer).scaled(e.lam / e.m, "(lam/m)", r"\frac{\lambda}{m}")
        forms[f"dW{layer}"] = dW
        forms[f"db{layer}"] = dZ.sum_over_examples().mean_of(e.m)
        if layer > 1:
            forms[f"dA{layer - 1}"] = e.named("W", layer).T @ dZ
    return forms


def _renamed(letters: str, layer: int, forms: dict[str, Matrix]) -> Matrix:
    return named(f"{letters}[{layer}]", rf"{letters}^{{[{layer}]}}", forms[f"{letters}{layer}"].value)


_RULES = {
    "dZL": "derivative of the loss after the output activation",
    "dZ": "chain rule through the activation, entry by entry",
    "dA": "chain rule: every z of layer {up} depends on a_kj through W",
    "dW": "chain rule: ∂z_ij/∂W_ik = a_kj, summed over the examples",
    "db": "chain rule: ∂z_ij/∂b_i = 1, summed over the examples",
}


def by_example(e: Entries) -> Any:
    """A check that proves a sum over the examples one example at a time.

    Equal parts have equal sums, and a part is a far smaller claim. Where the parts do not all prove, the whole
    claim goes to the prover, which then finds the point at which it fails. The one-hot hypothesis is put into
    each part: put in before, its constants would melt together across the examples.
    """
    example = {
        v: j for group in (e.Z, e.A, e.slopes) for M in group.values() for j in range(e.m) for v in M.col(j)
    }
    example |= {v: j for j in range(e.m) for v in e.Y.col(j)}

    def parts(side: Any) -> dict[Any, Any] | None:
        out: dict[Any, Any] = {}
        for term in sp.Add.make_args(sp.expand_mul(side, deep=False)):
            examples = {example[v] for v in term.free_symbols if v in example}
            if len(examples) > 1:
                return None
            out.setdefault(next(iter(examples), None), []).append(term)
        return {j: sp.Add(*terms) for j, terms in out.items()}

    def entry(left: Any, right: Any, assuming: Any) -> Any:
        pairs = [p for p in (parts(left), parts(right)) if p is not None]
        if len(pairs) == 2:
            keys = pairs[0].keys() | pairs[1].keys()
            zero = sp.Integer(0)
            sides = [[pair.get(k, zero).xreplace(e.one_hot) for pair in pairs] for k in keys]
            verdicts = [decide(left, right, assuming) for left, right in sides]
            if all(v.status == "proved" for v in verdicts):
                return Outcome("proved", verdicts=tuple(verdicts))
        return decide(left.xreplace(e.one_hot), right.xreplace(e.one_hot), assuming)

    return lambda left, right, assuming: decide_matrices(left, right, assuming, entry)


def backward_steps(
    e: Entries, forms: dict[str, Matrix] | None = None
) -> tuple[dict[str, Any], dict[str, Matrix], list[Step]]:
    """Compare SymPy's derivatives with matrix forms, entry by entry.

    Parameters
    ----------
    e : Entries
    forms : dict, optional
        The matrix forms to check; those of `claimed_forms` by default.

    Returns
    -------
    gradients : dict of matrices
    equations : dict of Matrix
    steps : list of Step

    Raises
    ------
    WrongStep
        Naming the equation and the first entry that differs.
    """
    derivatives = differentiated(e)
    forms = forms or claimed_forms(e)
    steps, check = [], by_example(e)
    for key, derivative in derivatives.items():
        letters, layer = key[:2], int(key[2:])
        rule = _RULES["dZL" if letters == "dZ" and layer == e.L else letters].format(up=layer + 1)
        rule += ", one-hot" if e.one_hot and letters == "dZ" and layer == e.L else ""
        left = named(f"{letters}[{layer}]", rf"{letters}^{{[{layer}]}}", derivative)
        steps.append(
            Step(
                derivative,
                forms[key].value,
                f"{key}: {rule}",
                check=check,
                shown=(left, forms[key]),
            )
        )
    return derivatives, forms, steps
