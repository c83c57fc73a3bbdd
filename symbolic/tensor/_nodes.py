"""What a tensor expression is made of: a dozen kinds of node, each interned.

Interning makes equal expressions the same object, so a shared part of a formula is found, differentiated and
computed once, and expressions compare and hash by identity.
The nodes are data; what builds, differentiates, proves, prints and runs them lives in the other files.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, TypeVar, cast
from weakref import WeakValueDictionary

from symbolic.tensor._axes import ONE, Axes, Axis
from symbolic.tensor._operators import Operators

Labels = tuple[int, ...]
Factor = tuple["Tensor", Labels]
Node = TypeVar("Node", bound="Tensor")

_interned: WeakValueDictionary[tuple[Any, ...], Tensor] = WeakValueDictionary()
# Nodes that die after the modules around them would still look for their keys, and Python would say so on stderr.
atexit.register(_interned.clear)


@dataclass(frozen=True, eq=False, repr=False)
class Tensor(Operators):
    """A tensor expression. Build it with `tensor` and matrix notation, not with this class.

    Attributes
    ----------
    axes : tuple of Axis
        The named axes in NumPy's order; `()` for a scalar.
    """

    axes: Axes


@dataclass(frozen=True, eq=False, repr=False)
class Symbol(Tensor):
    """A tensor known only by its name."""

    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Named(Tensor):
    """An expression with a name of its own: printed by name, otherwise as good as its value."""

    name: str
    value: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Number(Tensor):
    """An exact number."""

    value: Fraction


@dataclass(frozen=True, eq=False, repr=False)
class Size(Tensor):
    """The size of an axis: a whole number of at least one."""

    axis: Axis


@dataclass(frozen=True, eq=False, repr=False)
class Einsum(Tensor):
    """`coefficient` times a product of factors, summed over every label that is not in `out`.

    `labels[i]` is the axis of label i. A label of `out` that no factor has repeats the entries along its axis.
    """

    out: Labels
    labels: Axes
    factors: tuple[Factor, ...]
    coefficient: Fraction

    @property
    def summed(self) -> tuple[int, ...]:
        """The labels summed over."""
        return tuple(label for label in range(len(self.labels)) if label not in self.out)


@dataclass(frozen=True, eq=False, repr=False)
class Add(Tensor):
    """A linear combination of tensors that all have the axes of the sum."""

    terms: tuple[tuple[Fraction, Tensor], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Power(Tensor):
    """Every entry to a fixed rational power; a power that is not whole asks for entries of at least zero."""

    base: Tensor
    exponent: Fraction


@dataclass(frozen=True, eq=False, repr=False)
class Map(Tensor):
    """A function applied to every entry; `order` counts the derivatives of an unknown function."""

    function: str
    order: int
    argument: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Softmax(Tensor):
    """exp over its own sum along `places`; with a mask of zeros and ones, both run over the ones only."""

    argument: Tensor
    places: tuple[int, ...]
    mask: Tensor | None


@dataclass(frozen=True, eq=False, repr=False)
class LogSumExp(Tensor):
    """The logarithm of the sum of exponentials along `places`."""

    argument: Tensor
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class MaxOver(Tensor):
    """The largest entry along `places`."""

    argument: Tensor
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ArgMax(Tensor):
    """1 at the largest entry along `places`, else 0; nothing is claimed where two entries tie."""

    argument: Tensor
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Delta(Tensor):
    """Kronecker's delta: 1 where the two indices of one axis agree, else 0."""


@dataclass(frozen=True, eq=False, repr=False)
class Window(Tensor):
    """1 where `h = stride * i + p - padding` for the indices (h, i, p) of the three axes, else 0."""

    stride: int
    padding: int


def intern(kind: type[Node], *values: Any) -> Node:
    """Make a node, or find the one that equals it.

    Parameters
    ----------
    kind : type
        The class of the node.
    *values
        Its fields, in order.

    Returns
    -------
    Tensor
    """
    key = (kind, *values)
    found = _interned.get(key)
    if found is None:
        found = _interned.setdefault(key, kind(*values))
    return cast(Node, found)


def number(value: Fraction | int) -> Number:
    """Make an exact scalar.

    Parameters
    ----------
    value : Fraction or int

    Returns
    -------
    Number
    """
    return intern(Number, (), Fraction(value))


def size_of(axis: Axis) -> Tensor:
    """Make the size of an axis.

    Parameters
    ----------
    axis : Axis

    Returns
    -------
    Tensor
        The number 1 for the axis `ONE`.
    """
    return number(1) if axis == ONE else intern(Size, (), axis)


def children(node: Tensor) -> tuple[Tensor, ...]:
    """List the expressions a node is built on.

    Parameters
    ----------
    node : Tensor

    Returns
    -------
    tuple of Tensor
    """
    if isinstance(node, Einsum):
        return tuple(factor for factor, _ in node.factors)
    if isinstance(node, Add):
        return tuple(term for _, term in node.terms)
    return tuple(value for field in fields(node) if isinstance(value := getattr(node, field.name), Tensor))


def in_order(roots: Iterable[Tensor]) -> list[Tensor]:
    """List every node below the roots once, each after all it is built on.

    Parameters
    ----------
    roots : iterable of Tensor

    Returns
    -------
    list of Tensor
    """
    done: dict[Tensor, None] = {}
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:  # no recursion: a deep network must not meet Python's limit
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(children(node)) if child not in done)
    return list(done)


def symbols_in(*roots: Tensor) -> tuple[Symbol, ...]:
    """List the named tensors that expressions are made of, each once.

    Parameters
    ----------
    *roots : Tensor

    Returns
    -------
    tuple of Symbol
        In an order that depends on the expressions only; each has a `name` and `axes`.

    Examples
    --------
    >>> from symbolic.tensor import axis, symbols_in, tensor
    >>> W, A = tensor("W", axis("n"), axis("k")), tensor("A", axis("k"), axis("m"))
    >>> [symbol.name for symbol in symbols_in(W @ A, A)]
    ['W', 'A']
    """
    return tuple(node for node in in_order(roots) if isinstance(node, Symbol))


def operations(root: Tensor, leaves: frozenset[Tensor] = frozenset()) -> int:
    """Count the operations it takes to write an expression out, shared parts as often as they occur.

    Parameters
    ----------
    root : Tensor
    leaves : frozenset of Tensor
        What is written as one word.

    Returns
    -------
    int
    """
    count: dict[Tensor, int] = {}
    for node in in_order([root]):
        word = node in leaves or isinstance(node, Symbol | Named)
        count[node] = 1 if word else 1 + sum(count[child] for child in children(node))
    return count[root]


def depth(root: Tensor) -> int:
    """Count the levels of an expression.

    Parameters
    ----------
    root : Tensor

    Returns
    -------
    int
    """
    levels: dict[Tensor, int] = {}
    for node in in_order([root]):
        levels[node] = 1 + max((levels[child] for child in children(node)), default=0)
    return levels[root]
