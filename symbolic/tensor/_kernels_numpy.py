"""How each node is computed with NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symbolic.tensor._axes import ONE, Axis
from symbolic.tensor._nodes import (
    Add,
    ArgMax,
    Delta,
    Einsum,
    LogSumExp,
    Map,
    MaxOver,
    Number,
    Power,
    Size,
    Softmax,
    Tensor,
    Window,
)

Array = Any


@dataclass(frozen=True)
class Call:
    """What one call knows beside its arrays: the size of every axis, and the precision of the arguments."""

    sizes: Mapping[Axis, int]
    dtype: Any


Kernel = Callable[[Sequence[Array], Call], Array]

# Entries of an array between two products of a path: 128 MB. NumPy's own limit, the largest operand, leaves a
# convolution, whose windows are small, with no path but the naive one.
_LARGEST = 2**24
Labels = tuple[int, ...]


def kernel(
    node: Tensor,
    functions: Mapping[str, Sequence[Callable[[Array], Array]]],
    spare: frozenset[Tensor] = frozenset(),
) -> Kernel:
    """Make the step that computes a node from its children; the arrays of `spare` children may be written over."""
    if isinstance(node, Number):
        value = float(node.value)
        return lambda values, call: value
    if isinstance(node, Size):
        axis = node.axis
        return lambda values, call: call.sizes[axis]
    if isinstance(node, Delta):
        axis = node.axes[0]
        return lambda values, call: np.eye(call.sizes[axis], dtype=call.dtype)
    if isinstance(node, Window):
        return _window(node)
    if isinstance(node, Add):
        return _add(node)
    if isinstance(node, Power):
        return _power(node.exponent)
    if isinstance(node, Map):
        known = MAPS.get(node.function)
        function = known if known is not None else functions[node.function][node.order]
        return lambda values, call: function(values[0])
    if isinstance(node, Softmax):
        places = node.places
        return lambda values, call: _softmax(values[0], places, values[1] if len(values) > 1 else None)
    if isinstance(node, LogSumExp | MaxOver | ArgMax):
        return _along(node)
    assert isinstance(node, Einsum)
    return _einsum(node, spare)


def _add(node: Add) -> Kernel:
    coefficients = [float(coefficient) for coefficient, _ in node.terms]

    def compute(values: Sequence[Array], call: Call) -> Array:
        first, second, *rest = values
        a, b, *others = coefficients
        left = first if a == 1 else a * first
        if b == 1:
            total = left + second
        elif b == -1:
            total = left - second
        else:
            total = left + b * second
        for value, coefficient in zip(rest, others, strict=True):
            term = value if coefficient == 1 else coefficient * value
            total = total + term if np.ndim(total) == 0 else np.add(total, term, out=total)
        return total

    return compute


def _power(exponent: Fraction) -> Kernel:
    special: dict[Fraction, Callable[[Array], Array]] = {
        Fraction(-1): lambda x: 1 / x,
        Fraction(2): lambda x: x * x,
        Fraction(1, 2): np.sqrt,
        Fraction(-1, 2): lambda x: 1 / np.sqrt(x),
        Fraction(-2): lambda x: 1 / (x * x),
    }
    function = special.get(exponent)
    if function is not None:
        chosen = function
        return lambda values, call: chosen(values[0])
    plain = int(exponent) if exponent.denominator == 1 and exponent > 0 else float(exponent)
    return lambda values, call: values[0] ** plain


def _sigmoid(z: Array) -> Array:
    """Compute 1 / (1 + exp(-z)) from exp(-|z|), which neither overflows nor loses the left tail."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1 + e)


def _normal_cdf(z: Array) -> Array:
    z = np.asarray(z)
    return np.fromiter((math.erfc(-x / math.sqrt(2)) / 2 for x in z.ravel()), z.dtype, z.size).reshape(
        z.shape
    )


def _normal_pdf(z: Array) -> Array:
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


MAPS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * _sigmoid(z),
    "relu": lambda z: np.maximum(z, 0),
    "step": lambda z: (z > 0).astype(np.result_type(z)),
    "sign": np.sign,
    "abs": np.abs,
    "normal_cdf": _normal_cdf,
    "normal_pdf": _normal_pdf,
    "gelu": lambda z: z * _normal_cdf(z),
}


