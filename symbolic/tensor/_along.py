"""What runs along axes: sums, means, the largest entry, softmax, norms."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from symbolic.tensor._axes import ONE, brief, broadcast, show
from symbolic.tensor._build import as_tensor, divide, expand_to, insert_axes, multiply, place_of, power
from symbolic.tensor._einsum import Draft, make_einsum, make_power
from symbolic.tensor._errors import TensorAxisError, TensorShapeError
from symbolic.tensor._nodes import ArgMax, LogSumExp, MaxOver, Softmax, Tensor, intern, number, size_of

if TYPE_CHECKING:
    from symbolic.tensor._operators import Along


def places_of(value: Tensor, along: Along) -> tuple[int, ...]:
    """Read the `axis` argument of a reduction: `None` means all axes."""
    if along is None:
        return tuple(range(len(value.axes)))
    wanted = along if isinstance(along, tuple) else (along,)
    places = tuple(sorted({place_of(value, one) for one in wanted}))
    if len(places) != len(wanted):
        raise TensorAxisError(f"{along!r} names an axis of {brief(value)} twice; expected each once.")
    return places


def total(value: Tensor, along: Along = None, *, keepdims: bool = False) -> Tensor:
    """Add the entries along axes."""
    places = places_of(value, along)
    draft = Draft()
    labels = tuple(draft.label(one) for one in value.axes)
    out = [
        draft.label(ONE) if place in places else label
        for place, label in enumerate(labels)
        if keepdims or place not in places
    ]
    return make_einsum(draft, out, [(value, labels)])


def count(value: Tensor, along: Along = None) -> Tensor:
    """Multiply the sizes of the axes: the number of entries along them."""
    result: Tensor = number(1)
    for place in places_of(value, along):
        result = multiply(result, size_of(value.axes[place]))
    return result


def mean(value: Tensor, along: Along = None, *, keepdims: bool = False) -> Tensor:
    """Average the entries along axes."""
    return divide(total(value, along, keepdims=keepdims), count(value, along))


def variance(value: Tensor, along: Along = None, *, keepdims: bool = False) -> Tensor:
    """Average the squared distances from the mean along axes."""
    centred = value - mean(value, along, keepdims=True)
    return mean(power(centred, 2), along, keepdims=keepdims)


def restore(value: Tensor, whole: Tensor, places: tuple[int, ...], keepdims: bool) -> Tensor:
    """Give a reduced tensor axes of size 1 at the places it was reduced along."""
    if not keepdims:
        return value
    keys = tuple(None if place in places else slice(None) for place in range(len(whole.axes)))
    return insert_axes(value, keys)


def largest(value: Tensor, along: Along = None, *, keepdims: bool = False) -> Tensor:
    """Take the largest entry along axes."""
    places = places_of(value, along)
    if not places:
        return value
    rest = tuple(one for place, one in enumerate(value.axes) if place not in places)
    return restore(intern(MaxOver, rest, value, places), value, places, keepdims)


def softmax(value: Tensor, axis: Along = None, *, where: Tensor | None = None) -> Tensor:
    """Normalise exponentials along an axis: exp(z) / sum(exp(z)).

    Parameters
    ----------
    value : Tensor
        The logits.
    axis : Axis, int or tuple, optional
        Where the entries of the result add up to 1; all axes by default.
    where : Tensor, optional
        A mask of zeros and ones that broadcasts to the logits: masked entries get 0, as a causal mask wants.

    Returns
    -------
    Tensor
        The axes of `value`.

    Examples
    --------
    >>> from symbolic.tensor import axis, softmax, tensor
    >>> n, m = axis("n"), axis("m")
    >>> softmax(tensor("Z", n, m), axis=n)
    softmax(Z, n) with axes (n, m)
    """
    value = as_tensor(value)
    places = places_of(value, axis)
    mask = None if where is None else expand_to(where, broadcast("masked softmax", value, where))
    if mask is not None and mask.axes != value.axes:
        raise TensorShapeError(
            f"the mask {brief(mask)} has axes {show(mask.axes)}; expected those of {brief(value)}."
        )
    return intern(Softmax, value.axes, value, places, mask)


def logsumexp(value: Tensor, axis: Along = None, *, keepdims: bool = False) -> Tensor:
    """Take the logarithm of the sum of exponentials along an axis.

    Parameters
    ----------
    value : Tensor
    axis : Axis, int or tuple, optional
        All axes by default.
    keepdims : bool, default False
        Keep the axes summed over with size 1.

    Returns
    -------
    Tensor
    """
    value = as_tensor(value)
    places = places_of(value, axis)
    rest = tuple(one for place, one in enumerate(value.axes) if place not in places)
    return restore(intern(LogSumExp, rest, value, places), value, places, keepdims)


def log_softmax(value: Tensor, axis: Along = None) -> Tensor:
    """Take the logarithm of the softmax, in the form that is stable in floating point.

    Parameters
    ----------
    value : Tensor
    axis : Axis, int or tuple, optional

    Returns
    -------
    Tensor
    """
    return value - logsumexp(value, axis, keepdims=True)


def norm(value: Tensor, axis: Along = None, *, keepdims: bool = False) -> Tensor:
    """Take the Euclidean norm along axes; of a matrix, without `axis`, the Frobenius norm.

    Parameters
    ----------
    value : Tensor
    axis : Axis, int or tuple, optional
    keepdims : bool, default False

    Returns
    -------
    Tensor
    """
    value = as_tensor(value)
    return make_power(total(power(value, 2), axis, keepdims=keepdims), Fraction(1, 2))


def argmax_mask(value: Tensor, axis: Along = None) -> Tensor:
    """Mark the largest entry along axes: 1 there, 0 elsewhere. Nothing is claimed where two entries tie.

    Parameters
    ----------
    value : Tensor
    axis : Axis, int or tuple, optional
        All axes by default.

    Returns
    -------
    Tensor
        The axes of `value`: the derivative of its maximum.
    """
    value = as_tensor(value)
    return intern(ArgMax, value.axes, value, places_of(value, axis))
