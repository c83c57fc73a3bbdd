"""The gradient of a cost for every size at once, by walking the expression backwards.

Every node is visited once. A product hands each factor the product of the others, summed over the labels that factor
does not have: the product rule with its Kronecker deltas already eliminated.
What the walk carries is the adjoint, dJ/d(node); where the cost is itself a tensor, the adjoint has the axes of the
cost in front and starts as a product of deltas, so that the same walk gives the whole Jacobian.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbolic.tensor._axes import ONE, Axes
from symbolic.tensor._build import expand_to, multiply
from symbolic.tensor._einsum import Draft, constant, make_add, make_einsum, make_power
from symbolic.tensor._errors import TensorTypeError
from symbolic.tensor._functions import slope
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Delta,
    Einsum,
    Factor,
    LogSumExp,
    Map,
    MaxOver,
    Named,
    Power,
    Softmax,
    Tensor,
    in_order,
    intern,
)

Contribution = tuple[Tensor, Tensor]  # a child, and what it receives


def differentiate(cost: Tensor, wrt: Tensor) -> Tensor:
    """Differentiate a tensor expression with respect to a tensor, for every size at once.

    Parameters
    ----------
    cost : Tensor
        Usually a scalar.
    wrt : Tensor
        A symbol, or any part of `cost` (`Z` in `g(Z)`): then the rest of the cost is held still, and the result is
        the gradient with respect to that intermediate value.

    Returns
    -------
    Tensor
        With the axes of `cost` followed by those of `wrt`; for a scalar cost, the gradient. Zero when `cost`
        does not have `wrt` in it. At a kink (ReLU at 0) it is the slope on the left.

    Examples
    --------
    >>> from symbolic.tensor import axis, differentiate, tensor
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> W, A, G = tensor("W", n, k), tensor("A", k, m), tensor("G", n, m)
    >>> differentiate((G * (W @ A)).sum() / m.size, W)
    (1/m) G Aᵀ with axes (n, k)
    """
    return gradients(cost, [wrt])[0]


def gradients(cost: Tensor, wrt: Sequence[Tensor]) -> list[Tensor]:
    """Differentiate with respect to several tensors in one walk; they share what they have in common.

    Parameters
    ----------
    cost : Tensor
    wrt : sequence of Tensor

    Returns
    -------
    list of Tensor
        One derivative for each, in order.
    """
    for one in (cost, *wrt):
        if not isinstance(one, Tensor):
            raise TensorTypeError(
                f"{one!r} of type {type(one).__name__} cannot be differentiated; expected a Tensor."
            )
    lead = cost.axes
    nodes = in_order([cost])
    needed = _depends_on(nodes, set(wrt))
    received: dict[Tensor, list[Tensor]] = {cost: [_seed(lead)]}
    adjoints: dict[Tensor, Tensor] = {}
    for node in reversed(nodes):
        if node not in received or node not in needed:
            continue
        pieces = [(Fraction(1), piece) for piece in received.pop(node)]
        adjoint = adjoints[node] = make_add((*lead, *node.axes), pieces)
        for child, piece in _pull_back(node, adjoint, len(lead)):
            if child in needed:
                received.setdefault(child, []).append(piece)
    return [adjoints.get(one, constant(Fraction(0), (*lead, *one.axes))) for one in wrt]


def _depends_on(nodes: Sequence[Tensor], wrt: set[Tensor]) -> set[Tensor]:
    from symbolic.tensor._nodes import children

    needed: set[Tensor] = set()
    for node in nodes:
        if node in wrt or any(child in needed for child in children(node)):
            needed.add(node)
    return needed


def _seed(lead: Axes) -> Tensor:
    draft = Draft()
    first = [draft.label(one) for one in lead]
    second = [draft.label(one) for one in lead]
    deltas = [
        (intern(Delta, (one, one)), (a, b))
        for one, a, b in zip(lead, first, second, strict=True)
        if one != ONE
    ]
    return make_einsum(draft, [*first, *second], deltas)


def _pull_back(node: Tensor, adjoint: Tensor, lead: int) -> list[Contribution]:
    """Say what each child of a node receives, given what the node received."""
    if isinstance(node, Add):
        return [(term, multiply(coefficient, adjoint)) for coefficient, term in node.terms]
    if isinstance(node, Einsum):
        return [_to_factor(node, place, adjoint, lead) for place in range(len(node.factors))]
    if isinstance(node, Named):
        return [(node.value, adjoint)]
    if isinstance(node, Power):
        local = multiply(node.exponent, make_power(node.base, node.exponent - 1))
        return [(node.base, multiply(adjoint, local))]
    if isinstance(node, Map):
        return [(node.argument, multiply(adjoint, slope(node)))]
    if isinstance(node, Softmax):
        places = tuple(lead + place for place in node.places)
        weighted = multiply(adjoint, node)
        return [(node.argument, multiply(node, adjoint - weighted.sum(places, keepdims=True)))]
    if isinstance(node, LogSumExp):
        soft = intern(Softmax, node.argument.axes, node.argument, node.places, None)
        return [(node.argument, multiply(_opened(adjoint, node.argument, node.places, lead), soft))]
    if isinstance(node, MaxOver):
        here = intern(ArgMax, node.argument.axes, node.argument, node.places)
        return [(node.argument, multiply(_opened(adjoint, node.argument, node.places, lead), here))]
    return []


def _opened(value: Tensor, whole: Tensor, places: tuple[int, ...], lead: int) -> Tensor:
    """Give back the axes that a reduction took away, by repeating entries."""
    keys = [slice(None)] * lead + [
        None if place in places else slice(None) for place in range(len(whole.axes))
    ]
    return expand_to(value[tuple(keys)], (*value.axes[:lead], *whole.axes)) if keys else value


def _to_factor(node: Einsum, place: int, adjoint: Tensor, lead: int) -> Contribution:
    """Multiply the adjoint with the other factors, and sum over the labels this factor does not have."""
    factor, labels = node.factors[place]
    draft = Draft()
    draft.axes.extend(node.labels)
    front = [draft.label(one) for one in adjoint.axes[:lead]]
    others: list[Factor] = [one for i, one in enumerate(node.factors) if i != place]
    out: list[int] = []
    for label in labels:  # x[i, i]: a second index tied to the first by a delta
        if label in out:
            twin = draft.label(node.labels[label])
            others.append((intern(Delta, (node.labels[label],) * 2), (label, twin)))
            label = twin
        out.append(label)
    summed_elsewhere = {label for _, own in others for label in own}
    for label in node.summed:  # a label only this factor had is repeated; one nobody has counted is not there
        assert label in out or label in summed_elsewhere
    product = [(adjoint, (*front, *node.out)), *others]
    return factor, make_einsum(draft, [*front, *out], product, node.coefficient)
