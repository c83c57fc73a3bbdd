"""Pairs of entries that a claim says are equal: set apart at a point, or proved equal one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from .._limits import Budget
from ._balls import ball, differs
from ._dag import Graph, Node, reachable
from ._edges import edges, is_said_undefined
from ._outcome import Outcome
from ._points import Groups, Hypothesis, points, sum_to_one
from ._prove import prove_equal
from ._substitute import substituted
from ._world import World

POINTS = 3
MORE_POINTS = 12  # where neither three points nor the prover have decided
SHOWN = 6


def solved(graph: Graph, hypotheses: list[Hypothesis]) -> tuple[dict[int, Node], list[Hypothesis]]:
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


def _inside(graph: Graph, tests: Sequence[Hypothesis]) -> dict[int, Node]:
    """Variables written so that inequalities hold by themselves: ``x > y`` is x = y + e^u, ``x ≥ y`` is x = y + u².

    ``a < x < b`` with numbers a and b is x = a + (b - a)/(1 + e^u).
    What is proved so holds wherever they do; an inequality that is linear in no variable is left out.
    """
    written = _between(graph, tests)
    within = {h.left.number for h in written}
    for k, h in enumerate(tests):
        if h.relation not in (">", "<", "≥", "≤") or {h.left.number, h.right.number} & within:
            continue
        u = graph.var(("inside", k))
        gap = graph.fn("exp", u) if h.relation in "<>" else graph.pow(u, graph.num(2))
        low, high = (h.right, h.left) if h.relation in (">", "≥") else (h.left, h.right)
        written.append(Hypothesis(high, "=", graph.add((low, gap))))
    return solved(graph, written)[0]


def _between(graph: Graph, tests: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The variables that lie strictly between two numbers, written so that they do."""
    lows: dict[int, Node] = {}
    highs: dict[int, Node] = {}
    variables: dict[int, Node] = {}
    for h in tests:
        low, high = (h.right, h.left) if h.relation == ">" else (h.left, h.right)
        if h.relation in "<>" and high.op == "var" and low.op == "num":
            variables[high.number] = high
            lows.setdefault(high.number, low)
        elif h.relation in "<>" and low.op == "var" and high.op == "num":
            variables[low.number] = low
            highs.setdefault(low.number, high)
    found = []
    for number in sorted(lows.keys() & highs.keys()):
        low, high = lows[number], highs[number]
        share = graph.div(graph.one, graph.add((graph.one, graph.fn("exp", graph.var(("between", number))))))
        inside = graph.add((low, graph.mul((graph.sub(high, low), share))))
        found.append(Hypothesis(variables[number], "=", inside))
    return found


def groups_of(world: World, graph: Graph, nodes: Sequence[Node]) -> tuple[Groups, list[list[Node]]]:
    """Which variables are labels: 0 or 1, one-hot by column, or shares of a column."""
    context, asked = world.context, world.asked.labels
    binary: set[int] = set()
    signs: set[int] = set()
    columns: dict[Any, list[Node]] = {}
    for node in reachable(nodes):
        if node.op != "var" or not isinstance(node.data, tuple) or not isinstance(node.data[0], tuple):
            continue
        name = str(node.data[0][0])
        asked.add(name)
        if name in context.binary:
            binary.add(node.number)
        if name in context.signs | context.perhaps_signs:
            signs.add(node.number)
    for key, value in world.arrays.items():
        name = str(key[0]) if isinstance(key, tuple) else ""
        asked.add(name)
        if (name in context.one_hot or name.swapcase() in context.one_hot) and value.cells is not None:
            rows, cols = value.size()
            if name in context.wholes:
                lines = [[value.at(r, c) for r in range(rows) for c in range(cols)]]
            elif world.reading.hot_rows != (context.examples == "rows" or context.hot_rows) or rows == 1:
                lines = [[value.at(r, c) for c in range(cols)] for r in range(rows)]
            else:
                lines = [[value.at(r, c) for r in range(rows)] for c in range(cols)]
            for c, line in enumerate(lines):
                if all(n.op == "var" for n in line) and len(line) > 1:
                    columns[(key, c)] = line
    shared = {
        k
        for k in columns
        if not {str(k[0][0]), str(k[0][0]).swapcase()} & context.hot and k[0][0] in context.shares
    }
    hot, shares = (
        tuple(tuple(n.number for n in c) for k, c in columns.items() if (k in shared) == soft)
        for soft in (False, True)
    )
    return Groups(frozenset(binary), hot, shares, frozenset(signs)), list(columns.values())


