"""Sums whose ends are symbols, as nodes of a program, and what can be done to such nodes.

The index of a sum is called #1 where its body holds no other sum, #2 where it holds one, and so on: what differs only in
how an index is called is one node, and no name is ever captured. Ends, and the indices of entries, are whole linear forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import sympy as sp
from flint import fmpq

from symbolic.prover._errors import OutOfReach
from symbolic.prover._lower import Lowering, may_be_real, symbol_name
from symbolic.prover._program import Program

Linear: TypeAlias = tuple[int, tuple[tuple[str, int], ...]]  # a constant, and the coefficient of each name

MAX_PEELED = 30  # terms that are split off one by one
MAX_STEPS = 4000  # of writing an instance out


class Ranges(Lowering):
    """Reads sums with symbolic ends, and entries, as nodes of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.whole: set[str] = set()  # names that stand in ends and indices
        self.reach: list[
            Linear
        ] = []  # what must be at least 0 for sums to hold the entries that are differentiated by

    def _open_sum(self, e: Any, depth: int) -> int:
        p = self.program
        body, *inner, (index, low, high) = e.args
        if inner:
            body = e.func(body, *inner)
        height = 1 + _nested(body)
        low, high = self.linear(low), self.linear(high)
        outer = self.scope
        self.scope = {**outer, index: p.node("sym", f"#{height}")}
        root = self._read(body, depth)
        self.scope = outer
        op = "sum" if isinstance(e, sp.Sum) else "prod"
        return summed(p, root, f"#{height}", low, high, op)

    def _entry(self, e: Any, depth: int) -> int:
        if not may_be_real(e):
            raise OutOfReach(f"{e} is assumed not to be a real number")
        return self.program.node("entry", str(e.base), *map(self.linear, e.indices))

    def _derivative(self, e: Any, depth: int) -> int:
        from symbolic.prover._entry_slope import by_entry

        if not any(variable.is_Indexed for variable, _ in e.args[1:]):
            if any(variable in self.scope for variable, _ in e.args[1:]):
                raise OutOfReach("a derivative by an index beside sums of symbolic length")
            return super()._derivative(e, depth)
        root = self._read(e.args[0], depth)
        for variable, times in e.args[1:]:
            if self.scope or not variable.is_Indexed or len(variable.indices) != 1:
                raise OutOfReach(f"a derivative by {variable} beside sums of symbolic length")
            place = self.linear(variable.indices[0])
            for _ in range(int(times)):
                root, reach = by_entry(self.program, root, str(variable.base), place)
                self.reach += reach
        return root

    def linear(self, e: Any) -> Linear:
        """An end or an index, which is a whole linear form in symbols."""
        constant, found = 0, dict[str, int]()
        for term in sp.Add.make_args(sp.expand(e)):
            factor, rest = term.as_coeff_Mul()
            if not factor.is_Integer or not (rest == 1 or rest.is_Symbol):
                raise OutOfReach(f"{e} as an end or an index")
            if rest == 1:
                constant += int(factor)
                continue
            name = self._whole(rest)
            found[name] = found.get(name, 0) + int(factor)
        return form(constant, found)

    def _whole(self, symbol: Any) -> str:
        if symbol in self.scope:
            name = self.program.nodes[self.scope[symbol]][1]
            if not str(name).startswith("#"):
                raise OutOfReach(f"a derivative by the index {symbol}")
            return str(name)
        if not may_be_real(symbol) or symbol.is_integer is False:
            raise OutOfReach(f"{symbol} is assumed not to be a whole number")
        name = symbol_name(symbol)
        self._named(name, symbol)
        self.whole.add(name)
        return name


def _nested(e: Any) -> int:
    """How deep sums with symbolic ends lie in each other."""
    below = max((_nested(x) for x in e.args), default=0)
    open_ = isinstance(e, sp.Sum | sp.Product) and any(
        not end.is_Integer for _, *ends in e.limits for end in ends
    )
    return below + (len(e.limits) if open_ else 0)


