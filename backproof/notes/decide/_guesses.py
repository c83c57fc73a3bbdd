"""The shape of a quantity of which the document says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..resolve import Context, Index, Ref, Transpose, refs
from ..resolve._lexicon import is_loss
from ..resolve._terms import EVERY
from ._habits import (
    GREEK_MATRICES,
    GREEK_SCALARS,
    letter_of,
)
from ._values import Dim

if TYPE_CHECKING:
    from ._world import World


def leaf_shape(world: World, ref: Ref, layer: int | None, free_subs: int) -> tuple[Dim, Dim]:
    name, usage, context = ref.name, world.usage, world.context
    for pattern, rows, cols in context.shapes.get(name, []):
        index: dict[str, int] = {}
        numbered = bool(ref.subs and pattern.subs) and not any(s.name for s in (*ref.subs, *pattern.subs))
        if numbered and ref.subs != pattern.subs:
            continue  # W_1 is another matrix than W_2
        if pattern.layer is not None and layer is not None:
            if not pattern.layer.name and pattern.layer.offset != layer:
                continue
            index = {pattern.layer.name: layer - pattern.layer.offset}
        family = len(pattern.subs) == 1 and name in usage.vector_subs  # the x_i are the columns of x
        try:
            return world.size_dim(rows, index), world.new_dim() if family else world.size_dim(cols, index)
        except NotUnderstoodError:
            world.unsure = True
            return world.new_dim(), world.new_dim()
    if name in context.matrices and name not in usage.subs and name not in usage.examples:
        return world.new_dim(), world.new_dim()
    if name in context.rows and name not in usage.subs and name not in usage.examples:
        return Dim(1), world.new_dim()
    if name in context.scalars and name not in usage.subs and name not in usage.examples:
        return Dim(1), Dim(1)
    subs = usage.subs.get(name, 0) if free_subs < 0 else free_subs
    if subs >= 2:
        return world.new_dim(), world.new_dim()
    if subs == 1:
        if name in usage.examples_with_sub:
            return world.new_dim(), world.new_dim()
        across = context.vectors_are_rows or "x" in context.rows  # a label beside a row of outputs
        across = across and name not in context.vectors
        if (name in context.rows or across) and name not in usage.vector_subs and name in usage.bare:
            return Dim(1), world.new_dim()
        if name in usage.vector_subs:
            return world.new_dim(), world.new_dim()
        if name not in context.vectors:
            world.by_convention.add(name)
        return world.new_dim(), Dim(1)
    if name in usage.examples and is_stacked(world, name):
        return world.new_dim(), Dim(1)
    if name in usage.examples and (ref.example is not None or name not in usage.bare_inside):
        return (world.new_dim() if name in usage.vector_examples else Dim(1)), world.new_dim()
    if context.all_scalar or not usage.matrices or name in context.scalars:
        return Dim(1), Dim(1)
    world.guessed.add(name)
    guessed = guessed_shape(world, name)
    if guessed[1].value == 1 and guessed[0].value is None and name not in context.vectors:
        world.by_convention.add(name)
    return guessed


def rows_are_transposed(context: Context) -> bool:
    """Whether the rows of a matrix are said to be the ``x^{(i)T}``: the x^(i) are columns then."""
    stood = (d.body.of for d in context.definitions if isinstance(d.body, Transpose))
    return any(isinstance(of, Ref) and of.example == Index(EVERY) for of in stood)


def is_stacked(world: World, name: str) -> bool:
    """Whether the numbers ``y^{(i)}`` stand above each other in y: the text says so, or lets rows be examples."""
    context, usage = world.context, world.usage
    if name in usage.vector_examples or not name[:1].islower():
        return False
    rows = (context.examples == "rows" and not context.supposed) or rows_are_transposed(context)
    return name in context.stacked or (rows and name in usage.bare - usage.bare_inside)


def guessed_shape(world: World, name: str) -> tuple[Dim, Dim]:
    """Matrices are capitals, vectors small letters, step sizes Greek."""
    plain = letter_of(name)
    if name.startswith("sf:"):
        plain = plain.lower()  # the C_t of a recursion are states like the h_t
    across = world.context.examples == "rows" or "x" in world.context.rows  # a bias is added to x W
    row = plain == "b" and across and name not in world.context.vectors
    lower = plain[:1].islower() and plain not in ("m", "n") and plain not in GREEK_SCALARS
    row = row or (world.context.vectors_are_rows and lower and name not in world.context.vectors)
    rows = row and (world.context.vectors_are_rows or name not in world.usage.transposed)
    if name in world.context.rows or rows:
        return Dim(1), world.new_dim()
    told = name in world.context.vectors or (plain in ("u", "v") and name in world.usage.transposed)
    if plain in ("w", "theta", "u", "v") and name in world.usage.left_factors and not told:
        return world.new_dim(), world.new_dim()
    if name in world.context.vectors or (name in world.context.lexicon.bold and not plain[:1].isupper()):
        return world.new_dim(), Dim(1)
    if name in world.usage.transposed | world.usage.softmaxed and not plain[:1].isupper():
        return world.new_dim(), Dim(1)
    if name in world.usage.divisors:
        return Dim(1), Dim(1)
    if (is_loss(plain) and is_loss(name)) or plain in GREEK_SCALARS or plain in ("m", "n", "N"):
        return Dim(1), Dim(1)
    if len(plain) == 1 and plain.isupper():
        if name in world.usage.gated and not world.context.examples:
            return world.new_dim(), Dim(1)
        if (world.context.supposed or not world.context.examples) and is_input(world, name):
            return world.new_dim(), Dim(1)
        if plain in "XAZHY" and world.context.examples == "columns":
            return world.new_dim(), example_dim(
                world,
            )
        if plain in "XAZHY" and world.context.examples == "rows":
            return example_dim(
                world,
            ), world.new_dim()
        return world.new_dim(), world.new_dim()
    if plain in GREEK_MATRICES:
        return world.new_dim(), world.new_dim()
    if len(plain) == 1 and plain.islower():
        world.unsure = world.unsure or not world.context.vectors_are_columns
        return world.new_dim(), Dim(1)
    if plain in ("theta", "beta", "gamma", "mu", "delta", "sigma", "omega", "phi", "psi"):
        world.greek = True
        world.note(f"{plain} is read as a {world.reading.greek}")
        if world.reading.greek == "column":
            return world.new_dim(), Dim(1)
        return Dim(1), world.new_dim() if world.reading.greek == "row" else Dim(1)
    world.unsure = True
    return Dim(1), Dim(1)


def is_input(world: World, name: str) -> bool:
    """Whether a capital is the first of layers whose units have one index: ``a^{[0]} = X`` beside ``a_k^{[l]}``."""
    heads = [d.head for d in world.context.definitions if d.body == Ref(name)]
    return any(h.layer is not None and world.usage.subs.get(h.name) == 1 for h in heads)


def example_dim(
    world: World,
) -> Dim:
    """The axis of the examples, under the name that the document gives to its length."""
    for name in sorted(world.usage.example_indices):
        known = world.context.ranges.get(name)
        if known is not None and not any(r.layer or r.subs for r in refs(known[1])):
            return world.size_dim(known[1], {})
    return world.named_dim("m" if world.context.count is None else world.context.count.name)