def _softmax(z: Array, places: tuple[int, ...], mask: Array | None) -> Array:
    """Subtract the largest kept logit first: exp never overflows, and one weight is 1."""
    kept = z if mask is None else np.where(mask != 0, z, -np.inf)
    e = np.exp(kept - kept.max(axis=places, keepdims=True))
    if mask is not None:
        e = e * mask
    e /= e.sum(axis=places, keepdims=True)
    return e


def _along(node: LogSumExp | MaxOver | ArgMax) -> Kernel:
    places = node.places

    def compute(values: Sequence[Array], call: Call) -> Array:
        z = values[0]
        top = z.max(axis=places, keepdims=True)
        if isinstance(node, ArgMax):
            return (z == top).astype(z.dtype)
        flat = np.squeeze(top, axis=places)
        if isinstance(node, MaxOver):
            return flat
        return np.log(np.exp(z - top).sum(axis=places)) + flat

    return compute


def _window(node: Window) -> Kernel:
    def compute(values: Sequence[Array], call: Call) -> Array:
        h, i, p = (np.arange(call.sizes[axis]) for axis in node.axes)
        reached = node.stride * i[None, :, None] + p[None, None, :] - node.padding
        return (h[:, None, None] == reached).astype(call.dtype)

    return compute


def _einsum(node: Einsum, spare: frozenset[Tensor]) -> Kernel:
    """Choose between products entry by entry, one matrix product, and a path through several."""
    coefficient = float(node.coefficient)
    scalars = [place for place, (factor, _) in enumerate(node.factors) if not factor.axes]
    arrays = [place for place, (factor, _) in enumerate(node.factors) if factor.axes]
    kept = [tuple(label for label in node.factors[place][1] if node.labels[label] != ONE) for place in arrays]
    drop = [
        tuple(at for at, label in enumerate(node.factors[place][1]) if node.labels[label] == ONE)
        for place in arrays
    ]
    present = {label for labels in kept for label in labels}
    out = tuple(
        label for label in node.out if label in present
    )  # the others repeat entries: broadcast at the end
    product = _product(kept, out)
    rank = len(node.axes)
    # (1/m) times a matrix that nobody else uses is written over that matrix: no second large array
    lone = len(arrays) == 1 and node.factors[arrays[0]][0] in spare
    view = coefficient == 1 and not scalars  # nothing to multiply by, whatever the sizes

    def compute(values: Sequence[Array], call: Call) -> Array:
        factor = coefficient
        for place in scalars:
            factor = factor * values[place]
        operands = [
            np.squeeze(values[place], axis=axes) if axes else values[place]
            for place, axes in zip(arrays, drop, strict=True)
        ]
        result, fresh = product(operands)
        if view:
            # An array handed on is marked as a view (it has a base), so that nobody writes over the original.
            result = result.view() if not fresh and isinstance(result, np.ndarray) else result
        elif (fresh or (lone and result is operands[0] and result.base is None)) and _same(result, factor):
            result = np.multiply(result, factor, out=result)
        else:
            result = result * factor
        if rank:
            if not arrays:
                result = np.asarray(result, dtype=call.dtype)
            shape = tuple(call.sizes[node.labels[label]] for label in node.out)
            if np.shape(result) != shape:
                result = np.broadcast_to(np.reshape(result, _shape_of(result, node, out)), shape)
        return result

    return compute


def _same(result: Array, factor: Array) -> bool:
    return isinstance(result, np.ndarray) and np.result_type(result, factor) == result.dtype


def _shape_of(result: Array, node: Einsum, out: Labels) -> tuple[int, ...]:
    """Put axes of size 1 where the result has an axis that no factor has."""
    have = iter(np.shape(result))
    return tuple(next(have) if label in out else 1 for label in node.out)


Product = Callable[[Sequence[Array]], tuple[Array, bool]]  # the array, and whether it may be written to


