"""A claim as a straight-line program: hash-consed nodes in the order in which they can be computed.

Both deciders read it: the balls evaluate it at a point, the normal form evaluates it in a fraction field.
A node is a tuple whose first item names the operation:

    ("num", q)            a rational number (flint.fmpq)
    ("sym", name)         a real variable
    ("const", name)       pi, euler, catalan
    ("add", i, j, ...)    sum                 ("mul", i, j, ...)   product
    ("inv", i)            1/i                 ("int", i, n)        i**n, n an integer (0**0 is 1)
    ("root", i, p, q)     i**(p/q) for i >= 0 ("pow", i, j)        exp(j log i) for i > 0; an integer j: i != 0
    ("exp", i) ("log", i) ("abs", i) ("sign", i) ("step", i)       step is Heaviside
    ("fun", name, i)      erf, sin, cos, atan, asin, acos, gamma, digamma
    ("g", name, n, i)     the n-th derivative of the unknown function g at i
    ("max", i, j)         the larger; ("min", i, j) the smaller
    ("if", c, i, j)       i where the condition c holds, else j
    ("both", i, j)        the value of i where j is defined too
    ("gt", i) ("ge", i) ("eq", i)           conditions i > 0, i >= 0, i = 0
    ("and", c, d) ("or", c, d) ("not", c) ("true",) ("false",)

Claims about sums whose ends are symbols (`_ranges.py`) have two more, which the deciders never see; a, b and the indices
are whole linear forms (constant, ((name, coefficient), ...)):

    ("sum", i, index, a, b) ("prod", i, index, a, b)               of i, which may depend on the variable index
    ("entry", name, a, b, ...)                                      an entry of a family
"""

from __future__ import annotations

from typing import Any, TypeAlias

from flint import fmpq

from symbolic.prover._errors import Exhausted

Node: TypeAlias = tuple[Any, ...]
MAX_NODES = 20_000
MAX_NUMBER_BITS = 20_000  # of an exact rational; beyond it a power stays a power

# Which items of a node are indices of other nodes.
CHILDREN = {
    "num": (), "sym": (), "const": (), "true": (), "false": (),
    "sum": (1,), "prod": (1,), "entry": (),
    "inv": (1,), "int": (1,), "root": (1,), "exp": (1,), "log": (1,), "abs": (1,), "sign": (1,), "step": (1,),
    "gt": (1,), "ge": (1,), "eq": (1,), "not": (1,), "fun": (2,), "g": (3,),
    "pow": (1, 2), "max": (1, 2), "min": (1, 2), "both": (1, 2), "and": (1, 2), "or": (1, 2), "if": (1, 2, 3),
}  # fmt: skip