# -- linear forms ---------------------------------------------------------------------------------
def form(constant: int, coefficients: Mapping[str, int]) -> Linear:
    return constant, tuple(sorted((name, c) for name, c in coefficients.items() if c))


def plus(a: Linear, b: Linear | int, times: int = 1) -> Linear:
    """The form a + times b."""
    constant, more = (b, ()) if isinstance(b, int) else b
    found = dict(a[1])
    for name, c in more:
        found[name] = found.get(name, 0) + times * c
    return form(a[0] + times * constant, found)


def put(a: Linear, images: Mapping[str, Linear]) -> Linear:
    result = form(a[0], {name: c for name, c in a[1] if name not in images})
    for name, c in a[1]:
        if name in images:
            result = plus(result, images[name], c)
    return result


def least(a: Linear, bounds: Mapping[str, int]) -> int | None:
    """The least value where names are at least so large; None where there is none."""
    if any(c < 0 or name not in bounds for name, c in a[1]):
        return None
    return a[0] + sum(c * bounds[name] for name, c in a[1])


def runs_forwards(
    p: Program, i: int, bounds: Mapping[str, int], outer: tuple[tuple[str, Linear, Linear], ...] = ()
) -> bool:
    """Whether no sum surely ends before its start, but for sums without terms."""
    node = p.nodes[i]
    if node[0] in ("sum", "prod"):
        gap = plus(node[4], node[3], -1)
        for index, low, high in reversed(outer):  # an index lies between the ends of its own sum
            c = dict(gap[1]).get(index, 0)
            gap = put(gap, {index: low if c > 0 else high})
        shortest = least(gap, bounds)
        if shortest is None or shortest < -1:
            return False
        outer = (*outer, (node[2], node[3], node[4]))
    return all(runs_forwards(p, child, bounds, outer) for child in p.children(i))


def as_node(p: Program, a: Linear) -> int:
    return p.add(p.num(fmpq(a[0])), *(p.mul(p.num(fmpq(c)), p.node("sym", name)) for name, c in a[1]))


def written(a: Linear) -> str:
    """As a person writes it, m + 1."""
    parts = [name if c == 1 else f"-{name}" if c == -1 else f"{c}*{name}" for name, c in a[1]]
    parts += [str(a[0])] if a[0] or not parts else []
    return " + ".join(parts).replace("+ -", "- ")


# -- nodes ----------------------------------------------------------------------------------------
def is_whole(p: Program, i: int) -> bool:
    """Whether a node is a whole number by its form."""
    node = p.nodes[i]
    if node[0] == "sym" and node[1].startswith("#"):
        return True
    return p.is_integer(i) or (node[0] in ("add", "mul") and all(is_whole(p, j) for j in node[1:]))


def flat(p: Program, op: str, parts: Sequence[int]) -> int:
    """A sum of sums as one sum, a product of products as one product; in an order of their own, so that x y is y x."""
    inner = sorted(j for i in parts for j in (p.nodes[i][1:] if p.nodes[i][0] == op else (i,)))
    return p.add(*inner) if op == "add" else p.mul(*inner)


def height(p: Program, i: int) -> int:
    """How deep sums lie in each other."""
    if ("height", i) not in p.known:
        own = p.nodes[i][0] in ("sum", "prod")
        p.known["height", i] = own + max((height(p, child) for child in p.children(i)), default=0)
    return int(p.known["height", i])


def free(p: Program, i: int) -> frozenset[str]:
    """The variables of a node, those of ends and indices too."""
    if ("free", i) not in p.known:
        p.known["free", i] = _free(p, i)
    found: frozenset[str] = p.known["free", i]
    return found


def _free(p: Program, i: int) -> frozenset[str]:
    node = p.nodes[i]
    if node[0] == "sym":
        return frozenset([node[1]])
    if node[0] == "entry":
        return frozenset(name for a in node[2:] for name, _ in a[1])
    below = frozenset[str]().union(*(free(p, child) for child in p.children(i)))
    if node[0] in ("sum", "prod"):
        return (below - {node[2]}).union(name for a in node[3:] for name, _ in a[1])
    return below


