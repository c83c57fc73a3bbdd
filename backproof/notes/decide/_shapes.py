"""Shapes: an array has the size that its definition gives, a product that which its factors give."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from .._errors import NotesError, NotUnderstoodError, ShapeClashError
from ..resolve import (
    Context,
    Definition,
    Derivative,
    Gradient,
    Index,
    Listing,
    Mul,
    Pow,
    Ref,
    Term,
    Transpose,
    refs,
    walk,
)
from ..resolve._cues import space_shape
from ..resolve._item import Item
from ..resolve.prose import shape_of
from ._claim import place_definitions
from ._evaluate import Evaluator
from ._habits import Reading, Usage
from ._outcome import Outcome
from ._values import Dim
from ._world import World

_Shape = tuple[Dim, Dim]


def decide_shape(item: Item, context: Context, usage: Usage) -> tuple[Outcome, list[str]]:
    """Compare the shapes that a formula states or compares with those that the definitions give.

    A shape that the document states nowhere else proves nothing of itself.

    Raises
    ------
    NotUnderstoodError
        The document does not tell enough of the sizes, or may mean another layout.
    """
    if context.columns_first:
        raise NotUnderstoodError("whether rows come first")
    return _shape_given(item, _without_its_own(item, context), usage)


def _shape_given(item: Item, context: Context, usage: Usage) -> tuple[Outcome, list[str]]:
    found: list[bool | None] = []
    trouble: NotesError | None = None
    notes: list[str] = []
    for parts in _each_target(item.parts):
        letters = _layers_in(parts, context)
        world = World(context, usage, Reading())
        ev = Evaluator(world)
        _in_words(ev)
        place_definitions(ev)
        _of_defined(ev)
        for layer in range(1, world.layers + 1) if letters else [0]:
            env = dict.fromkeys(letters, layer)
            world.ambient_steps = dict(env)
            try:
                with ev.bound(env, fresh=True):
                    shapes = [_shape_of_part(ev, p, env) for p in parts]
            except NotUnderstoodError as error:
                trouble = error
                continue
            except ShapeClashError as error:
                raise NotUnderstoodError(str(error)) from None
            found.append(_all_same(ev, parts, shapes))
        if found and found[-1] is False and (name := _by_convention(ev, parts, shapes)):
            raise NotUnderstoodError(f"whether {name} is a column")
        if (merged := _merged(world)) and found[-1:] != [None]:
            raise NotUnderstoodError(f"whether {merged} are equal")
        notes += world.notes
    if not found:
        raise trouble or NotUnderstoodError("the shape")
    if all(found):
        return Outcome("proved", "the definitions give this shape"), notes
    if any(f is False for f in found):
        return Outcome("refuted", "the definitions give another shape"), notes
    raise NotUnderstoodError("sizes that the document does not name")


def _each_target(parts: Sequence[Term]) -> Iterator[tuple[Term, ...]]:
    """``Z, dZ: (n, m)`` says it of each."""
    first = parts[0]
    if isinstance(first, Listing) and _stated(first) is None:
        for one in first.items:
            if one is not None:
                yield (one, *parts[1:])
    else:
        yield tuple(parts)


def _layers_in(parts: Sequence[Term], context: Context) -> list[str]:
    """The letters that count layers in a formula."""
    found = {r.layer.name for p in parts for r in refs(p) if r.layer is not None and r.layer.name}
    return sorted(found - {"L"} if "L" in context.lexicon.layers else found)


def _without_its_own(item: Item, context: Context) -> Context:
    """The context without the shapes that the statement itself gives: nothing proves itself."""
    targets = [t for part in item.parts for t in (part.items if isinstance(part, Listing) else (part,))]
    names = {p.name for p in targets if isinstance(p, Ref)}
    told = {p.name for p in targets if isinstance(p, Ref) and context.defined(p, function=False) is not None}
    own = [s for p in item.parts if (s := _stated(p)) is not None]
    shapes = {
        name: [(ref, *size) for ref, *size in stated if name not in names or tuple(size) not in own]
        for name, stated in context.shapes.items()
        if name not in told  # a formula tells more than another statement
    }
    return replace(context, shapes={name: stated for name, stated in shapes.items() if stated})  # type: ignore[misc]


def _stated(part: Term) -> tuple[Term, Term] | None:
    """The sizes of ``(n, m)`` and of ``ℝ^{n×m}``."""
    if isinstance(part, Listing) and not all(_is_size(t) for t in part.items):
        return None
    return space_shape(part) or (shape_of(part) if isinstance(part, Listing) else None)


def _is_size(term: Term | None) -> bool:
    return term is not None and not any(isinstance(n, (Gradient, Derivative)) for n in walk(term))


def _shape_of_part(ev: Evaluator, part: Term, env: dict[str, int]) -> _Shape:
    if isinstance(part, Gradient):
        part = part.of
    if (stated := _stated(part)) is not None:
        return ev.world.size_dim(stated[0], env), ev.world.size_dim(stated[1], env)
    if isinstance(part, Mul) and any(_stated(t) is not None for _, t in part.items):
        return _of_product(ev, part, env)
    value = ev.value(part)
    return value.rows, value.cols


def _of_product(ev: Evaluator, product: Mul, env: dict[str, int]) -> _Shape:
    """``(n, k) × (k, m)``."""
    if any(op not in ("", "×", "·") for op, _ in product.items[1:]):
        raise NotUnderstoodError("a product of shapes entry by entry")
    shapes = [_shape_of_part(ev, t, env) for _, t in product.items]
    for (_, inner), (other, _) in itertools.pairwise(shapes):
        if not ev.algebra.same(inner, other):
            raise NotUnderstoodError("shapes that cannot be multiplied")
    return shapes[0][0], shapes[-1][1]


def _all_same(ev: Evaluator, parts: Sequence[Term], shapes: Sequence[_Shape]) -> bool | None:
    """Whether neighbours agree; None where a size that nothing names, or the layout, keeps it open."""
    named = [d.root() for d in ev.world.dims.values()]
    answer: bool | None = True
    for (left, right), (one, other) in zip(
        itertools.pairwise(parts), itertools.pairwise(shapes), strict=True
    ):
        if _agree(ev, one, other):
            continue
        if _agree(ev, one, other[::-1]) and (_is_vector(right) or any(map(_has_layout, (left, right)))):
            answer = answer if _is_vector(right) else None
            continue
        known = all(d.root() in named or d.root().value is not None for d in (*one, *other))
        pairs = list(zip(one, other, strict=True))
        apart = any(
            not ev.algebra.same(a, b) and all(d.root() in named or d.root().value is not None for d in (a, b))
            for a, b in pairs
        )
        if apart and (known or not any(map(_has_layout, (left, right)))):
            return False
        answer = None
    return answer


def _agree(ev: Evaluator, one: Sequence[Dim], other: Sequence[Dim]) -> bool:
    return all(ev.algebra.same(a, b) for a, b in zip(one, other, strict=True))


def _is_vector(part: Term) -> bool:
    """``ℝ^n``, which holds rows as well as columns."""
    return isinstance(part, Pow) and space_shape(part) is not None and shape_of(part.exponent) is None


def _has_layout(part: Term) -> bool:
    """Whether a side holds derivatives, whose rows and columns are a convention."""
    return any(isinstance(n, Derivative) for n in walk(part))


def _by_convention(ev: Evaluator, parts: Sequence[Term], shapes: Sequence[_Shape]) -> str:
    """A quantity whose shape rests on how its letter is usually read, or that the others have made a vector.

    Where rows and columns may be exchanged and still do not fit, a letter that stands beside weights is known; whether a
    bias is one column or repeated is a habit.
    """
    world = ev.world
    names = {r.name for p in parts for r in refs(p)}
    told = world.context.vectors | world.context.rows | world.context.shapes.keys() | world.context.scalars
    either = any(_agree(ev, one, other[::-1]) for one, other in itertools.pairwise(shapes))
    for key, (rows, cols) in world.leaves.items():
        name = str(key[0]) if isinstance(key, tuple) else ""
        plain = name.rpartition(":")[2][:1]
        thin = rows.root().value == 1 or cols.root().value == 1
        if not thin or name in told or name not in world.guessed:
            continue
        if plain.isupper():
            return name
        if name in names and not world.context.vectors_are_columns and (either or plain in _BIASES):
            return name
    return ""


_BIASES = {"b", "c"}


def _merged(world: World) -> str:
    """Two sizes with names of their own that the definitions have made one: some shape is not what it seems."""
    named: dict[int, str] = {}
    for key, dim in world.dims.items():
        text = str(key) if isinstance(key, str) else "".join(map(str, key)) if isinstance(key, tuple) else ""
        known = named.setdefault(id(dim.root()), text)
        if known != text:
            return f"{known} and {text}"
    return ""


def _of_defined(ev: Evaluator) -> None:
    """Let what has a formula also have the shape that the text states for it."""
    context = ev.world.context
    for stated in context.shapes.values():
        for pattern, rows, cols in stated:
            named_layer = pattern.layer is not None and bool(pattern.layer.name)
            if named_layer or pattern.subs or context.defined(pattern, function=False) is None:
                continue
            try:
                with ev.bound({}, fresh=True):
                    value = ev.value(pattern)
                sizes = ev.world.size_dim(rows, {}), ev.world.size_dim(cols, {})
            except NotesError:
                continue
            if value.rows.root().value == 1 and sizes[1].root().value == 1:
                continue  # a row that is called a vector
            try:
                ev.algebra.unify(value.rows, sizes[0])
                ev.algebra.unify(value.cols, sizes[1])
            except ShapeClashError as error:
                raise NotUnderstoodError(str(error)) from None


def _in_words(ev: Evaluator) -> None:
    """Give the axes of the features the numbers of units that the text tells."""
    world = ev.world
    rows = world.context.examples == "rows" or world.context.vectors_are_rows
    for layer, size in _counted(world):
        for ref in _states(world, layer):
            try:
                with ev.bound({}, fresh=True):
                    value = ev.value(ref)
            except NotesError:
                continue
            try:
                ev.algebra.unify(value.cols if rows else value.rows, size)
            except ShapeClashError as error:
                raise NotUnderstoodError(str(error)) from None


def _counted(world: World) -> Iterator[tuple[int, Dim]]:
    """The layers, by number, of which the text tells how many units they have."""
    for units in world.context.units:
        letter, layer = units.layer.name, units.layer.offset
        if letter == "L":
            layer, letter = world.layers, ""
        for number in range(world.layers + 1) if letter else [layer]:
            with suppress(NotUnderstoodError):
                yield number, world.size_dim(units.size, {letter: number} if letter else {})


def _states(world: World, layer: int) -> list[Ref]:
    """The quantities that have the units of a layer: what weights give, and what the next weights multiply."""
    found: list[Ref] = []
    affine = [(d.head, *_factors(d)) for d in world.context.definitions]
    affine = [(head, weights, others) for head, weights, others in affine if weights]
    alone = len(affine) == 1
    for head, _, others in affine:
        if head.layer is None:
            ends = {0: others, 1: [head], world.layers: [head]} if alone else {}
            found += ends.get(layer, [])
        elif head.layer.name:
            inputs = [t for t in others if t.layer is not None and t.layer.name == head.layer.name]
            found += [replace(head, layer=Index("", layer))] if layer else []
            found += [replace(t, layer=Index("", layer)) for t in inputs if layer < world.layers]
        else:
            found += [head] if head.layer.offset == layer else []
            found += others if head.layer.offset == layer + 1 else []
    return found


def _factors(definition: Definition) -> tuple[list[Ref], list[Ref]]:
    """The weights of ``W x + b``, and what they multiply."""
    head = definition.head
    plain = definition.params is None and not head.subs and head.example is None
    products = [n for n in walk(definition.body) if isinstance(n, Mul)] if plain else []
    factors = [t.of if isinstance(t, Transpose) else t for n in products for _, t in n.items]
    quantities = [t for t in factors if isinstance(t, Ref)]
    weights = [t for t in quantities if t.layer == head.layer and t.name.rpartition(":")[2] in _WEIGHTS]
    return weights, [t for t in quantities if t not in weights]


_WEIGHTS = {"W", "w", "Theta", "theta", "U", "V"}
