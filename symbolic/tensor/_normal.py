"""From an expression to its normal form."""

from __future__ import annotations

from flint import fmpq

from symbolic.tensor._algebra import IS_ZERO, multiply, power_poly
from symbolic.tensor._axes import ONE
from symbolic.tensor._kernels import exp_poly, function_poly, log_poly, step_poly
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Delta,
    Einsum,
    LogSumExp,
    Map,
    MaxOver,
    Named,
    Number,
    Power,
    Size,
    Softmax,
    Symbol,
    Tensor,
    Window,
    in_order,
)
from symbolic.tensor._sums import max_over, sum_over
from symbolic.tensor._terms import (
    Index,
    Poly,
    Work,
    add_to,
    const,
    delta_atom,
    entry,
    fresh_indices,
    one,
    size_atom,
    whole,
    window_atom,
)

Place = tuple[Index | None, ...]  # None stands for the only index of an axis of size 1
Memo = dict[tuple[Tensor, Place], Poly]


def normal_form(work: Work, node: Tensor, memo: Memo | None = None) -> Poly:
    """Write the entry of an expression at free indices as a polynomial in normal form.

    Parameters
    ----------
    work : Work
    node : Tensor
    memo : dict, optional
        Shared between the two sides of a claim.

    Returns
    -------
    Poly
        In the indices (axis, 1), (axis, 2), ... in the order of the axes.
    """
    place = tuple(None if axis == ONE else (axis.name, i + 1) for i, axis in enumerate(node.axes))
    return entry_of(work, node, place, {} if memo is None else memo)


def entry_of(work: Work, node: Tensor, place: Place, memo: Memo) -> Poly:
    """Write one entry of an expression as a polynomial."""
    key = (node, place)
    found = memo.get(key)
    if found is None:
        found = memo[key] = _entry(work, node, place, memo)
    return found


def _entry(work: Work, node: Tensor, place: Place, memo: Memo) -> Poly:
    work.tick()
    indices = tuple(index for index in place if index is not None)
    if isinstance(node, Number):
        return const(node.value)
    if node in work.alone:
        return {((entry(work, f"°{work.alone[node]}", indices), 1),): fmpq(1)}
    if isinstance(node, Named):
        return entry_of(work, node.value, place, memo)
    if isinstance(node, Size):
        return {((size_atom(node.axis.name), 1),): fmpq(1)}
    if isinstance(node, Symbol):
        return {((entry(work, node.name, indices), 1),): fmpq(1)}
    if isinstance(node, Delta):
        return one() if indices[0] == indices[1] else {((delta_atom(*indices), 1),): fmpq(1)}
    if isinstance(node, Window):
        h, i, p = indices
        return {((window_atom(h, i, p, node.stride, node.padding), 1),): fmpq(1)}
    if isinstance(node, Add):
        total: Poly = {}
        for coefficient, term in node.terms:
            add_to(
                total, entry_of(work, term, place, memo), fmpq(coefficient.numerator, coefficient.denominator)
            )
        return total
    if isinstance(node, Einsum):
        return _einsum(work, node, place, memo)
    if isinstance(node, Power):
        return power_poly(work, entry_of(work, node.base, place, memo), whole(node.exponent))
    if isinstance(node, Map):
        argument = entry_of(work, node.argument, place, memo)
        return function_poly(work, node.function, node.order, argument)
    assert isinstance(node, Softmax | LogSumExp | MaxOver | ArgMax)
    return _along(work, node, place, memo)


def blocks(left: Tensor, right: Tensor) -> list[dict[object, int]]:
    """Number the nodes that both sides may be built of: functions, and sums and powers that both sides have.

    Most claims about a network hold whatever these are: the sides are made of the same ones by products and sums. What
    holds for any tensors in their place holds for them, and with nothing to take apart the proof is short at any depth.
    """
    nodes = in_order((left, right))
    functions: list[Tensor] = [
        n for n in nodes if isinstance(n, Map | Softmax | LogSumExp | MaxOver | ArgMax)
    ]
    common = set(in_order((left,))).intersection(in_order((right,)))
    shared: list[Tensor] = [n for n in nodes if isinstance(n, Add | Power) and n in common]
    choices = [[*functions, *shared], functions] if shared else [functions]
    return [{node: number for number, node in enumerate(chosen)} for chosen in choices if chosen]


def _einsum(work: Work, node: Einsum, place: Place, memo: Memo) -> Poly:
    where: dict[int, Index | None] = dict(zip(node.out, place, strict=True))
    labels_bound = [label for label in node.summed if node.labels[label] != ONE]
    live = [index for index in place if index is not None]
    bound = fresh_indices((node.labels[label].name for label in labels_bound), live)
    where.update(dict.fromkeys(node.summed))
    where.update(zip(labels_bound, bound, strict=True))
    result = const(node.coefficient)
    for factor, labels in node.factors:
        result = multiply(work, result, entry_of(work, factor, tuple(where[label] for label in labels), memo))
    return sum_over(work, result, bound)


def _along(work: Work, node: Softmax | LogSumExp | MaxOver | ArgMax, place: Place, memo: Memo) -> Poly:
    """Read the functions of a whole axis: softmax, log-sum-exp, the largest entry."""
    argument = node.argument
    keeps = isinstance(node, Softmax | ArgMax)
    outer = iter(place)
    inner: list[Index | None] = []
    bound: list[Index] = []
    for position, axis in enumerate(argument.axes):
        here = next(outer) if keeps or position not in node.places else None
        if position in node.places and axis != ONE:
            (here,) = fresh_indices([axis.name], [index for index in (*place, *bound) if index is not None])
            bound.append(here)
        inner.append(here)
    value = entry_of(work, argument, tuple(inner), memo)
    if isinstance(node, MaxOver):
        return max_over(work, value, bound)
    if isinstance(node, ArgMax):
        gap = add_to(max_over(work, value, bound), entry_of(work, argument, place, memo), -1)
        return step_poly(work, gap, IS_ZERO)
    weight = exp_poly(work, value)
    if isinstance(node, LogSumExp):
        return log_poly(work, sum_over(work, weight, bound))
    own = exp_poly(work, entry_of(work, argument, place, memo))
    if node.mask is not None:
        weight = multiply(work, weight, entry_of(work, node.mask, tuple(inner), memo))
        own = multiply(work, own, entry_of(work, node.mask, place, memo))
    return multiply(work, own, power_poly(work, sum_over(work, weight, bound), -1))
