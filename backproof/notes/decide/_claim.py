"""One claim under one reading: evaluate both sides, look for a point that sets them apart, then for a proof."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction

from .._errors import NotesError, NotUnderstoodError, ShapeClashError
from .._limits import Budget
from ..resolve import Big, Call, Context, Definition, Number, Ref, Table, Term, refs, walk
from ._assumptions import assume, read_hypotheses
from ._dag import Graph, Node
from ._doubts import doubt_in, losses_are_known, one_sided, stranger_in, unread_line
from ._evaluate import Evaluator, Place
from ._indices import (
    ambient_dim,
    ambient_indices,
    axis_dim,
    combinations,
    free_indices,
    placements,
    reached_indices,
)
from ._numeric import compare_numbers
from ._outcome import Outcome
from ._pairs import decide_pairs, is_number
from ._values import Dim, Value
from ._world import LAYERS, Reading, Usage, World

# The examples are five, so that no small factor stands for their number.
SIZES = (5, 2, 3, 4, 7, 6)
# Where the prover gives up on a claim that holds at points of that world, it tries a smaller one.
SMALL = (2, 3, 4, 5, 7, 6)


@dataclass
class Run:
    """What one reading says of a whole chain, and what it rests on."""

    links: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ambiguous: bool = False
    flags: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    greek: bool = False
    lints: list[str] = field(default_factory=list)


def decide_chain(
    parts: Sequence[Term],
    claiming: Sequence[bool],
    context: Context,
    usage: Usage,
    reading: Reading,
    budget: Budget,
    tolerances: Sequence[list[Fraction] | None] = (),
    sizes: Sequence[int] = SIZES,
) -> Run:
    """Decide every claiming link of a chain under one reading.

    Raises
    ------
    NotUnderstoodError
        Some part of the chain, or of a definition it needs, has no meaning.
    """
    run = Run()
    world = World(context, usage, reading)
    world.numeric = any(t is not None for t in tolerances)
    exact = [d for d in context.definitions if not _is_computed(d, context)]
    world.given = {t.value for d in exact for t in (d.body,) if isinstance(t, Number)} | {
        t.value
        for d in context.definitions
        if isinstance(d.body, Table)
        for row in d.body.rows
        for t in row
        if isinstance(t, Number)
    }
    world.ambient = ambient_indices(context)
    world.ambient_steps = dict.fromkeys(_ambient_steps(context), 1)
    world.ambient_dims = {name: ambient_dim(world, name) for name in sorted(world.ambient)}
    shapes = Evaluator(world)
    _name_sizes(world)
    place_definitions(shapes)
    assumed = assume(shapes)
    world.known = set(world.leaves)
    world.settle()
    axes, steps = free_indices(parts, shapes)
    axes = [*axes, *(a for a in sorted(reached_indices(parts, context)) if a not in axes)]
    placed = list(placements(steps, world))
    usable: list[dict[str, int]] = []
    dims: list[dict[str, Dim]] = []
    trouble: NotesError | None = None
    clash: dict[int, str] = {}
    for place in placed:
        bound = {a: world.ambient_dims.get(a) or axis_dim(world, a, place) for a in axes}
        try:
            with shapes.bound({**place, **bound}, fresh=True):
                _shape_parts(shapes, parts, clash)
        except NotUnderstoodError as error:
            trouble = trouble or error
            continue
        usable.append(place)
        dims.append(bound)
    if not usable:
        raise trouble or NotUnderstoodError("the indices of the claim")
    place_definitions(shapes)
    graph = Graph(budget)
    world.make_concrete(graph, _sizes(parts, sizes))
    cells = Evaluator(world)
    pairs: list[list[tuple[Node, Node]]] = [[] for _ in claiming]
    shape_faults: dict[int, str] = dict(clash)
    loose: set[int] = set()
    done = 0
    for place, bound in zip(usable, dims, strict=True):
        try:
            for combo in combinations(bound, context):
                budget.check()
                with cells.bound({**place, **combo}, fresh=True):
                    _forget(world, {**place, **combo})
                    _collect(cells, parts, claiming, pairs, shape_faults, loose)
        except NotUnderstoodError as error:
            trouble = trouble or error
            continue
        done += 1
    if not done:
        raise trouble or NotUnderstoodError("the claim")
    if done < len(placed):
        world.note(f"decided for {done} of {len(placed)} layers: for the others the document says too little")
    run.notes, run.ambiguous, run.flags = world.notes, world.ambiguous, set(reading.flags)
    run.guessed, run.greek = world.guessed, world.greek
    hypotheses, unread = read_hypotheses(cells, assumed)
    for k, is_claim in enumerate(claiming):
        if not is_claim:
            run.links.append(Outcome("none", "a definition"))
            continue
        if k in shape_faults:
            # A clash is only as certain as our reading of every shape, and of every product: it refutes nothing.
            run.links.append(Outcome("unknown", shape_faults[k], loose=True))
            run.lints.append(shape_faults[k])
            continue
        tolerance = tolerances[k] if k < len(tolerances) else None
        if tolerance is not None and all(is_number(n) for pair in pairs[k] for n in pair):
            outcome = compare_numbers(graph, pairs[k], tolerance, budget)
        else:
            outcome = decide_pairs(world, graph, pairs[k], hypotheses, budget)
        lacking = outcome.verdict == "refuted" and tolerance is not None and _numbers_on_one_side(pairs[k])
        if lacking and (world.given or any(_has_decimals(p) or _is_worked_out(p) for p in parts[k : k + 2])):
            outcome = Outcome("unknown", "the document does not give the numbers that one side stands for")
        if outcome.verdict == "proved" and k in loose:
            outcome = Outcome(
                "unknown", "the two sides agree only if one is repeated to the shape of the other"
            )
        outcome.loose = k in loose
        if outcome.verdict == "refuted" and k in loose:
            # A sum over examples may be meant and not written.
            outcome = Outcome("unknown", "the sides differ in shape: a sum may be meant", loose=True)
        unsure = outcome.sized and world.open_losses and not losses_are_known(parts[k : k + 2], context)
        if outcome.verdict == "refuted" and unsure:
            outcome = Outcome(
                "unknown",
                f"the sides differ by a factor {outcome.sized} alone, and no formula says whether the loss holds it",
            )
        if outcome.verdict == "refuted" and (word := doubt_in(parts[k : k + 2], context)):
            outcome = Outcome("unknown", f"the text says {word!r}, which the checker cannot use")
        if outcome.verdict == "refuted" and _unrelated(world.open_losses, context):
            several = ", ".join(sorted(world.open_losses))
            outcome = Outcome("unknown", f"the document does not say how {several} are related")
        if outcome.verdict == "refuted" and (stranger := stranger_in(world, parts[k : k + 2], pairs[k])):
            outcome = Outcome("unknown", f"the document does not say what {stranger} is")
        if outcome.verdict == "refuted" and world.unexplained:
            outcome = Outcome("unknown", f"the document does not say what {min(world.unexplained)} is")
        if outcome.verdict == "refuted" and (alone := one_sided(pairs[k], set())):
            outcome = Outcome("unknown", f"the document does not say what {alone} is")
        if outcome.verdict == "refuted" and (line := unread_line(world, parts[k : k + 2], context)):
            outcome = Outcome("unknown", f"line {line} of the document is not understood and may matter here")
        if outcome.verdict == "refuted" and unread:
            outcome = Outcome("unknown", f"a hypothesis of the document ({unread[0].relation}) is not read")
        run.links.append(outcome)
    misfits = [k for k, o in enumerate(run.links) if o.loose]
    for k, outcome in enumerate(run.links):
        if outcome.verdict == "refuted" and {k - 1, k + 1} & set(misfits):
            reason = "a side that it shares with another equality does not fit that one in shape"
            run.links[k] = Outcome("unknown", reason, loose=True)
    if any(o.verdict == "proved" for o in run.links) and any(d.value is None for d in world.all_dims):
        world.note("matrices at sizes " + ", ".join(sorted({str(d.root().value) for d in world.all_dims})))
    return run


def _unrelated(losses: set[str], context: Context) -> bool:
    """Whether several losses are met whose relation is open; E_1 and E_2, each of known arguments, are two terms."""
    terms = len({x.partition("_")[0] for x in losses}) == 1 and losses <= context.depends.keys()
    return len(losses) > 1 and not terms


def _is_computed(definition: Definition, context: Context) -> bool:
    """Whether a number is given to what a formula defines as well: it may have been rounded."""
    return definition.value and any(
        d.head == definition.head and not d.value and refs(d.body) for d in context.definitions
    )


def _has_decimals(term: Term) -> bool:
    return any(isinstance(n, Number) and n.digits >= 0 for n in walk(term))


def _is_worked_out(term: Term) -> bool:
    """Whether a side is arithmetic with numbers, which come from somewhere: ``(1 - 2)^2 + 3``."""
    numbers = [n for n in walk(term) if isinstance(n, Number)]
    return not refs(term) and len(numbers) > 2


def _numbers_on_one_side(pairs: Sequence[tuple[Node, Node]]) -> bool:
    """Whether numbers are set equal to what depends on quantities without a number."""
    left, right = (all(is_number(n) for n in side) for side in zip(*pairs, strict=True))
    return left != right


def _ambient_steps(context: Context) -> set[str]:
    """Times and layers that definitions, and what a loss depends on, mention without binding them."""
    found = {
        i.name
        for rs in context.depends.values()
        for r in rs
        for i in (r.time, r.layer)
        if i is not None and i.name
    }
    for definition in context.definitions:
        head = definition.head
        own = {i.name for i in (head.time, head.layer) if i is not None}
        found |= {r.time.name for r in refs(definition.body) if r.time is not None and r.time.name} - own
    return found - {"L"}


def _sizes(parts: Sequence[Term], sizes: Sequence[int]) -> list[int]:
    """Sizes for the axes, none of which the claim writes as a number: 1/2 must not pass for 1/m."""
    written: set[int] = set()
    for number in (n for p in parts for n in walk(p) if isinstance(n, Number)):
        written |= {abs(number.value.numerator), number.value.denominator}
    free = [s for s in (*sizes, 11, 8, 9) if s not in written]
    return free[: len(sizes)]


def place_definitions(ev: Evaluator) -> None:
    """Let every definition say what it says about sizes."""
    world = ev.world
    for definition in world.context.definitions:
        head = definition.head
        if definition.params is not None:
            if len(definition.params) > 1:
                with suppress(NotUnderstoodError, ShapeClashError):
                    ev.value(Call(head, definition.params))  # CE(y, p) says that y and p are of one length
            continue
        layers: list[int | None] = [None]
        if head.layer is not None and head.layer.name:
            layers = list(range(1, LAYERS + 1)) if head.layer.name != "L" else [LAYERS]
        for layer in layers:
            env: dict[str, Place] = {}
            if layer is not None and head.layer is not None:
                env[head.layer.name] = layer - head.layer.offset
            if head.time is not None and head.time.name:
                env[head.time.name] = 1 - head.time.offset
            for index in (*head.subs, *([head.example] if head.example is not None else [])):
                if index.name:
                    env[index.name] = world.new_dim()
            try:
                with ev.bound(env, fresh=True):
                    ev.value(head)
            except NotUnderstoodError:
                continue  # the claim says so if it needs this definition
            except ShapeClashError as error:
                raise NotUnderstoodError(
                    f"the shapes in the definition of {head} do not fit: {error}"
                ) from None


def _name_sizes(world: World) -> None:
    """Sizes with names of their own in the document are different sizes, which no claim makes equal."""
    context = world.context
    limits = [n.high for d in context.definitions for n in walk(d.body) if isinstance(n, Big)]
    for high in (*limits, *(high for _, high in context.ranges.values())):
        plain = isinstance(high, Ref) and not (high.layer or high.subs or high.example or high.time)
        if plain and isinstance(high, Ref) and context.defined(high) is None and high.name not in world.tops:
            world.named_dim(high.name)
    for stated in world.context.shapes.values():
        for pattern, rows, cols in stated:
            layers = range(LAYERS + 1) if pattern.layer is not None and pattern.layer.name else [0]
            for layer in layers:
                index = {} if pattern.layer is None else {pattern.layer.name: layer - pattern.layer.offset}
                for size in (rows, cols):
                    with suppress(NotUnderstoodError):
                        world.size_dim(size, index)


def _shape_parts(ev: Evaluator, parts: Sequence[Term], clash: dict[int, str]) -> None:
    """Find the shapes of all parts; a free quantity that only the claim mentions takes the shape that fits."""
    values: list[Value | None] = []
    for k, part in enumerate(parts):
        try:
            values.append(ev.value(part))
        except ShapeClashError as error:
            values.append(None)
            for link in (k - 1, k):
                if 0 <= link < len(parts) - 1:
                    clash[link] = f"the shapes do not fit: {error}"
    for a, b in itertools.pairwise(values):
        if a is None or b is None:
            continue
        for x, y in ((a.rows, b.rows), (a.cols, b.cols)):
            x, y = x.root(), y.root()
            if x.value is None and y.value is None and not (x.settled and y.settled):
                ev.algebra.unify(x, y)


def _collect(
    ev: Evaluator,
    parts: Sequence[Term],
    claiming: Sequence[bool],
    pairs: list[list[tuple[Node, Node]]],
    faults: dict[int, str],
    loose: set[int],
) -> None:
    """Evaluate every side once and pair the entries of neighbours."""
    values: list[Value | ShapeClashError] = []
    for part in parts:
        try:
            values.append(ev.value(part))
        except ShapeClashError as error:
            values.append(error)
    for k, (a, b) in enumerate(itertools.pairwise(values)):
        if not claiming[k]:
            continue
        if isinstance(a, ShapeClashError) or isinstance(b, ShapeClashError):
            faults[k] = f"the shapes do not fit: {a if isinstance(a, ShapeClashError) else b}"
            continue
        if a.size() != b.size():
            if a.size() == b.size()[::-1] and not a.is_scalar:
                raise NotUnderstoodError(
                    "the sides agree in shape only after a transpose: a matter of layout"
                )
            try:
                gaps = ev.algebra.add(a, b, -1)
            except ShapeClashError:
                faults[k] = f"the sides have {_shape(a)} and {_shape(b)} entries"
                continue
            loose.add(k)
            assert gaps.cells is not None
            assert ev.graph is not None
            pairs[k].extend((cell, ev.graph.zero) for cell in gaps.cells)
            continue
        assert a.cells is not None
        assert b.cells is not None
        pairs[k].extend(zip(a.cells, b.cells, strict=True))


def _forget(world: World, combo: dict[str, int]) -> None:
    """Definitions with indices of the claim in their bodies change with them."""
    if (world.ambient | world.ambient_steps.keys()) & set(combo):
        world.arrays = {k: v for k, v in world.arrays.items() if k in world.leaves}


def _shape(value: Value) -> str:
    return "{} × {}".format(*value.size())
