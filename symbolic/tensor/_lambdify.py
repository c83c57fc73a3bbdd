"""A NumPy function out of expressions: a list of steps, each run once, shared parts included.

Nothing is written as source and executed: every node becomes a closure over NumPy calls.
NumPy is imported here and in `_kernels_numpy` alone, and only when a function is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symbolic.tensor._axes import ONE, Axis, show
from symbolic.tensor._errors import TensorShapeError, TensorTypeError
from symbolic.tensor._nodes import Map, Named, Size, Symbol, Tensor, children, in_order

Array = Any  # numpy.ndarray, without importing NumPy to say so
Functions = Mapping[str, Sequence[Callable[[Array], Array]]]


def lambdify(
    outputs: Tensor | Sequence[Tensor],
    arguments: Sequence[Tensor],
    functions: Functions | None = None,
    sizes: Mapping[Axis, int] | None = None,
) -> Callable[..., Any]:
    """Turn expressions into a NumPy function.

    Matrix products go to BLAS, longer products to `numpy.einsum` with an optimised path, and every shared part is
    computed once. The function is pure: it keeps no arrays between calls and changes none of its arguments.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to compute; several outputs share their common parts.
    arguments : sequence of Tensor
        The symbols, in the order in which the function takes their arrays.
    functions : mapping from str to sequence of callables, optional
        For each unknown function its NumPy code, then that of its derivatives: `{"g": (np.sin, np.cos)}`.
    sizes : mapping from Axis to int, optional
        Sizes of axes that no argument has: `{m: 32}`.

    Returns
    -------
    callable
        Takes one array for each argument; gives one array, or a tuple of arrays when `outputs` is a sequence.
        Integers become float64; float32 stays float32. It raises `TensorShapeError` when arrays do not fit.

    Raises
    ------
    TensorTypeError
        An argument is not a symbol, a symbol of the formula is not among the arguments, an unknown function has no
        code, or the size of an axis cannot be read off any argument.

    Examples
    --------
    >>> import numpy as np
    >>> from symbolic.tensor import axis, differentiate, lambdify, tensor
    >>> n, m = axis("n"), axis("m")
    >>> X = tensor("X", n, m)
    >>> gradient = lambdify(differentiate((X * X).sum() / m.size, X), [X])
    >>> gradient(np.ones((2, 4)))
    array([[0.5, 0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5, 0.5]])
    """
    single = isinstance(outputs, Tensor)
    roots: list[Tensor] = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    symbols = _symbols(arguments)
    roots = [_plain(root) for root in roots]
    nodes = [node for node in in_order([*symbols, *roots]) if not isinstance(node, Named)]
    code = dict(functions or {})
    given = dict(sizes or {})
    _check(nodes, symbols, code, given)

    import numpy as np

    from symbolic.tensor._kernels_numpy import Call, kernel

    slots = {node: slot for slot, node in enumerate(nodes)}
    steps = []
    last_use = _last_use(nodes, roots)
    consumers = Counter(_plain(child) for node in nodes for child in set(children(node)))
    for node in nodes:
        if node not in symbols:
            below = [_plain(child) for child in children(node)]
            inputs = [slots[child] for child in below]
            finished = [child for child in dict.fromkeys(below) if last_use.get(child) is node]
            spare = frozenset(child for child in finished if _is_fresh(child) and consumers[child] == 1)
            steps.append(
                (slots[node], kernel(node, code, spare), inputs, [slots[child] for child in finished])
            )
    results = [slots[root] for root in roots]

    def run(*arrays: Array) -> Any:
        values, found_sizes = _bound(symbols, arrays, len(nodes), given)
        # The precision of the arguments is that of the constants, or ones and identities would widen float32.
        call = Call(found_sizes, np.result_type(*values[: len(symbols)]) if symbols else np.dtype(float))
        for slot, compute, inputs, done in steps:
            values[slot] = compute([values[place] for place in inputs], call)
            for place in done:  # a large array is given back as soon as nobody needs it
                values[place] = None
        found: list[Array] = []
        for place in results:
            found.append(_owned(values[place], (*arrays, *found)))
        return found[0] if single else tuple(found)

    return run


def _plain(node: Tensor) -> Tensor:
    while isinstance(node, Named):
        node = node.value
    return node


def _is_fresh(node: Tensor) -> bool:
    """Whether the array of a node is its own: not an argument, not what code from outside may have kept."""
    return not isinstance(node, Symbol | Map)


def _owned(value: Array, arrays: Sequence[Array]) -> Array:
    """Give a result memory of its own: apart from the arguments and from the results before it."""
    import numpy as np

    value = np.asarray(value)
    shared = any(isinstance(array, np.ndarray) and np.may_share_memory(value, array) for array in arrays)
    return value.copy() if shared or not value.flags.writeable else value


def _symbols(arguments: Sequence[Tensor]) -> list[Symbol]:
    found: list[Symbol] = []
    for one in arguments:
        if not isinstance(one, Symbol):
            raise TensorTypeError(
                f"lambdify: the argument {one} is not a symbol; expected tensors made by tensor(...)."
            )
        found.append(one)
    return found


def _check(
    nodes: Sequence[Tensor], symbols: Sequence[Symbol], code: Functions, sizes: Mapping[Axis, int]
) -> None:
    from symbolic.tensor._functions import SLOPES

    known = {axis for symbol in symbols for axis in symbol.axes} | set(sizes)
    for node in nodes:
        if isinstance(node, Symbol) and node not in symbols:
            raise TensorTypeError(
                f"lambdify: {node.name} with axes {show(node.axes)} is in the formula, not among the arguments; add it."
            )
        if (
            isinstance(node, Map)
            and node.function not in SLOPES
            and len(code.get(node.function, ())) <= node.order
        ):
            raise TensorTypeError(
                f"lambdify: {node.function} is unknown; hand over its code and that of {node.order} derivatives, as in "
                f"functions={{'{node.function}': (np.sin, np.cos)}}."
            )
        axes = (*node.axes, *getattr(node, "labels", ()), *([node.axis] if isinstance(node, Size) else []))
        for axis in axes:
            if axis != ONE and axis not in known:
                raise TensorTypeError(
                    f"lambdify: no argument has the axis {axis.name}, so its size is not known; add a tensor that has it, "
                    f"or hand over sizes={{{axis.name}: 32}}."
                )


def _last_use(nodes: Sequence[Tensor], roots: Sequence[Tensor]) -> dict[Tensor, Tensor]:
    last: dict[Tensor, Tensor] = {}
    for node in nodes:
        for child in children(node):
            last[_plain(child)] = node
    for root in roots:
        last.pop(root, None)
    return last


def _bound(
    symbols: Sequence[Symbol], arrays: Sequence[Array], count: int, given: Mapping[Axis, int]
) -> tuple[list[Array], dict[Axis, int]]:
    """Put the arrays into their slots and read the sizes of the axes off their shapes."""
    import numpy as np

    if len(arrays) != len(symbols):
        names = ", ".join(symbol.name for symbol in symbols)
        raise TensorTypeError(
            f"the function takes {len(symbols)} arrays ({names}); it was given {len(arrays)}."
        )
    values: list[Array] = [None] * count
    sizes: dict[Axis, int] = {**given, ONE: 1}
    owner: dict[Axis, str] = {}
    for slot, (symbol, value) in enumerate(zip(symbols, arrays, strict=True)):
        array = np.asarray(value)
        if array.dtype.kind in "biu":
            array = array.astype(np.float64)
        if array.ndim != len(symbol.axes):
            raise TensorShapeError(
                f"{symbol.name} has shape {array.shape}; expected axes {show(symbol.axes)}."
            )
        for axis, size in zip(symbol.axes, array.shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise TensorShapeError(
                    f"{symbol.name} has shape {array.shape} for axes {show(symbol.axes)}; expected {sizes[axis]} along "
                    f"{axis.name}, as in {owner.get(axis, 'the sizes given')}."
                )
            owner.setdefault(axis, symbol.name)
        values[slot] = array
    return values, sizes
