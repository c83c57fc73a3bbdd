"""One claim under one reading: evaluate both sides, look for a point that sets them apart, then for a proof."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from .._errors import NotesError, NotUnderstoodError, ShapeClashError
from .._limits import Budget
from ..resolve import Big, Call, Context, Derivative, Number, Prime, Ref, Table, Term, indices, refs, walk
from ._balls import ball, differs
from ._dag import Graph, Node, reachable
from ._evaluate import Evaluator, Place
from ._functions import substituted
from ._numeric import compare_numbers
from ._outcome import Outcome
from ._points import Groups, Hypothesis, points, sum_to_one
from ._prove import prove_equal
from ._values import Dim, Value
from ._world import LAYERS, Reading, Usage, World

SIZES = ([2, 3, 4, 5, 2, 3, 4, 5], [3, 2, 5, 4, 3, 2, 5, 4])
POINTS = 3
MAX_CASES = 60


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
    world.given = {t.value for d in context.definitions for t in (d.body,) if isinstance(t, Number)} | {
        t.value
        for d in context.definitions
        if isinstance(d.body, Table)
        for row in d.body.rows
        for t in row
        if isinstance(t, Number)
    }
    world.ambient = _ambient(context)
    times = {r.time.name for rs in context.depends.values() for r in rs if r.time is not None and r.time.name}
    world.ambient_steps = dict.fromkeys(times, 1)
    world.ambient_dims = {name: _ambient_dim(world, name) for name in sorted(world.ambient)}
    shapes = Evaluator(world)
    place_definitions(shapes)
    assumed = _assume(shapes)
    world.known = set(world.leaves)
    world.settle()
    axes, steps = _free(parts, shapes)
    axes = [*axes, *(a for a in sorted(_reached(parts, context)) if a not in axes)]
    placed = list(_placements(steps, world))
    usable: list[dict[str, int]] = []
    dims: list[dict[str, Dim]] = []
    trouble: NotesError | None = None
    clash: dict[int, str] = {}
    for place in placed:
        bound = {a: world.ambient_dims.get(a) or _axis_dim(world, a, place) for a in axes}
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
    world.make_concrete(graph, list(SIZES[0]))
    cells = Evaluator(world)
    pairs: list[list[tuple[Node, Node]]] = [[] for _ in claiming]
    shape_faults: dict[int, str] = dict(clash)
    loose: set[int] = set()
    done = 0
    for place, bound in zip(usable, dims, strict=True):
        try:
            for combo in _combinations(bound, context):
                budget.check()
                with cells.bound({**place, **combo}, fresh=True):
                    _forget(world, combo)
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
    hypotheses, unread = _hypotheses(cells, assumed)
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
        if tolerance is not None and all(_is_number(n) for pair in pairs[k] for n in pair):
            outcome = compare_numbers(graph, pairs[k], tolerance, budget)
        else:
            outcome = _decide_pairs(world, graph, pairs[k], hypotheses, budget)
        if outcome.verdict == "proved" and k in loose:
            outcome = Outcome(
                "unknown", "the two sides agree only if one is repeated to the shape of the other"
            )
        outcome.loose = k in loose
        if outcome.verdict == "refuted" and k in loose and (world.unsure or world.greek):
            outcome = Outcome(
                "unknown", "the sides differ in shape, and some shapes are only guessed", loose=True
            )
        if outcome.verdict == "refuted" and len(world.open_losses) > 1:
            several = ", ".join(sorted(world.open_losses))
            outcome = Outcome("unknown", f"the document does not say how {several} are related")
        if outcome.verdict == "refuted" and (stranger := _stranger(world, parts[k : k + 2], pairs[k])):
            outcome = Outcome("unknown", f"the document does not say what {stranger} is")
        if outcome.verdict == "refuted" and (line := _unread(world, parts[k : k + 2], context)):
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


def place_definitions(ev: Evaluator) -> None:
    """Let every definition say what it says about sizes."""
    world = ev.world
    for definition in world.context.definitions:
        head = definition.head
        if definition.params is not None:
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


def _free(parts: Sequence[Term], ev: Evaluator) -> tuple[list[str], list[str]]:
    """The free indices of a chain: those of entries and examples, and those of layers and times."""
    axes: list[str] = []
    steps: list[str] = []
    for part in parts:
        bound = {node.index for node in walk(part) if isinstance(node, Big)}
        for ref in refs(part):
            for index in indices(ref):
                if not index.name or index.label or index.name in bound:
                    continue
                step = index in (ref.layer, ref.time)
                target = steps if step else axes
                if index.name not in target:
                    target.append(index.name)
            if not indices(ref) and ref.name in ev.world.context.lexicon.indices and ref.name not in axes:
                if ref.name not in bound and ref.name not in steps and ref.name in _index_names(parts):
                    axes.append(ref.name)
    both = set(axes) & set(steps)
    if both:
        raise NotUnderstoodError(f"the index {sorted(both)[0]} of layers and of entries")
    return axes, [s for s in steps if s != "L"]


def _index_names(parts: Sequence[Term]) -> set[str]:
    return {i.name for p in parts for r in refs(p) for i in indices(r)} | {
        r.name for p in parts for n in walk(p) for r in _condition_refs(n)
    }


def _condition_refs(node: Term) -> list[Ref]:
    from ..resolve import Branches

    if not isinstance(node, Branches):
        return []
    return [s for _, cs in node.branches for c in cs for s in (c.left, c.right) if isinstance(s, Ref)]


def _placements(steps: list[str], world: World) -> Iterator[dict[str, int]]:
    """Layers 1 to L for each free layer, and one time."""
    ranges = []
    for name in steps:
        times = name in ("t", "s", "tau") or not (name in world.context.lexicon.layers or name in ("l", "L"))
        ranges.append([1] if times else list(range(1, LAYERS + 1)))
    for combo in itertools.product(*ranges):
        yield dict(zip(steps, combo, strict=True))


def _axis_dim(world: World, name: str, place: dict[str, int]) -> Dim:
    known = world.context.ranges.get(name)
    return world.size_dim(known[1], place) if known is not None else world.new_dim()


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


def _combinations(bound: dict[str, Dim], context: Context) -> Iterator[dict[str, int]]:
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
        if any(len(pair) == 2 and len({env.get(n, n) for n in pair}) == 1 for pair in context.distinct):
            continue
        count += 1
        if count > MAX_CASES:
            return
        yield env


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


def _ambient_dim(world: World, name: str) -> Dim:
    """The range of an index that no claim binds; where it depends on a layer it is left open."""
    try:
        return _axis_dim(world, name, {})
    except NotUnderstoodError:
        return world.new_dim()


def _reached(parts: Sequence[Term], context: Context) -> set[str]:
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
    return _ambient(replace(context, definitions=used))


def _forget(world: World, combo: dict[str, int]) -> None:
    """Definitions with indices of the claim in their bodies change with them."""
    if world.ambient & set(combo):
        world.arrays = {k: v for k, v in world.arrays.items() if k in world.leaves}


def _ambient(context: Context) -> set[str]:
    """Indices that definitions use without binding them: ``target``."""
    found: set[str] = set()
    for definition in context.definitions:
        own = {i.name for i in indices(definition.head)} | {
            i.name for p in definition.params or () for i in indices(p)
        }
        bound = {n.index for n in walk(definition.body) if isinstance(n, Big)}
        for ref in refs(definition.body):
            for index in (*ref.subs, *([ref.example] if ref.example is not None else [])):
                if index.name and not index.label and index.name not in own | bound:
                    found.add(index.name)
    return found


def _stranger(world: World, sides: Sequence[Term], pairs: list[tuple[Node, Node]]) -> str:
    """A quantity of the claim that the document mentions nowhere else; nothing can be refuted about it.

    An identity that stands on its own, both sides over the same quantities, needs no document.
    """
    context = world.context
    inside = {
        r.name
        for d in context.definitions
        if d.params is not None
        for r in (d.head, *d.params, *refs(d.body))
    }
    inside |= (
        set(context.shapes) | {r.name for rs in context.depends.values() for r in rs} | set(context.depends)
    )
    own = [{r.name for n in walk(s) for r in refs(n)} for s in sides]
    free = {
        n.data[0]
        for n in reachable([x for pair in pairs for x in pair])
        if n.op == "var" and isinstance(n.data, tuple) and isinstance(n.data[0], tuple)
    }
    strangers = sorted({str(k[0]) for k in free if k not in world.known and k[0] not in inside})
    if not strangers:
        return ""
    names = {str(k[0]) for k in free}
    alone = not (own[0] | own[1]) & {d.head.name for d in context.definitions}
    slopes = any(isinstance(n, (Derivative, Prime)) or (isinstance(n, Call) and n.primes) for s in sides for n in walk(s))
    if alone and ((own[0] & names) == (own[1] & names) or (slopes and (own[0] & names) >= (own[1] & names))):
        return ""
    return strangers[0]


def _unread(world: World, sides: Sequence[Term], context: Context) -> int:
    """The line of a formula that was not understood and shares a name with the claim; 0 without one."""
    names = {r.name.rpartition(":")[2].partition("_")[0] for s in sides for r in refs(s)}
    for line, latex, _ in context.unread:
        if line < context.line and any(
            re.search(rf"(?<![A-Za-z]){re.escape(n)}(?![a-z])", latex) for n in names if n
        ):
            return line
    return 0


def _shape(value: Value) -> str:
    return "{} × {}".format(*value.size())


@dataclass
class Assumed:
    """One hypothesis of the document on its way to nodes, with the axes of its free indices."""

    left: Term
    relation: str
    right: Term
    bound: dict[str, Dim]
    readable: bool


def _assume(ev: Evaluator) -> list[Assumed]:
    """Find the shapes of the hypotheses, so that their indices have ranges."""
    found = []
    for left, relation, right in ev.world.context.hypotheses:
        axes, steps = _free((left, right), ev)
        bound = {a: _ambient_dim(ev.world, a) for a in axes}
        readable = not steps
        try:
            with ev.bound(bound, fresh=True):
                ev.value(left)
                ev.value(right)
        except NotesError:
            readable = False
        found.append(Assumed(left, relation, right, bound, readable))
    return found


def _hypotheses(ev: Evaluator, assumed: list[Assumed]) -> tuple[list[Hypothesis], list[Assumed]]:
    """The hypotheses over nodes, and those that cannot be read."""
    found: list[Hypothesis] = []
    unread: list[Assumed] = []
    for one in assumed:
        if not one.readable:
            unread.append(one)
            continue
        try:
            for combo in _combinations(one.bound, ev.world.context):
                with ev.bound(combo, fresh=True):
                    a, b = ev.value(one.left), ev.value(one.right)
                gaps = ev.algebra.zipped(a, b, lambda x, y: x), ev.algebra.zipped(a, b, lambda x, y: y)
                found.extend(
                    Hypothesis(x, one.relation, y)
                    for x, y in zip(gaps[0].cells or (), gaps[1].cells or (), strict=True)
                )
        except NotesError:
            unread.append(one)
    return found, unread


def _solved(graph: Graph, hypotheses: list[Hypothesis]) -> tuple[dict[int, Node], list[Hypothesis]]:
    """Solve the equations that are linear in some variable with a constant factor, and keep the rest as tests."""
    swap: dict[int, Node] = {}
    rest: list[Hypothesis] = []
    for h in hypotheses:
        if h.relation != "=":
            rest.append(h)
            continue
        gap = substituted(graph, graph.sub(h.left, h.right), dict(swap))
        for node in reversed(reachable([gap])):
            if node.op != "var":
                continue
            slope = graph.derivative(gap, node)
            if slope.op == "num" and slope is not graph.zero:
                others = substituted(graph, gap, {node.number: graph.zero})
                answer = graph.neg(graph.div(others, slope))
                swap = {k: substituted(graph, v, {node.number: answer}) for k, v in swap.items()}
                swap[node.number] = answer
                break
        else:
            rest.append(h)
    return swap, rest


def _groups(world: World, graph: Graph, nodes: Sequence[Node]) -> tuple[Groups, list[list[Node]]]:
    """Which variables are labels: 0 or 1, or one-hot by column."""
    context = world.context
    binary: set[int] = set()
    columns: dict[Any, list[Node]] = {}
    hot: dict[Any, list[Node]] = {}
    for node in reachable(nodes):
        if node.op != "var" or not isinstance(node.data, tuple) or not isinstance(node.data[0], tuple):
            continue
        name = str(node.data[0][0])
        if name in context.binary:
            binary.add(node.number)
        if name in context.one_hot or name.swapcase() in context.one_hot:
            hot.setdefault((node.data[0], node.data[2]), []).append(node)
    for key, value in world.arrays.items():
        name = str(key[0]) if isinstance(key, tuple) else ""
        if (name in context.one_hot or name.swapcase() in context.one_hot) and value.cells is not None:
            rows, cols = value.size()
            if world.reading.hot_rows != (context.examples == "rows") or rows == 1:
                lines = [[value.at(r, c) for c in range(cols)] for r in range(rows)]
            else:
                lines = [[value.at(r, c) for r in range(rows)] for c in range(cols)]
            for c, line in enumerate(lines):
                if all(n.op == "var" for n in line) and len(line) > 1:
                    columns[(key, c)] = line
    return Groups(frozenset(binary), tuple(tuple(n.number for n in c) for c in columns.values())), list(
        columns.values()
    )


def _is_number(node: Node) -> bool:
    return not any(n.op in ("var", "app") for n in reachable([node]))


def _decide_pairs(
    world: World, graph: Graph, pairs: list[tuple[Node, Node]], hypotheses: list[Hypothesis], budget: Budget
) -> Outcome:
    """Refute any pair, or prove them all; what the hypotheses fix is put in first."""
    groups, columns = _groups(world, graph, [n for pair in pairs for n in pair])
    swap, tests = _solved(graph, hypotheses)
    for number, node in sum_to_one(graph, columns).items():
        swap.setdefault(number, node)
    if swap:
        pairs = [(substituted(graph, a, dict(swap)), substituted(graph, b, dict(swap))) for a, b in pairs]
        tests = [Hypothesis(substituted(graph, h.left, dict(swap)), h.relation,
                            substituted(graph, h.right, dict(swap))) for h in tests]  # fmt: skip
    unique = list(dict.fromkeys(pairs))
    open_pairs = [(a, b) for a, b in unique if a is not b]
    roots = [n for pair in unique for n in pair]
    found = 0
    for point, values in points(roots, tests, groups, POINTS):
        found += 1
        for a, b in open_pairs:
            if differs(values[a.number], values[b.number]):
                shown = _shown_point(world, (a, b), point, values)
                factor = _factor(world, open_pairs, values)
                hint = f": the right side is {factor} times the left" if factor else ""
                return Outcome("refuted", f"the sides differ at a point{hint}", shown, factor=factor)
    if not found:
        return Outcome("unknown", "no point was found where both sides are defined and the hypotheses hold")
    for a, b in open_pairs:
        proved, reason = prove_equal(graph, a, b, budget)
        if not proved:
            return Outcome("unknown", f"the sides agree at {found} points, but {reason}", agrees=True)
    return Outcome("proved", "each entry by normal form" if len(open_pairs) > 1 else "by normal form")


def _factor(world: World, pairs: list[tuple[Node, Node]], values: dict[int, Any]) -> str:
    """The simple number by which every right side is the left side too large, as text; empty without one."""
    names = {
        "-1": Fraction(-1),
        "2": Fraction(2),
        "1/2": Fraction(1, 2),
        "-2": Fraction(-2),
        "-1/2": Fraction(-1, 2),
    }
    for key, dim in world.dims.items():
        size = dim.root().value
        if isinstance(key, str) and size is not None and size > 1:
            names |= {key: Fraction(size), f"1/{key}": Fraction(1, size)}
    for name, factor in names.items():
        scaled = ball(factor)
        gaps = [(values[a.number] * scaled, values[b.number]) for a, b in pairs]
        if gaps and all(x.overlaps(y) for x, y in gaps):
            return name
    return ""


def _shown_point(
    world: World, pair: tuple[Node, Node], point: dict[int, Fraction], values: dict[int, Any]
) -> dict[str, str]:
    shown: dict[str, str] = {}
    for node in reachable(pair):
        if node.op == "var" and node.number in point:
            shown[_name(world, node)] = str(point[node.number])
            if len(shown) >= 12:
                break
    shown["left"] = values[pair[0].number].str(12, radius=False)
    shown["right"] = values[pair[1].number].str(12, radius=False)
    return shown


def _name(world: World, node: Node) -> str:
    data = node.data
    if isinstance(data, tuple) and len(data) == 3:
        base = world.entities.get(data[0])
        if base is not None:
            rows, cols = world.arrays[data[0]].size()
            return base if rows == cols == 1 else f"{base}[{data[1] + 1},{data[2] + 1}]"
        return f"{data[0]}({data[1]})" if not isinstance(data[0], tuple) else str(data[0][0])
    return str(data)