def _told_shares(graph: Graph, hypotheses: Sequence[Hypothesis]) -> list[tuple[int, ...]]:
    """The variables that are at least zero and of which an equation says that they sum to one."""
    found = []
    low = {
        large.number
        for h in hypotheses
        for large, small in ((h.left, h.right) if h.relation in (">", "≥") else (h.right, h.left),)
        if h.relation in "<>≤≥" and small is graph.zero and large.op == "var"
    }
    for h in hypotheses:
        if h.relation == "=" and h.left.op == "add" and h.right is graph.one:
            numbers = tuple(n.number for n in h.left.args)
            if all(n.op == "var" for n in h.left.args) and low.issuperset(numbers):
                found.append(numbers)
    return found


def is_number(node: Node) -> bool:
    return not any(n.op in ("var", "app") for n in reachable([node]))


def _put_in(
    world: World, graph: Graph, pairs: list[tuple[Node, Node]], hypotheses: list[Hypothesis]
) -> tuple[list[tuple[Node, Node]], list[Hypothesis], Groups]:
    """The different pairs with what the hypotheses and the labels fix, and the hypotheses that are left to test."""
    groups, columns = groups_of(world, graph, [n for pair in pairs for n in pair])
    groups = replace(groups, shares=(*groups.shares, *_told_shares(graph, hypotheses)))
    swap, tests = solved(graph, hypotheses)
    for number, node in sum_to_one(graph, columns).items():
        swap.setdefault(number, node)
    if swap:
        pairs = [(substituted(graph, a, dict(swap)), substituted(graph, b, dict(swap))) for a, b in pairs]
        tests = [Hypothesis(substituted(graph, h.left, dict(swap)), h.relation,
                            substituted(graph, h.right, dict(swap))) for h in tests]  # fmt: skip
    return list(dict.fromkeys(pairs)), tests, groups


def are_apart(world: World, graph: Graph, pairs: list[tuple[Node, Node]]) -> bool:
    """Whether some pair differs at the first point at which all have values, under no hypothesis."""
    unique, _, groups = _put_in(world, graph, pairs, [])
    return any(
        differs(values[a.number], values[b.number])
        for _, values in points([n for pair in unique for n in pair], [], groups, 1)
        for a, b in unique
    )


def decide_pairs(
    world: World, graph: Graph, pairs: list[tuple[Node, Node]], hypotheses: list[Hypothesis], budget: Budget
) -> Outcome:
    """Refute any pair, or prove them all, at the places of single branches too."""
    outcome = _decided(world, graph, pairs, hypotheses, budget)
    if outcome.verdict != "proved":
        return outcome
    for left, right in edges(pairs):
        there = [*hypotheses, Hypothesis(left, "=", right)]
        if _decided(world, graph, pairs, there, budget).verdict == "refuted":
            return Outcome("unknown", "the sides differ where a branch holds at one place alone")
        for a, b in pairs:
            for side, other in ((a, b), (b, a)):
                if is_said_undefined(graph, side) and _has_value(world, graph, other, there):
                    return Outcome("unknown", "one side has a value where the other is said to have none")
    return outcome


def _has_value(world: World, graph: Graph, node: Node, hypotheses: list[Hypothesis]) -> bool:
    unique, tests, groups = _put_in(world, graph, [(node, node)], hypotheses)
    return next(points([n for pair in unique for n in pair], tests, groups, 1), None) is not None


def _decided(
    world: World, graph: Graph, pairs: list[tuple[Node, Node]], hypotheses: list[Hypothesis], budget: Budget
) -> Outcome:
    """Refute any pair, or prove them all; what the hypotheses fix is put in first."""
    unique, tests, groups = _put_in(world, graph, pairs, hypotheses)
    open_pairs = [(a, b) for a, b in unique if a is not b]
    roots = [n for pair in unique for n in pair]
    trials = points(roots, tests, groups, POINTS)
    first = next(trials, None)
    if first is None:
        return Outcome("unknown", "no point was found where both sides are defined and the hypotheses hold")
    if (outcome := _refuted(world, open_pairs, *first, trials)) is not None:
        return outcome
    for a, b in open_pairs:
        proved, reason = prove_equal(graph, a, b, budget)
        if not proved and (swap := _inside(graph, tests)):
            inner = (substituted(graph, a, dict(swap)), substituted(graph, b, dict(swap)))
            proved, reason = prove_equal(graph, *inner, budget)
        if not proved and any(n.number in groups.signs for n in reachable([a, b])):
            proved, reason = _for_all_signs(world, graph, (a, b), budget)
        if not proved:
            found = 1
            for point, values in trials:  # what is proved needs no more points than one
                found += 1
                if (outcome := _refuted(world, open_pairs, point, values, trials)) is not None:
                    return outcome
            for point, values in points(
                roots, tests, groups, MORE_POINTS, seed=1
            ):  # a branch not yet visited
                if differs(values[a.number], values[b.number]):
                    return Outcome(
                        "refuted", "the sides differ at a point", _shown_point(world, (a, b), point, values)
                    )
            return Outcome("unknown", f"the sides agree at {found} points, but {reason}", agrees=True)
    return Outcome("proved", "each entry by normal form" if len(open_pairs) > 1 else "by normal form")


