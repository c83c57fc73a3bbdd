"""One chain under one reading: a world is made, every link becomes pairs of scalars, the pairs are decided."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction

from .._errors import MisplacedError, NotesError, NotUnderstoodError, ShapeClashError
from .._limits import Budget
from ..resolve import (
    Add,
    Big,
    Call,
    Context,
    Definition,
    Number,
    Ref,
    Table,
    Term,
    Transpose,
    refs,
    walk,
)
from ..resolve._terms import EVERY_STEP
from ._asked import Asked
from ._assumptions import assume, read_hypotheses
from ._dag import Graph
from ._doubts import reached
from ._evaluate import Evaluator, Place
from ._ground import Ground
from ._guesses import rows_are_transposed
from ._habits import Reading, Usage
from ._indices import (
    ambient_dim,
    ambient_indices,
    axis_dim,
    combinations,
    free_indices,
    placements,
    reached_indices,
    with_all_layers,
)
from ._numeric import compare_numbers
from ._outcome import Outcome
from ._pairs import are_apart, decide_pairs, is_number
from ._sides import Entries, fit_shapes, forget, pair_entries
from ._standing import misfit, standing, without_misfits
from ._taken_by import slopes_of, total_beside_partial
from ._values import Dim, Value
from ._world import World

# The examples are five, so that no small factor stands for their number.
SIZES = (5, 3, 4, 7, 6, 8)
# Where the prover gives up on a claim that holds at points of that world, it tries a smaller one.
SMALL = (2, 3, 4, 5, 7, 6)

_Placed = tuple[dict[str, int], dict[str, Dim]]


@dataclass
class Run:
    """What one reading says of a whole chain, and what it rests on."""

    links: list[Outcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ambiguous: bool = False
    unordered: bool = False
    flags: set[str] = field(default_factory=set)
    guessed: set[str] = field(default_factory=set)
    greek: bool = False
    partly: bool = False
    lints: list[str] = field(default_factory=list)
    shrunk: bool = False


def decide_chain(
    parts: Sequence[Term],
    claiming: Sequence[bool],
    context: Context,
    usage: Usage,
    reading: Reading,
    budget: Budget,
    tolerances: Sequence[list[Fraction] | None] = (),
    sizes: Sequence[int] = SIZES,
    saving: bool = False,
    asked: Asked | None = None,
) -> Run:
    """Decide every claiming link of a chain under one reading.

    Where the reading is asked for only because it might save the links, it is left as soon as all of them are apart
    somewhere: their outcome is then ``refuted`` and no more is said.
    In ``asked`` it writes down what of the reading it asks for.

    Raises
    ------
    NotUnderstoodError
        Some part of the chain, or of a definition it needs, has no meaning.
    """
    run = Run()
    world = world_of(context, usage, reading, any(t is not None for t in tolerances), asked)
    world.slopes = slopes_of(parts, context)
    world.total_beside_partial = total_beside_partial(parts)
    shapes = Evaluator(world)
    name_sizes(world)
    place_definitions(shapes)
    assumed = assume(shapes)
    world.known = set(world.leaves)
    world.level()
    world.settle()
    entries = Entries(claiming)
    places, run.partly = surveyed(shapes, parts, entries)
    place_definitions(shapes)
    if collapsed := world.collapsed({r.name for part in parts for r in refs(part)}):
        raise NotUnderstoodError(f"the shape of {collapsed}")
    graph = Graph(budget)
    world.make_concrete(graph, sizes_for(parts, sizes))
    cells = Evaluator(world)
    # What hypotheses exclude is not apart, nor what tolerances let pass.
    saving = saving and not assumed and not any(t is not None for t in tolerances)
    settled = _entered(cells, parts, places, entries, saving)
    run.notes, run.ambiguous, run.flags = world.notes, world.ambiguous, set(reading.flags)
    run.unordered = world.unordered
    run.guessed, run.greek = world.guessed, world.greek
    run.shrunk = world.shrunk({r.name for part in parts for r in refs(part)})
    if settled:
        run.links = [Outcome("refuted" if claims else "none") for claims in claiming]
        return run
    hypotheses, unread = read_hypotheses(cells, assumed)
    for k, is_claim in enumerate(claiming):
        pairs, tolerance = entries.pairs[k], tolerances[k] if k < len(tolerances) else None
        if not is_claim:
            run.links.append(Outcome("none", "a definition"))
        elif k in entries.gaps and not pairs:
            run.links.append(Outcome("unknown", entries.gaps[k], gap=True))
        elif k in entries.clashes and parts[k] == parts[k + 1]:
            run.links.append(Outcome("proved", "both sides are the same"))
        elif k in entries.clashes:
            # A clash is only as certain as our reading of every shape, and of every product: it refutes nothing.
            ground = Ground(world, context, parts[k : k + 2], [], unread, False, tolerance is not None)
            elsewhere = (
                bool(pairs) and decide_pairs(world, graph, pairs, hypotheses, budget).verdict != "refuted"
            )
            run.links.append(misfit(entries.clashes[k], ground, anywhere=elsewhere))
            run.lints.append(entries.clashes[k])
        elif not pairs:
            run.links.append(Outcome("unknown", "no index for which the equality is meant", gap=True))
        else:
            if tolerance is not None and all(is_number(n) for pair in pairs for n in pair):
                outcome = compare_numbers(graph, pairs, tolerance, budget)
                if count := uncounted(world, parts[k : k + 2], places, outcome.verdict == "proved"):
                    outcome = Outcome("unknown", f"the document does not say what number {count} is")
            else:
                outcome = decide_pairs(world, graph, pairs, hypotheses, budget)
            ground = Ground(
                world, context, parts[k : k + 2], pairs, unread, k in entries.loose, tolerance is not None
            )
            if ground.loose and outcome.verdict == "refuted":
                added = entries.added.get(k, [])
                apart = [
                    decide_pairs(world, graph, a, hypotheses, budget).verdict == "refuted" for a in added
                ]
                ground = replace(ground, apart=bool(apart) and all(apart))
            run.links.append(standing(outcome, ground))
    run.links = without_misfits(run.links)
    if any(o.verdict == "proved" for o in run.links) and any(d.value is None for d in world.all_dims):
        world.note("matrices at sizes " + ", ".join(sorted({str(d.root().value) for d in world.all_dims})))
    return run


def uncounted(world: World, sides: Sequence[Term], places: Sequence[_Placed], proof: bool) -> str:
    """An index that stands for a number, an endless sum, and for a proof a size that we have chosen; else empty."""
    names = reached(sides, world.context)
    ours = {n for n in names if n in world.dims and id(world.dims[n].root()) in world.chosen}
    running = {name for place in places for part in place for name in part}
    single = {n for n in names if n in world.dims and world.dims[n].root().value == 1}
    return min(names & running | single | (ours if proof else ours & {"infty"}), default="")


def world_of(
    context: Context, usage: Usage, reading: Reading, numeric: bool, asked: Asked | None = None
) -> World:
    """The quantities of the document, with the indices that no claim binds."""
    world = World(context, usage, reading, asked)
    world.numeric = numeric
    exact = [d.body for d in context.definitions if not _is_computed(d, context)]
    tables = [t for body in exact if isinstance(body, Table) for row in body.rows for t in row]
    signed = [s for t in tables if isinstance(t, Add) and len(t.terms) == 1 for _, s in t.terms]
    world.given = context.given | {t.value for t in (*exact, *tables, *signed) if isinstance(t, Number)}
    world.ambient = ambient_indices(context)
    world.ambient_steps = dict.fromkeys(_ambient_steps(context) - world.tops.keys(), world.reading.time)
    world.ambient_dims = {name: ambient_dim(world, name) for name in sorted(world.ambient)}
    return world


def surveyed(ev: Evaluator, parts: Sequence[Term], entries: Entries) -> tuple[list[_Placed], bool]:
    """The layers and times at which a chain has shapes, with the axes of its free indices; whether only parts of it do.

    Raises
    ------
    NotUnderstoodError
        It has none anywhere.
    """
    world = ev.world
    axes, steps = free_indices(parts, ev)
    axes = [*axes, *(a for a in sorted(reached_indices(parts, world.context)) if a not in axes)]
    every = with_all_layers(list(placements(steps, world, _subtracted(parts))), parts, world.context)
    world.places = len(every)
    trouble: NotesError | None = None
    for partly in (False, True):  # where no place gives all sides a meaning, some equalities may have one
        found: list[_Placed] = []
        for place in every:
            bound = {a: world.ambient_dims.get(a) or axis_dim(world, a, place) for a in axes}
            try:
                with ev.bound({**place, **bound}, fresh=True):
                    entries.clashes.update(fit_shapes(ev, parts, entries.claiming, partly))
            except NotUnderstoodError as error:
                trouble = trouble or error
                continue
            found.append((place, bound))
        if found:
            return found, partly
    raise trouble or NotUnderstoodError("the indices of the claim")


def _subtracted(parts: Sequence[Term]) -> set[str]:
    """The letters that the steps of a chain subtract from others: the T of ``c_{t-T}``."""
    times = [r.time for part in parts for r in refs(part) if r.time is not None]
    return {x for t in times for x, f in zip(t.also, t.times[1:], strict=False) if f == "-1"}


def _entered(
    ev: Evaluator, parts: Sequence[Term], places: Sequence[_Placed], entries: Entries, saving: bool
) -> bool:
    """Collect the entries of all equalities at all places; when ``saving``, end where all are known to be apart.

    Raises
    ------
    NotUnderstoodError
        There are none.
    """
    world = ev.world
    done, trouble = 0, None
    hopes = {k: 0 for k, claims in enumerate(entries.claiming) if claims}
    for place, bound in places:
        try:
            for combo in combinations(bound, world.context):
                assert ev.graph is not None
                ev.graph.budget.check()
                with ev.bound({**place, **combo}, fresh=True):
                    forget(world, {**place, **combo})
                    pair_entries(ev, parts, entries)
                    if saving and not _hopes(ev, entries, hopes):
                        return True
        except NotUnderstoodError as error:
            trouble = trouble or error
            continue
        done += 1
    if not done:
        raise trouble or NotUnderstoodError("the claim")
    if done < world.places:
        world.note(
            f"decided for {done} of {world.places} layers: for the others the document says too little"
        )
    return False


def _hopes(ev: Evaluator, entries: Entries, hopes: dict[int, int]) -> bool:
    """Whether some equality may still hold; ``hopes`` are those, with the number of their pairs that were looked at."""
    assert ev.graph is not None
    for k, seen in list(hopes.items()):
        pairs = entries.pairs[k]
        if len(pairs) > seen and are_apart(ev.world, ev.graph, pairs[seen:]):
            del hopes[k]
        else:
            hopes[k] = len(pairs)
    return bool(hopes)


def _is_computed(definition: Definition, context: Context) -> bool:
    """Whether a number is given to what a formula defines as well: it may have been rounded."""
    return definition.head.name in context.computed or (
        definition.value
        and any(d.head == definition.head and not d.value and refs(d.body) for d in context.definitions)
    )


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
    return found - {"L", EVERY_STEP.name}


def sizes_for(parts: Sequence[Term], sizes: Sequence[int]) -> list[int]:
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
            inside = {r.name for r in refs(definition.body) if r.subs and not head.subs}
            names = {p.name for p in definition.params}
            bare = {r.name for r in refs(definition.body) if not r.subs}
            numbers = {
                n for n in names - inside if n in world.usage.subs and n in bare
            }  # x of p(x | λ) beside x_i
            if any(isinstance(n, Transpose) for n in walk(definition.body)):
                numbers = set()
            sums = any(isinstance(n, Big) for n in walk(definition.body))
            if world.context.examples == "rows" and not rows_are_transposed(world.context):
                sums = sums and not any(
                    r.example for r in refs(definition.body)
                )  # x^(i) may lie down or stand
            if not numbers and (len(names) > 1 or names & inside or sums):
                with suppress(NotUnderstoodError, ShapeClashError):
                    ev.value(Call(head, definition.params))  # CE(y, p) says that y and p are of one length
            continue
        layers: list[int | None] = [None]
        if head.layer is not None and head.layer.name:
            layers = list(range(1, world.layers + 1)) if head.layer.name != "L" else [world.layers]
        for layer in layers:
            env: dict[str, Place] = {}
            before = len(world.all_dims)
            if layer is not None and head.layer is not None:
                env[head.layer.name] = layer - head.layer.offset
            if head.time is not None and head.time.name:
                env[head.time.name] = 1 - head.time.offset
            for index in (*head.subs, *([head.example] if head.example is not None else [])):
                if index.name:
                    env[index.name] = world.new_dim()
            try:
                with ev.bound(env, fresh=True):
                    _as_stated(ev, head, ev.value(head))
            except NotUnderstoodError:  # the claim says so if it needs this definition
                world.unplaced.update(map(id, world.all_dims[before:]))
            except ShapeClashError as error:
                raise MisplacedError(definition, head, error) from None


def _as_stated(ev: Evaluator, head: Ref, value: Value) -> None:
    """What is defined by a formula has the shape that the text states as well.

    Raises
    ------
    ShapeClashError
        It has another one.
    """
    if head.layer is not None or head.example is not None or head.time is not None or head.subs:
        return
    for pattern, *sizes in ev.world.context.shapes.get(head.name, []):
        if pattern == head:
            for axis, size in zip((value.rows, value.cols), sizes, strict=True):
                with suppress(NotUnderstoodError):
                    ev.algebra.unify(axis, ev.world.size_dim(size, {}))


def name_sizes(world: World) -> None:
    """Sizes with names of their own in the document are different sizes, which no claim makes equal."""
    context = world.context
    limits = [n.high for d in context.definitions for n in walk(d.body) if isinstance(n, Big)]
    for high in (*limits, *(high for _, high in context.ranges.values())):
        plain = isinstance(high, Ref) and not (high.layer or high.subs or high.example or high.time)
        if plain and isinstance(high, Ref) and context.defined(high) is None and high.name not in world.tops:
            world.named_dim(high.name)
    for stated in world.context.shapes.values():
        for pattern, rows, cols in stated:
            layers = range(world.layers + 1) if pattern.layer is not None and pattern.layer.name else [0]
            for layer in layers:
                index = {} if pattern.layer is None else {pattern.layer.name: layer - pattern.layer.offset}
                for size in (rows, cols):
                    with suppress(NotUnderstoodError):
                        world.size_dim(size, index)
