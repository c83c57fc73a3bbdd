"""Sums and products whose stated shapes cannot fit, whatever the sizes are.

Only shapes that the text states are used, and only sizes that it tells apart: numbers, layers, the number of examples.
A product that fits either as one of matrices or entry by entry is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from ..resolve import Add, Call, Context, Gradient, Index, Mul, Number, Ref, Term, Transpose, refs
from ..resolve._bases import ONE
from ..resolve._cues import show
from ..resolve._item import Gathered, Item
from ..resolve._terms import children
from ._biases import counts_examples
from ._survey import Survey

Shape: TypeAlias = tuple[Term, Term]

_ENTRYWISE = frozenset({"sigmoid", "sigma", "tanh", "relu", "exp", "log", "softplus", "softmax"})


def clashes(item: Item, gathered: Gathered, known: Survey) -> Iterator[str]:
    """The sums and products of a statement that do not fit."""
    context = gathered.scopes.at(item.section)
    if context.all_scalar or item.kind == "prose" or not context.shapes:
        return
    found = _Shapes(context)
    for part in item.parts:
        found.of(part)
    yield from found.said


class _Shapes:
    """The shapes of terms by those that are stated, and the clashes met on the way."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.said: list[str] = []
        self.together = {frozenset(s[1:]) for stated in context.shapes.values() for s in stated}

    def of(self, term: Term) -> Shape | None:
        """The rows and columns of a term; None where they are not stated."""
        match term:
            case Number():
                return ONE, ONE
            case Ref():
                return self.stated(term)
            case Gradient(of):
                return self.stated(of) if not self.context.layout else None
            case Transpose(of):
                inner = self.of(of)
                return inner and inner[::-1]
            case Call(function, (only,)):
                inner = self.of(only)
                return inner if function.name in _ENTRYWISE else None
            case Add(terms):
                return self.folded([("+", t) for _, t in terms])
            case Mul(items):
                return self.folded(list(items))
        for child in children(term):
            self.of(child)
        return None

    def stated(self, ref: Ref) -> Shape | None:
        if ref.name in self.context.scalars:
            return ONE, ONE
        if ref.subs or ref.example is not None or ref.time is not None:
            return None
        for pattern, rows, cols in self.context.shapes.get(ref.name, ()):
            if pattern.subs or pattern.example is not None or (pattern.layer is None) != (ref.layer is None):
                continue
            if pattern.layer is None or ref.layer is None or pattern.layer == ref.layer:
                return rows, cols
            if pattern.layer.name and not pattern.layer.label and not ref.layer.label:
                return _moved(rows, pattern.layer, ref.layer), _moved(cols, pattern.layer, ref.layer)
        return None

    def folded(self, items: list[tuple[str, Term]]) -> Shape | None:
        """The shape of a sum or a product, from the left; None from where it is not known."""
        shapes = [self.of(t) for _, t in items]
        whole = shapes[0]
        for (op, _), shape in zip(items[1:], shapes[1:], strict=True):
            if whole is None or shape is None:
                return None
            spread = self.spread(whole, shape)
            if op in ("+", "⊙", "∘") or _is_number(whole) or _is_number(shape):
                fits, ways = spread is not None, [spread]
            else:
                product = None if self.differ(whole[1], shape[0]) else (whole[0], shape[1])
                fits, ways = spread is not None or product is not None, [spread, product]
            if not fits:
                word = {"+": "plus", "⊙": "⊙", "∘": "⊙"}.get(op, "times")
                self.said.append(f"shapes do not fit: {_shown(whole)} {word} {_shown(shape)}")
            sure = {w for w in ways if w is not None}
            whole = sure.pop() if len(sure) == 1 else None
        return whole

    def spread(self, a: Shape, b: Shape) -> Shape | None:
        """The shape of a sum, where a row or a column is added to each other one; None where it cannot be."""
        if any(ONE not in pair and self.differ(*pair) for pair in zip(a, b, strict=True)):
            return None
        rows, cols = (y if x == ONE else x for x, y in zip(a, b, strict=True))
        return rows, cols

    def differ(self, a: Term, b: Term) -> bool:
        """Whether the text tells two sizes apart."""
        if isinstance(a, Number) and isinstance(b, Number):
            return a.value != b.value
        names = {r.name for size in (a, b) for r in refs(size)}
        if a == b or any(d.head.name in names for d in self.context.definitions):
            return False  # n = m may be said by formulas
        counts = [counts_examples(size, self.context) for size in (a, b)]
        if not (isinstance(a, Ref) and isinstance(b, Ref)):
            return any(counts)
        if a.name == b.name:
            one, other = _place(a), _place(b)
            return one is not None and other is not None and one.name == other.name and one != other
        return any(counts) or frozenset((a, b)) in self.together


def _is_number(shape: Shape) -> bool:
    return shape == (ONE, ONE)


def _place(size: Ref) -> Index | None:
    """The layer of a size: ``n^{[l]}`` or ``n_l``."""
    return size.layer or (size.subs[0] if len(size.subs) == 1 else None)


def _moved(size: Term, pattern: Index, layer: Index) -> Term:
    """A size that is stated for layer l, at another layer."""
    if not isinstance(size, Ref):
        return size

    def at(index: Index) -> Index:
        return (
            Index(layer.name, layer.offset + index.offset - pattern.offset)
            if index.name == pattern.name
            else index
        )

    subs = tuple(at(s) for s in size.subs)
    return replace(size, subs=subs, layer=None if size.layer is None else at(size.layer))


def _shown(shape: Shape) -> str:
    return " × ".join(show(size) if refs(size) or isinstance(size, Number) else "…" for size in shape)