def _refuted(
    world: World,
    pairs: list[tuple[Node, Node]],
    point: dict[int, Fraction],
    values: dict[int, Any],
    others: Iterator[tuple[dict[int, Fraction], dict[int, Any]]],
) -> Outcome | None:
    """The refutation by a point, or None where no pair is apart there.

    A factor between the sides must be the same at every point, since at one alone it may be chance: the other points
    are looked at where there may be one.
    """
    for a, b in pairs:
        if differs(values[a.number], values[b.number]):
            break
    else:
        return None
    shown = _shown_point(world, (a, b), point, values)
    every = [values]
    if _factor(world, pairs, every) or _by_size(world, pairs, every):
        every += [v for _, v in others]
    constant = len(every) > 1 or not point
    factor = _factor(world, pairs, every) if constant else ""
    hint = f": the right side is {factor} times the left" if factor else ""
    sized = _by_size(world, pairs, every)
    return Outcome("refuted", f"the sides differ at a point{hint}", shown, factor=factor, sized=sized)


MOST_SIGNS = 3  # eight cases


def _for_all_signs(world: World, graph: Graph, pair: tuple[Node, Node], budget: Budget) -> tuple[bool, str]:
    """Prove that two nodes are equal for each choice of the variables of which the text says that they are 1 or -1."""
    signs = [
        n
        for n in reachable(pair)
        if n.op == "var" and isinstance(n.data, tuple) and isinstance(n.data[0], tuple)
        if str(n.data[0][0]) in world.context.signs
    ]
    if not 1 <= len(signs) <= MOST_SIGNS:
        return False, "not for all choices of what is 1 or -1"
    reason = ""
    for values in itertools.product((-1, 1), repeat=len(signs)):
        swap = {n.number: graph.num(Fraction(v)) for n, v in zip(signs, values, strict=True)}
        proved, reason = prove_equal(
            graph, substituted(graph, pair[0], dict(swap)), substituted(graph, pair[1], dict(swap)), budget
        )
        if not proved:
            return False, reason
    return True, reason


def _factor(world: World, pairs: list[tuple[Node, Node]], every: list[dict[int, Any]]) -> str:
    """The simple number by which every right side is the left side too large, as text; empty without one."""
    names = {
        "-1": Fraction(-1),
        "2": Fraction(2),
        "1/2": Fraction(1, 2),
        "-2": Fraction(-2),
        "-1/2": Fraction(-1, 2),
    }
    plain = set(names)
    for key, dim in world.dims.items():
        size = dim.root().value
        if isinstance(key, str) and size is not None and size > 2:
            names |= {key: Fraction(size), f"1/{key}": Fraction(1, size)}
    sizes = {Fraction(d.root().value or 1) for d in world.all_dims}
    for name, factor in names.items():
        if name in plain and {abs(factor), 1 / abs(factor)} & sizes - {Fraction(1)}:
            continue  # a 2 that may stand for a size of 2
        if _scaled_by(factor, pairs, every):
            return name
    return ""


def _by_size(world: World, pairs: list[tuple[Node, Node]], every: list[dict[int, Any]]) -> str:
    """A size by which alone the sides differ, the examples above all; empty without one."""
    for dim in world.all_dims:
        size = dim.root().value
        if size is not None and size > 1:
            for factor in (Fraction(size), Fraction(1, size)):
                if _scaled_by(factor, pairs, every):
                    return next(
                        (str(k) for k, d in world.dims.items() if d.root() is dim.root()), "of a size"
                    )
    return ""


def _scaled_by(factor: Fraction, pairs: list[tuple[Node, Node]], every: list[dict[int, Any]]) -> bool:
    scale = ball(factor)
    return bool(pairs) and all((v[a.number] * scale).overlaps(v[b.number]) for v in every for a, b in pairs)


def _shown_point(
    world: World, pair: tuple[Node, Node], point: dict[int, Fraction], values: dict[int, Any]
) -> dict[str, str]:
    shown: dict[str, str] = {}
    for node in reachable(pair):
        if node.op == "var" and node.number in point:
            shown[_name(world, node)] = str(point[node.number])
            if len(shown) > SHOWN:
                shown.popitem()
                shown["..."] = "..."
                break
    shown["left"] = values[pair[0].number].str(12, radius=False)
    shown["right"] = values[pair[1].number].str(12, radius=False)
    return shown


def _name(world: World, node: Node) -> str:
    data = node.data
    if isinstance(data, tuple) and len(data) == 3:
        base = world.entities.get(data[0])
        if base is not None:
            known = world.arrays.get(data[0])
            alone = known is None or known.size() == (1, 1)
            return base if alone else f"{base}[{data[1] + 1},{data[2] + 1}]"
        return f"{data[0]}({data[1]})" if not isinstance(data[0], tuple) else str(data[0][0])
    return str(data)