def summed(p: Program, body: int, index: str, low: Linear, high: Linear, op: str = "sum") -> int:
    """A sum, with the name for its index that its height gives."""
    name = f"#{1 + height(p, body)}"
    if name != index:
        body = moved(p, body, {index: (0, ((name, 1),))})
    return p.node(op, body, name, low, high)


def shift_of(p: Program, f: int, index: str) -> int:
    """The least number that stands beside the index in an entry."""
    found = [
        a[0]
        for i in p.reach(f)
        if p.nodes[i][0] == "entry"
        for a in p.nodes[i][2:]
        if dict(a[1]) == {index: 1}
    ]
    return min(found, default=0)


def moved(p: Program, i: int, images: Mapping[str, Linear]) -> int:
    """A node with linear forms in the place of whole variables."""
    node = p.nodes[i]
    if not images.keys() & free(p, i):
        return i
    if node[0] == "sym":
        return as_node(p, images[node[1]])
    if node[0] == "entry":
        return p.node("entry", node[1], *(put(a, images) for a in node[2:]))
    if node[0] in ("sum", "prod"):
        inner = {name: a for name, a in images.items() if name != node[2]}
        low, high = (put(a, images) for a in node[3:])
        return summed(p, moved(p, node[1], inner), node[2], low, high, node[0])
    return rebuilt(p, i, {child: moved(p, child, images) for child in p.children(i)}, p)


def expanded(p: Program, i: int, numbers: Mapping[str, int], to: Program, count: list[int]) -> int:
    """A node of another program, with numbers for all whole variables: sums become what they are short for."""
    node = p.nodes[i]
    count[0] += 1
    if count[0] > MAX_STEPS:
        raise OutOfReach("a sum of too many terms")
    if node[0] == "sym" and node[1] in numbers:
        return to.num(fmpq(numbers[node[1]]))
    if node[0] == "entry":
        indices = [str(value(a, numbers)) for a in node[2:]]
        return to.node("sym", f"{node[1]}[{', '.join(indices)}]")
    if node[0] in ("sum", "prod"):
        low, high = (value(a, numbers) for a in node[3:])
        if high < low - 1:
            raise OutOfReach("a sum that runs backwards")
        terms = [expanded(p, node[1], {**numbers, node[2]: n}, to, count) for n in range(low, high + 1)]
        return to.add(*terms) if node[0] == "sum" else to.mul(*terms)
    if node[0] == "num":
        return to.num(node[1])
    children = {child: expanded(p, child, numbers, to, count) for child in p.children(i)}
    return rebuilt(p, i, children, to)


def value(a: Linear, numbers: Mapping[str, int]) -> int:
    if any(name not in numbers for name, _ in a[1]):
        raise OutOfReach(f"the open index {written(a)}")
    return a[0] + sum(c * numbers[name] for name, c in a[1])


def rebuilt(p: Program, i: int, images: Mapping[int, int], to: Program) -> int:
    """A node of another program, from what stands for its operands there."""
    op, *rest = p.nodes[i]
    children = [images[child] for child in p.children(i)]
    if op in ("add", "mul"):
        return flat(to, op, children)
    if op == "inv":
        return to.inv(children[0])
    if op == "int":
        return to.power(children[0], rest[1])
    if op == "root":
        return to.root(children[0], rest[1], rest[2])
    if op == "pow":
        exponent = to.value(children[1])
        if exponent is not None and exponent.q == 1 and abs(exponent.p) < 1000:
            return to.power(children[0], int(exponent.p))
        return to.node("pow", *children)
    if op in ("gt", "ge", "eq"):
        return to.compare(op, children[0])
    if op in ("fun", "g"):
        return to.node(op, *rest[:-1], *children)
    return to.node(op, *children, *rest[len(children) :])
