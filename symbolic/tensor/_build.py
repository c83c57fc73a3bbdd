"""Matrix notation turned into nodes: names, products, sums, broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symbolic.tensor._axes import ONE, Axes, Axis, brief, broadcast, show
from symbolic.tensor._einsum import Draft, is_zero, make_add, make_einsum, make_power
from symbolic.tensor._errors import (
    TensorAxisError,
    TensorError,
    TensorShapeError,
    TensorTypeError,
    check_name,
)
from symbolic.tensor._nodes import (
    Named,
    Symbol,
    Tensor,
    intern,
    number,
)

if TYPE_CHECKING:
    from symbolic.tensor._operators import Operand


def tensor(name: str, *axes: Axis) -> Tensor:
    """Name a tensor of real entries.

    Parameters
    ----------
    name : str
        Starts with a letter: `"W"`, `"dZ_1"`, `"W^{[l]}"`.
    *axes : Axis
        Its axes in NumPy's order; none for a scalar. The same axis may come twice: a square matrix.

    Returns
    -------
    Tensor

    Raises
    ------
    TensorNameError
        The name is empty or ill-formed.
    TensorTypeError
        An axis is not an `Axis`.

    Examples
    --------
    >>> from symbolic.tensor import axis, tensor
    >>> n, k, m = axis("n"), axis("k"), axis("m")
    >>> tensor("W", n, k) @ tensor("A", k, m)
    W A with axes (n, m)
    """
    check_name("tensor", name)
    for one in axes:
        if not isinstance(one, Axis):
            raise TensorTypeError(
                f"axis {one!r} of tensor {name}: expected an Axis; try tensor({name!r}, axis('n'))."
            )
    return intern(Symbol, axes, name)


def named(name: str, value: Tensor) -> Tensor:
    """Give an expression a name, by which it is printed.

    Parameters
    ----------
    name : str
    value : Tensor

    Returns
    -------
    Tensor
        Proofs, derivatives and NumPy see through the name.

    Examples
    --------
    >>> from symbolic.tensor import axis, elementwise, named, tensor
    >>> n, m = axis("n"), axis("m")
    >>> Z = named("Z", tensor("X", n, m) + tensor("b", n)[:, None])
    >>> elementwise("g")(Z) * Z
    g(Z) ∘ Z with axes (n, m)
    """
    check_name("tensor", name)
    value = as_tensor(value)
    return intern(Named, value.axes, name, value)


def as_tensor(value: Operand) -> Tensor:
    """Read a tensor or an exact number.

    Parameters
    ----------
    value : Tensor, int or Fraction

    Returns
    -------
    Tensor

    Raises
    ------
    TensorTypeError
        Anything else: a float has no exact meaning in a proof.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return number(value)
    raise TensorTypeError(
        f"{value!r} of type {type(value).__name__} is not a tensor expression; expected a tensor, an int or a Fraction"
        f" (for 0.5 write Fraction(1, 2))."
    )


def stretched(
    draft: Draft, operand: Tensor, labels: Sequence[int], axes: Axes
) -> tuple[Tensor, tuple[int, ...]]:
    """Label an operand against the axes of a broadcast result.

    Parameters
    ----------
    draft : Draft
        Collects new labels.
    operand : Tensor
    labels : sequence of int
        The labels of the result.
    axes : tuple of Axis
        The axes of the result.

    Returns
    -------
    tuple
        The operand and its labels: those of the result, and a summed label where the operand has size 1.
    """
    skip = len(axes) - len(operand.axes)
    own = tuple(
        labels[skip + place] if here == axes[skip + place] else draft.label(here)
        for place, here in enumerate(operand.axes)
    )
    return operand, own


def multiply(left: Operand, right: Operand, word: str = "product") -> Tensor:
    """Multiply entry by entry with broadcasting."""
    a, b = as_tensor(left), as_tensor(right)
    axes = broadcast(word, a, b)
    draft = Draft()
    out = [draft.label(one) for one in axes]
    return make_einsum(draft, out, [stretched(draft, a, out, axes), stretched(draft, b, out, axes)])


def expand_to(value: Tensor, axes: Axes) -> Tensor:
    """Repeat entries until a tensor has the axes given."""
    draft = Draft()
    out = [draft.label(one) for one in axes]
    return make_einsum(draft, out, [stretched(draft, value, out, axes)])


def add(left: Operand, right: Operand, word: str = "sum") -> Tensor:
    """Add entry by entry with broadcasting."""
    a, b = as_tensor(left), as_tensor(right)
    axes = broadcast(word, a, b)
    return make_add(axes, [(Fraction(1), expand_to(a, axes)), (Fraction(1), expand_to(b, axes))])


def divide(left: Operand, right: Operand) -> Tensor:
    """Divide entry by entry with broadcasting."""
    b = as_tensor(right)
    if is_zero(b):
        raise TensorError(
            f"{brief(as_tensor(left))} is divided by zero; expected a divisor that is not identically zero."
        )
    return multiply(left, make_power(b, Fraction(-1)), word="quotient")