def _product(kept: Sequence[Labels], out: Labels) -> Product:
    if not kept:
        return lambda operands: (1.0, False)  # a number repeated along axes
    plain = all(len(set(labels)) == len(labels) for labels in kept)
    summed = {label for labels in kept for label in labels} - set(out)
    if plain and not summed:
        views = [_view(labels, out) for labels in kept]
        if len(kept) == 1:
            return lambda operands: (views[0](operands[0]), False)
        return lambda operands: (_multiplied(operands, views), True)
    if plain and len(kept) == 1:
        (labels,) = kept
        axes = tuple(place for place, label in enumerate(labels) if label in summed)
        view = _view(tuple(label for label in labels if label not in summed), out)
        return lambda operands: (view(np.sum(operands[0], axis=axes)), True)
    if plain and len(kept) == 2 and not set(kept[0]) & set(kept[1]) & set(out):
        return _matmul(kept[0], kept[1], out, summed)
    return _path(kept, out)


def _multiplied(operands: Sequence[Array], views: Sequence[Callable[[Array], Array]]) -> Array:
    result = views[0](operands[0]) * views[1](operands[1])
    for operand, view in zip(operands[2:], views[2:], strict=True):
        result = result * view(operand)
    return result


def _view(labels: Labels, out: Labels) -> Callable[[Array], Array]:
    """Line an array up with the axes of the result: axes in order, size 1 where it has none."""
    order = tuple(labels.index(label) for label in out if label in labels)
    index = tuple(slice(None) if label in labels else None for label in out)
    if order == tuple(range(len(out))):
        return lambda array: array
    if None not in index:
        return lambda array: array.transpose(order)
    return lambda array: array.transpose(order)[index]


def _matmul(left: Labels, right: Labels, out: Labels, summed: set[int]) -> Product:
    """One matrix product for BLAS: what only one side sums is summed before."""
    joint = tuple(label for label in left if label in summed and label in right)
    rows = tuple(label for label in left if label in out)
    columns = tuple(label for label in right if label in out)
    a_alone = tuple(place for place, label in enumerate(left) if label in summed and label not in right)
    b_alone = tuple(place for place, label in enumerate(right) if label in summed and label not in left)
    a_left = tuple(label for place, label in enumerate(left) if place not in a_alone)
    b_left = tuple(label for place, label in enumerate(right) if place not in b_alone)
    a_order = tuple(a_left.index(label) for label in (*rows, *joint))
    b_order = tuple(b_left.index(label) for label in (*joint, *columns))
    back = tuple((*rows, *columns).index(label) for label in out)
    turn = back != tuple(range(len(back)))

    def compute(operands: Sequence[Array]) -> tuple[Array, bool]:
        a, b = operands
        a = np.sum(a, axis=a_alone) if a_alone else a
        b = np.sum(b, axis=b_alone) if b_alone else b
        a, b = a.transpose(a_order), b.transpose(b_order)
        a_rows, inner, b_columns = a.shape[: len(rows)], a.shape[len(rows) :], b.shape[len(joint) :]
        width = math.prod(inner)
        a2 = a if a.ndim == 2 and len(rows) == 1 else a.reshape(math.prod(a_rows), width)
        b2 = b if b.ndim == 2 and len(joint) == 1 else b.reshape(width, math.prod(b_columns))
        result = a2 @ b2
        if len(rows) != 1 or len(columns) != 1:
            result = result.reshape((*a_rows, *b_columns))
        return (result.transpose(back) if turn else result), isinstance(result, np.ndarray)

    return compute


def _path(kept: Sequence[Labels], out: Labels) -> Product:
    """Several factors: NumPy's einsum along the cheapest path, found once for each combination of shapes."""
    arguments = [list(labels) for labels in kept]
    paths: dict[tuple[tuple[int, ...], ...], Any] = {}

    def compute(operands: Sequence[Array]) -> tuple[Array, bool]:
        pairs: list[Any] = []
        for operand, labels in zip(operands, arguments, strict=True):
            pairs += [operand, labels]
        key = tuple(np.shape(operand) for operand in operands)
        path = paths.get(key)
        if path is None:
            path = paths[key] = np.einsum_path(*pairs, list(out), optimize=("greedy", _LARGEST))[0]
        result = np.einsum(*pairs, list(out), optimize=path)
        return result, isinstance(result, np.ndarray) and result.flags.writeable and len(kept) > 1

    return compute
