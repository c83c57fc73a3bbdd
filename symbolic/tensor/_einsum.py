"""Products, sums and powers of nodes, kept tidy as they are made.

Tidy means: numbers gathered in front, sizes such as 1/m taken out of inner products and sums, transposes and
broadcasts melted into the product that uses them, Kronecker deltas gone wherever an index of theirs is summed.
Inner products that really sum stay nested, so what a formula shares stays shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbolic.tensor._axes import ONE, Axes, Axis
from symbolic.tensor._nodes import (
    Add,
    Delta,
    Einsum,
    Factor,
    Number,
    Power,
    Size,
    Tensor,
    intern,
    number,
    size_of,
)

Sizes = dict[Tensor, Fraction]  # powers of axis sizes


class Draft:
    """The labels of a product being put together."""

    def __init__(self) -> None:
        self.axes: list[Axis] = []

    def label(self, axis: Axis) -> int:
        """Make a new label that runs along an axis."""
        self.axes.append(axis)
        return len(self.axes) - 1


def is_zero(node: Tensor) -> bool:
    """Whether a node was made as the number zero, perhaps repeated along axes."""
    return (isinstance(node, Number) and node.value == 0) or (
        isinstance(node, Einsum) and node.coefficient == 0
    )


def constant(value: Fraction, axes: Axes) -> Tensor:
    """Repeat a number along axes."""
    draft = Draft()
    return make_einsum(draft, [draft.label(one) for one in axes], [], value)


def make_einsum(
    draft: Draft, out: Sequence[int], factors: Sequence[Factor], coefficient: Fraction = Fraction(1)
) -> Tensor:
    """Multiply factors and sum over every label that is not in `out`.

    Parameters
    ----------
    draft : Draft
        The axis of every label.
    out : sequence of int
        Labels of the result, all different.
    factors : sequence of (Tensor, labels)
    coefficient : Fraction, default 1

    Returns
    -------
    Tensor
        With the axes of `out`, in order.
    """
    summed = {label for _, labels in factors for label in labels} - set(out)
    sizes: Sizes = {}
    rest: list[Factor] = []
    alone = len(factors) == 1
    todo = list(reversed(factors))
    while todo:
        node, labels = todo.pop()
        if isinstance(node, Number):
            coefficient *= node.value
        elif isinstance(node, Einsum) and (melted := _melt(draft, node, labels, alone)) is not None:
            coefficient *= node.coefficient
            todo.extend(reversed(melted))
        elif (exponent := _size_power(node)) is not None:
            base = node.base if isinstance(node, Power) else node
            sizes[base] = sizes.get(base, Fraction(0)) + exponent
        else:
            rest.append((node, labels))
    rest = _without_deltas(rest, summed)
    used = {label for _, labels in rest for label in labels}
    for label in sorted(summed - used):
        if draft.axes[label] != ONE:  # a sum over an index that nobody has counts it
            base = size_of(draft.axes[label])
            sizes[base] = sizes.get(base, Fraction(0)) + 1
    if coefficient == 0:
        sizes, rest = {}, []
    return _finish(draft.axes, out, [*_size_factors(sizes), *rest], coefficient)


def _size_power(node: Tensor) -> Fraction | None:
    if isinstance(node, Size):
        return Fraction(1)
    return node.exponent if isinstance(node, Power) and isinstance(node.base, Size) else None


def _size_factors(sizes: Sizes) -> list[Factor]:
    return [(make_power(base, exponent), ()) for base, exponent in sizes.items() if exponent]


def _melt(draft: Draft, node: Einsum, labels: Sequence[int], alone: bool) -> list[Factor] | None:
    """Open a nested product: wholly where it only moves axes, else as far as its numbers and sizes."""
    axes_summed = {node.labels[label] for label in node.summed}
    big = [factor for factor in node.factors if factor[0].axes]
    if axes_summed <= {ONE} and (len(big) <= 1 or alone):
        renamed = dict(zip(node.out, labels, strict=True))
        for label in node.summed:
            renamed[label] = draft.label(ONE)
        return [(factor, tuple(renamed[label] for label in own)) for factor, own in node.factors]
    inside = [factor for factor in node.factors if _size_power(factor[0]) is not None]
    if node.coefficient == 1 and not inside:
        return None
    core = _finish(node.labels, node.out, [one for one in node.factors if one not in inside], Fraction(1))
    return [*inside, (core, tuple(labels))]


def _without_deltas(rest: list[Factor], summed: set[int]) -> list[Factor]:
    """Put one index for the other wherever a delta has an index that is summed."""
    place = 0
    while place < len(rest):
        node, labels = rest[place]
        if not isinstance(node, Delta):
            place += 1
            continue
        first, second = labels
        if first not in summed and second in summed:
            first, second = second, first
        if first != second and first not in summed:
            place += 1
            continue
        del rest[place]
        if first != second:
            rest[:] = [
                (one, tuple(second if label == first else label for label in own)) for one, own in rest
            ]
            summed.discard(first)
        place = 0
    return rest


def _finish(
    axes: Sequence[Axis], out: Sequence[int], factors: Sequence[Factor], coefficient: Fraction
) -> Tensor:
    """Number the labels in order of appearance and make the node, or give back a lone factor as it is."""
    order: dict[int, int] = {}
    for label in (*out, *(label for _, labels in factors for label in labels)):
        order.setdefault(label, len(order))
    relabelled = tuple((node, tuple(order[label] for label in labels)) for node, labels in factors)
    own_axes = tuple(axes[label] for label in order)
    own_out = tuple(order[label] for label in out)
    if not relabelled and not own_out:
        return number(coefficient)
    if (
        coefficient == 1
        and len(relabelled) == 1
        and relabelled[0][1] == own_out
        and len(order) == len(own_out)
    ):
        return relabelled[0][0]
    return intern(Einsum, tuple(axes[label] for label in out), own_out, own_axes, relabelled, coefficient)


def scale(coefficient: Fraction, node: Tensor) -> Tensor:
    """Multiply a node by a number."""
    if coefficient == 1:
        return node
    draft = Draft()
    labels = [draft.label(one) for one in node.axes]
    return make_einsum(draft, labels, [(node, tuple(labels))], coefficient)


def split(node: Tensor) -> tuple[Fraction, Sizes, Tensor]:
    """Take the number and the sizes out of a product.

    Parameters
    ----------
    node : Tensor

    Returns
    -------
    tuple
        The number, the powers of sizes, and what is left: their product is the node.
    """
    if isinstance(node, Number):
        return node.value, {}, number(1)
    if not isinstance(node, Einsum):
        exponent = _size_power(node)
        if exponent is None:
            return Fraction(1), {}, node
        return Fraction(1), {(node.base if isinstance(node, Power) else node): exponent}, number(1)
    sizes: Sizes = {}
    kept: list[Factor] = []
    for factor, labels in node.factors:
        exponent = _size_power(factor)
        if exponent is None:
            kept.append((factor, labels))
        else:
            sizes[factor.base if isinstance(factor, Power) else factor] = exponent
    return node.coefficient, sizes, _finish(node.labels, node.out, kept, Fraction(1))


def make_add(axes: Axes, terms: Sequence[tuple[Fraction, Tensor]]) -> Tensor:
    """Add nodes of the same axes: like terms gathered, a common power of sizes taken out.

    Parameters
    ----------
    axes : tuple of Axis
    terms : sequence of (Fraction, Tensor)

    Returns
    -------
    Tensor
    """
    gathered: dict[tuple[Tensor, frozenset[tuple[Tensor, Fraction]]], Fraction] = {}
    for coefficient, term in terms:
        own, sizes, core = split(term)
        key = (core, frozenset(sizes.items()))
        gathered[key] = gathered.get(key, Fraction(0)) + coefficient * own
    kept = {key: coefficient for key, coefficient in gathered.items() if coefficient}
    if not kept:
        return constant(Fraction(0), axes)
    shared = {own_sizes for _, own_sizes in kept}
    common = dict(next(iter(shared))) if len(shared) == 1 else {}
    parts: list[tuple[Fraction, Tensor]] = []
    for (core, own_sizes), coefficient in kept.items():
        part = core if common or not own_sizes else _times(dict(own_sizes), core, axes)
        if part.axes != axes:
            part = _times({}, part, axes)
        parts.append((coefficient, part))
    if len(parts) == 1:
        return _times(common, scale(*parts[0]), axes)
    return _times(common, intern(Add, axes, tuple(parts)), axes)


def _times(sizes: Sizes, node: Tensor, axes: Axes) -> Tensor:
    draft = Draft()
    labels = [draft.label(one) for one in axes]
    own = tuple(labels[len(axes) - len(node.axes) :])
    return make_einsum(draft, labels, [*_size_factors(sizes), (node, own)])


def make_power(base: Tensor, exponent: Fraction) -> Tensor:
    """Raise every entry to a rational power.

    Parameters
    ----------
    base : Tensor
    exponent : Fraction

    Returns
    -------
    Tensor
    """
    whole = exponent.denominator == 1
    if exponent == 1:
        return base
    if exponent == 0:
        return constant(Fraction(1), base.axes)
    if isinstance(base, Number) and whole:
        return number(base.value**exponent.numerator)
    if isinstance(base, Power) and (_keeps_domain(base.exponent, exponent) or isinstance(base.base, Size)):
        return make_power(base.base, base.exponent * exponent)
    if isinstance(base, Einsum) and whole and base.coefficient:
        coefficient, sizes, core = split(base)
        if coefficient != 1 or sizes:
            inverse = constant(Fraction(1), ()) if core == number(1) else make_power(core, exponent)
            powers = {size: power * exponent for size, power in sizes.items()}
            return scale(coefficient**exponent.numerator, _times(powers, inverse, base.axes))
    return intern(Power, base.axes, base, exponent)


def _keeps_domain(inner: Fraction, outer: Fraction) -> bool:
    """Whether (x^inner)^outer and x^(inner outer) are defined for the same real x and equal there."""
    product = inner * outer
    if inner.denominator == 1 and outer.denominator == 1:
        return inner > 0 or outer > 0
    return inner.denominator != 1 and product.denominator != 1
