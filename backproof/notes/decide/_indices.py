"""The indices of a claim: which run over layers, which over entries, and how far."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from .._errors import NotUnderstoodError
from ..resolve import Big, Branches, Context, Entry, Index, Ref, Term, indices, refs, walk
from ..resolve._terms import EVERY
from ._evaluate import Evaluator
from ._values import Dim
from ._world import World

MAX_CASES = 60


def free_indices(parts: Sequence[Term], ev: Evaluator) -> tuple[list[str], list[str]]:
    """The free indices of a chain: those of entries and examples, and those of layers and times."""
    axes: list[str] = []
    steps: list[str] = []
    for part in parts:
        bound = {node.index for node in walk(part) if isinstance(node, Big)}
        ends = {id(r) for n in walk(part) if isinstance(n, Big) and n.high is not None for r in refs(n.high)}
        for ref in refs(part):
            if id(ref) in ends:  # the n_{l+1} of a sum is a size
                _take(ref.subs, ev.world.context.lexicon.layers, steps)
                continue
            for index in indices(ref):
                if not index.name or index.label or (index.name in bound and not index.also):
                    continue
                step = index in (ref.layer, ref.time)
                if not step and index.name in ev.world.tops:
                    continue  # N_L is the number of units of the last layer
                target = steps if step else axes
                for letter in (index.name, *index.also):
                    if letter not in target and letter not in bound:
                        target.append(letter)
            bare = not indices(ref) and ref.name in ev.world.context.lexicon.indices and ref.name not in axes
            if bare and ref.name not in bound and ref.name not in steps and ref.name in _index_names(parts):
                axes.append(ref.name)
        for node in (n for n in walk(part) if isinstance(n, Entry)):  # the i of S(z + c)_i
            for index in node.subs:
                known = index.name in bound or index.name in axes or index.name in steps
                if index.name and not index.label and not known and index.name not in ev.world.tops:
                    axes.append(index.name)
    both = set(axes) & set(steps)
    if both:
        raise NotUnderstoodError(f"the index {sorted(both)[0]} of layers and of entries")
    return axes, [s for s in steps if s not in ev.world.tops]


def _take(found: Iterable[Index], layers: set[str], steps: list[str]) -> None:
    """The layer that a size belongs to is one of the claim."""
    for index in found:
        if index.name in layers and index.name not in steps:
            steps.append(index.name)


def _index_names(parts: Sequence[Term]) -> set[str]:
    return {i.name for p in parts for r in refs(p) for i in indices(r)} | {
        r.name for p in parts for n in walk(p) for r in _condition_refs(n)
    }


def _condition_refs(node: Term) -> list[Ref]:
    if not isinstance(node, Branches):
        return []
    return [s for _, cs in node.branches for c in cs for s in (c.left, c.right) if isinstance(s, Ref)]


def placements(steps: list[str], world: World, taken: Collection[str] = ()) -> Iterator[dict[str, int]]:
    """Layers 1 to L for each free layer, and one time; several times in the order that the document gives them.

    ``taken`` are the letters that are subtracted from others, as the k of ``h_{t-k}``.
    """
    ranges = []
    times = [
        n for n in steps if n in ("t", "s", "tau") or not (n in world.context.lexicon.layers or n == "l")
    ]
    for name in steps:
        alone = name in times and len(times) == 1
        first = world.context.lower.get(name, 1)
        now = max(world.reading.time, first)
        ranges.append([now] if alone else list(range(max(1, first), world.layers + 1)))
    for combo in itertools.product(*ranges):
        place = dict(zip(steps, combo, strict=True))
        if len(times) > 1 and not _ordered(place, world.context, taken):
            continue
        yield place


def with_all_layers(
    places: list[dict[str, int]], parts: Sequence[Term], context: Context
) -> list[dict[str, int]]:
    """The places at which a claim speaks of no layer below the first: ``δ^{l-1}`` beside ``δ^l = ∂C/∂z^l`` begins at l = 2.

    What a definition takes from the layer below, as the ``a^{l-1}`` of ``z^l``, has a layer 0: the input.
    """
    general = {d.head.name for d in context.definitions if d.head.layer is not None and d.head.layer.name}
    told = {d.head.name for d in context.definitions if d.head.layer == Index("", 0)}
    inputs = {
        r.name
        for d in context.definitions
        if d.head.layer is not None
        for r in refs(d.body)
        if r.layer is not None and r.layer.name and r.layer.offset < d.head.layer.offset
    }
    lower = [
        r.layer
        for p in parts
        for r in refs(p)
        if r.layer is not None and r.layer.offset < 0 and r.name in general - told - inputs
    ]
    found = [place for place in places if all(place.get(x.name, 1 - x.offset) + x.offset >= 1 for x in lower)]
    return found or places


def _ordered(place: dict[str, int], context: Context, taken: Collection[str]) -> bool:
    """Whether times stand in the order that the document says; without a word the earlier letter is the earlier time."""
    orders = [(a, r, b) for a, r, b in context.orders if a in place and b in place]
    if not orders:
        # T is the last step; what is subtracted is less than what it is subtracted from.
        names = sorted(place, key=lambda name: (name not in taken, name.isupper(), name))
        return all(place[a] < place[b] for a, b in itertools.pairwise(names))
    tests = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge}
    return all(tests[r](place[a], place[b]) for a, r, b in orders)


def axis_dim(world: World, name: str, place: dict[str, int]) -> Dim:
    known = world.context.ranges.get(name)
    return world.size_dim(known[1], place) if known is not None else world.new_dim()


def combinations(bound: dict[str, Dim], context: Context) -> Iterator[dict[str, int]]:
    names = list(bound)
    sizes = []
    for name in names:
        size = bound[name].root().value
        if size is None:
            raise NotUnderstoodError(f"the range of {name}")
        sizes.append(range(1, size + 1))
    count = 0
    for combo in itertools.product(*sizes):
        env = dict(zip(names, combo, strict=True))
        if any(a in env and env[a] == env.get(b) for a, b in context.apart):
            continue
        if any(a in env and b in env and env[a] != env[b] for a, b in context.alike):
            continue
        count += 1
        if count > MAX_CASES:
            return
        yield env


def ambient_dim(world: World, name: str) -> Dim:
    """The range of an index that no claim binds; where it depends on a layer it is left open."""
    try:
        return axis_dim(world, name, {})
    except NotUnderstoodError:
        return world.new_dim()


def reached_indices(parts: Sequence[Term], context: Context) -> set[str]:
    """The unbound indices of the definitions that a claim comes to."""
    names = {r.name for p in parts for r in refs(p)}
    grown = True
    used = []
    while grown:
        grown = False
        for definition in context.definitions:
            if definition.head.name in names and definition not in used:
                used.append(definition)
                names |= {r.name for r in refs(definition.body)}
                grown = True
    return ambient_indices(replace(context, definitions=used))


def ambient_indices(context: Context) -> set[str]:
    """Indices that definitions use without binding them: ``target``."""
    found = {true for true in context.true_class.values() if not true.isdigit()}
    found |= {
        i.name for r in context.short.values() for i in (*r.subs, r.example) if i is not None and i.name
    }
    for definition in context.definitions:
        own = {i.name for i in indices(definition.head)} | {
            i.name for p in definition.params or () for i in indices(p)
        }
        own |= {p.name for p in definition.params or ()}
        bound = {n.index for n in walk(definition.body) if isinstance(n, Big)}
        for ref in refs(definition.body):
            for index in (*ref.subs, *([ref.example] if ref.example is not None else [])):
                counted = index.name in ("L", *context.lexicon.layers)
                if index.name not in ("", EVERY) and not index.label and not counted:
                    found |= {index.name, *index.also} - own - bound
    return found