def power(base: Tensor, exponent: int | Fraction) -> Tensor:
    """Raise every entry to a fixed rational power."""
    if isinstance(exponent, bool) or not isinstance(exponent, int | Fraction):
        raise TensorTypeError(
            f"the exponent {exponent!r} of {brief(base)} is not an int or a Fraction; for a square root write sqrt(x) "
            f"or x ** Fraction(1, 2), for an exponent that varies write exp(y * log(x))."
        )
    if max(abs(Fraction(exponent).numerator), Fraction(exponent).denominator) > 1000:
        raise TensorError(
            f"the exponent {exponent} of {brief(base)} is past the limit; expected at most 1000 in size."
        )
    if exponent < 0 and is_zero(base):
        raise TensorError(
            f"zero is raised to the power {exponent}; expected a base that is not identically zero."
        )
    return make_power(base, Fraction(exponent))


def matmul(left: Tensor, right: Tensor) -> Tensor:
    """Multiply as `numpy.matmul` does: the last axis of the left meets the last but one of the right."""
    a, b = as_tensor(left), as_tensor(right)
    if not a.axes or not b.axes:
        raise TensorShapeError(
            f"{brief(a)} @ {brief(b)}: a scalar has no axis to sum over; use * instead of @."
        )
    inner = b.axes[-2] if len(b.axes) > 1 else b.axes[0]
    if a.axes[-1] != inner:
        raise TensorShapeError(
            f"{brief(a)} @ {brief(b)}: the last axis of {show(a.axes)} is {a.axes[-1].name} and meets {inner.name} of "
            f"{show(b.axes)}; expected the same axis. Transpose one of them with .T, or exchange the two."
        )
    draft = Draft()
    k = draft.label(inner)
    rows = [draft.label(a.axes[-2])] if len(a.axes) > 1 else []
    columns = [draft.label(b.axes[-1])] if len(b.axes) > 1 else []
    batch = _batch_axes(a, b)
    lead = [draft.label(one) for one in batch]
    left_lead = _lead_labels(draft, a.axes[:-2], lead, batch)
    right_lead = _lead_labels(draft, b.axes[:-2], lead, batch)
    a_labels = (*left_lead, *rows, k)
    b_labels = (*right_lead, k, *columns)
    return make_einsum(draft, [*lead, *rows, *columns], [(a, a_labels), (b, b_labels)])


def _batch_axes(a: Tensor, b: Tensor) -> Axes:
    left, right = a.axes[:-2], b.axes[:-2]
    if not left or not right:
        return left or right
    return broadcast("batched matrix product", tensor("left", *left), tensor("right", *right))


def _lead_labels(draft: Draft, own: Axes, lead: Sequence[int], batch: Axes) -> list[int]:
    skip = len(batch) - len(own)
    return [lead[skip + i] if one == batch[skip + i] else draft.label(one) for i, one in enumerate(own)]


def transpose(value: Tensor, *order: Axis | int) -> Tensor:
    """Put the axes in another order: reversed, or as named."""
    places = (
        tuple(place_of(value, one) for one in order) if order else tuple(reversed(range(len(value.axes))))
    )
    if sorted(places) != list(range(len(value.axes))):
        raise TensorAxisError(
            f"transpose of {brief(value)} with axes {show(value.axes)} to the order {order}: expected every axis once."
        )
    draft = Draft()
    labels = tuple(draft.label(one) for one in value.axes)
    return make_einsum(draft, [labels[place] for place in places], [(value, labels)])


def insert_axes(value: Tensor, key: Any) -> Tensor:
    """Read an index of `:`, `None` and `...`, and insert axes of size 1."""
    keys = key if isinstance(key, tuple) else (key,)
    draft = Draft()
    labels = tuple(draft.label(one) for one in value.axes)
    taken = sum(one is not None and one is not Ellipsis for one in keys)
    if taken > len(labels) or keys.count(Ellipsis) > 1:
        raise TensorAxisError(
            f"{brief(value)} with axes {show(value.axes)} has no room for the index {key!r}."
        )
    if Ellipsis not in keys:
        keys = (*keys, Ellipsis)
    out: list[int] = []
    place = 0
    for one in keys:
        if one is None:
            out.append(draft.label(ONE))
        elif one is Ellipsis:
            rest = len(labels) - taken
            out.extend(labels[place : place + rest])
            place += rest
        elif isinstance(one, slice) and one == slice(None):
            out.append(labels[place])
            place += 1
        else:
            raise TensorAxisError(
                f"{brief(value)}[{key!r}]: the entry {one!r} is not understood; only `:`, `None` and `...` are, because "
                f"sizes are symbolic. To pick entries, multiply by a one-hot tensor and sum."
            )
    return make_einsum(draft, out, [(value, labels)])


def place_of(value: Tensor, wanted: Axis | int) -> int:
    """Find the place of an axis named, or check a place counted from the left or right."""
    if isinstance(wanted, Axis):
        if value.axes.count(wanted) == 1:
            return value.axes.index(wanted)
        how = (
            "no such axis"
            if wanted not in value.axes
            else "that axis more than once: give its place as an int"
        )
        raise TensorAxisError(
            f"axis {wanted.name} of {brief(value)} with axes {show(value.axes)}: there is {how}."
        )
    if (
        isinstance(wanted, int)
        and not isinstance(wanted, bool)
        and -len(value.axes) <= wanted < len(value.axes)
    ):
        return wanted % len(value.axes)
    raise TensorAxisError(
        f"axis {wanted!r} of {brief(value)}: expected one of the axes {show(value.axes)} or a place below {len(value.axes)}."
    )