class Program:
    """The nodes of one claim; equal nodes are stored once.

    Attributes
    ----------
    integers : set of str
        Variables with integer values, by assumption or hypothesis.
    slopes : dict of int to (int, str)
        Nodes that are derivatives: of which node, by which variable.
    """

    __slots__ = ("index", "integers", "known", "nodes", "numbers", "one", "reached", "slopes", "zero")

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.index: dict[Node, int] = {}
        self.integers: set[str] = set()
        self.slopes: dict[int, tuple[int, str]] = {}
        self.numbers: dict[
            tuple[int, int], int
        ] = {}  # flint hashes a rational by way of Python's Fraction: slow
        self.reached: dict[tuple[int, ...], list[int]] = {}
        self.known: dict[tuple[str, int], Any] = {}  # what was found out about nodes
        self.zero = self.num(fmpq(0))
        self.one = self.num(fmpq(1))

    def node(self, *key: Any) -> int:
        found = self.index.get(key)
        if found is None:
            found = self.index[key] = self._append(key)
        return found

    def _append(self, node: Node) -> int:
        if len(self.nodes) >= MAX_NODES:
            raise Exhausted(f"the size limit of {MAX_NODES} operations")
        self.nodes.append(node)
        return len(self.nodes) - 1

    def children(self, i: int) -> tuple[int, ...]:
        node = self.nodes[i]
        places = CHILDREN.get(node[0])
        return node[1:] if places is None else tuple(node[place] for place in places)

    def num(self, value: fmpq) -> int:
        key = (int(value.p), int(value.q))
        found = self.numbers.get(key)
        if found is None:
            found = self.numbers[key] = self._append(("num", value))
        return found

    def value(self, i: int) -> fmpq | None:
        """The number a node stands for, if it is one."""
        node = self.nodes[i]
        return node[1] if node[0] == "num" else None

    def is_integer(self, i: int) -> bool:
        """Whether a node is an integer by its form, at every point; an integer that it happens to be is none."""
        node = self.nodes[i]
        if node[0] == "num":
            return bool(node[1].q == 1)
        if node[0] == "sym":
            return node[1] in self.integers
        return node[0] in ("add", "mul") and all(map(self.is_integer, node[1:]))

    def add(self, *terms: int) -> int:
        constant, rest = fmpq(0), []
        for i in terms:
            value = self.value(i)
            if value is None:
                rest.append(i)
            else:
                constant += value
        if constant != 0 or not rest:
            rest.append(self.num(constant))
        return rest[0] if len(rest) == 1 else self.node("add", *rest)

    def mul(self, *factors: int) -> int:
        # A factor 0 does not swallow the others: 0*log(-1) is undefined, not 0.
        constant, rest = fmpq(1), []
        for i in factors:
            value = self.value(i)
            if value is None:
                rest.append(i)
            else:
                constant *= value
        if constant != 1 or not rest:
            rest.append(self.num(constant))
        return rest[0] if len(rest) == 1 else self.node("mul", *rest)

    def neg(self, i: int) -> int:
        return self.mul(self.num(fmpq(-1)), i)

    def sub(self, i: int, j: int) -> int:
        return self.add(i, self.neg(j))

    def inv(self, i: int) -> int:
        value = self.value(i)
        return self.num(1 / value) if value is not None and value != 0 else self.node("inv", i)

    def power(self, i: int, n: int) -> int:
        if n == 1:
            return i
        value = self.value(i)
        if value is not None and (value != 0 or n >= 0):
            bits = max(abs(value.p).bit_length(), value.q.bit_length())
            if bits * abs(n) <= MAX_NUMBER_BITS or value in (0, 1, -1):
                return self.num(value**n if abs(n) < 1 << 20 else value ** (abs(n) % 2 or 2))
        return self.node("int", i, n)

    def root(self, i: int, p: int, q: int) -> int:
        """i**(p/q); that of the number 0 is 0."""
        return self.zero if i == self.zero and p > 0 else self.node("root", i, p, q)

    def compare(self, op: str, i: int) -> int:
        """The condition i > 0 (gt), i >= 0 (ge) or i = 0 (eq), decided at once for a number."""
        value = self.value(i)
        if value is None:
            return self.node(op, i)
        return self.node("true" if {"gt": value > 0, "ge": value >= 0, "eq": value == 0}[op] else "false")

    def both(self, i: int, j: int) -> int:
        simple = self.nodes[j][0] in ("num", "sym", "const")
        return i if simple or i == j else self.node("both", i, j)

    def symbols(self, *roots: int) -> list[str]:
        """Names of the variables that the roots depend on, sorted."""
        return sorted(node[1] for node in map(self.nodes.__getitem__, self.reach(*roots)) if node[0] == "sym")

    def reach(self, *roots: int) -> list[int]:
        """Every node that the roots depend on, in the order in which they can be computed."""
        found = self.reached.get(roots)
        if found is None:
            seen, stack, nodes = set(roots), list(roots), self.nodes
            while stack:
                node = nodes[stack.pop()]
                places = CHILDREN.get(node[0])
                for child in node[1:] if places is None else [node[place] for place in places]:
                    if child not in seen:
                        seen.add(child)
                        stack.append(child)
            found = self.reached[roots] = sorted(seen)  # nodes are only ever added: what was reached stays
        return found

    def replace(self, root: int, images: dict[int, int]) -> int:
        """The root with some nodes replaced; ``images`` is filled with every node met."""
        for i in self.reach(root):
            if i in images:
                continue
            node, children = self.nodes[i], self.children(i)
            moved = tuple(images[child] for child in children)
            if moved == children:
                images[i] = i
            elif node[0] == "add":
                images[i] = self.add(*moved)
            elif node[0] == "mul":
                images[i] = self.mul(*moved)
            elif node[0] == "inv":
                images[i] = self.inv(*moved)
            elif node[0] == "int":
                images[i] = self.power(moved[0], node[2])
            elif node[0] == "root":
                images[i] = self.root(moved[0], node[2], node[3])
            elif node[0] in ("gt", "ge", "eq"):
                images[i] = self.compare(node[0], moved[0])
            elif node[0] in ("fun", "g"):
                images[i] = self.node(*node[:-1], *moved)
            else:
                images[i] = self.node(node[0], *moved, *node[1 + len(moved) :])
        return images[root]
