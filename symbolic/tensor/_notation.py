"""Index notation for what matrix notation does not say: einsum, the identity matrix, windows of a convolution."""

from __future__ import annotations

from symbolic.tensor._axes import Axis, brief, show
from symbolic.tensor._build import as_tensor
from symbolic.tensor._einsum import Draft, make_einsum
from symbolic.tensor._errors import TensorAxisError, TensorShapeError
from symbolic.tensor._nodes import Delta, Tensor, Window, intern


def einsum(subscripts: str, *operands: Tensor) -> Tensor:
    """Multiply and sum by index letters, as `numpy.einsum` with an explicit result.

    Parameters
    ----------
    subscripts : str
        One letter for each axis: `"ij,jk->ik"`. The letters of the result are all different.
    *operands : Tensor

    Returns
    -------
    Tensor

    Raises
    ------
    TensorShapeError
        A letter stands for two different axes.
    TensorAxisError
        The letters do not fit the operands.

    Examples
    --------
    >>> from symbolic.tensor import axis, einsum, tensor
    >>> n, k = axis("n"), axis("k")
    >>> einsum("ij,ij->j", tensor("A", n, k), tensor("B", n, k))
    Σ_n A ∘ B with axes (k,)
    """
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    groups = given.split(",")
    if not arrow or len(groups) != len(operands):
        raise TensorAxisError(
            f"einsum({subscripts!r}) of {len(operands)} operands: expected one group of letters for each, separated by "
            f"commas, then -> and the letters of the result, as in 'ij,jk->ik'."
        )
    draft = Draft()
    labels: dict[str, int] = {}
    factors = []
    for letters, operand in zip(groups, map(as_tensor, operands), strict=True):
        if len(letters) != len(operand.axes):
            raise TensorAxisError(
                f"einsum({subscripts!r}): {letters!r} has {len(letters)} letters; {brief(operand)} has axes "
                f"{show(operand.axes)}."
            )
        for letter, axis in zip(letters, operand.axes, strict=True):
            label = labels.setdefault(letter, len(labels))
            if label == len(draft.axes):
                draft.label(axis)
            elif draft.axes[label] != axis:
                raise TensorShapeError(
                    f"einsum({subscripts!r}): the letter {letter} stands for axis {draft.axes[label].name}, and in "
                    f"{brief(operand)} with axes {show(operand.axes)} for {axis.name}."
                )
        factors.append((operand, tuple(labels[letter] for letter in letters)))
    if len(set(result)) < len(result) or not set(result) <= set(labels):
        raise TensorAxisError(
            f"einsum({subscripts!r}): the result needs different letters that some operand has."
        )
    return make_einsum(draft, [labels[letter] for letter in result], factors)


def delta(axis: Axis) -> Tensor:
    """Make the identity matrix over an axis: Kronecker's delta.

    Parameters
    ----------
    axis : Axis

    Returns
    -------
    Tensor
        With axes `(axis, axis)`.
    """
    return intern(Delta, (axis, axis))


def window(h: Axis, i: Axis, p: Axis, *, stride: int = 1, padding: int = 0) -> Tensor:
    """Make the tensor that slides a window: 1 where `h = stride * i + p - padding`, else 0.

    A convolution is a product with one of these for each direction, summed over pixels and kernel: out-of-range pixels
    never meet a 1, which is zero padding. It is linear in image and kernel, so its gradients need no rule of their own.

    Parameters
    ----------
    h, i, p : Axis
        The axes of the input, of the output and of the kernel.
    stride : int, default 1
        At least 1.
    padding : int, default 0
        At least 0.

    Returns
    -------
    Tensor
        With axes `(h, i, p)`.

    Raises
    ------
    TensorAxisError
        Stride or padding is not such a number.
    """
    for name, value, least in (("stride", stride, 1), ("padding", padding, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise TensorAxisError(f"window with {name} {value!r}: expected an int of at least {least}.")
    return intern(Window, (h, i, p), stride, padding)
