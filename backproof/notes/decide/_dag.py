"""Scalars as a graph with shared nodes: exact, differentiable, never simplified beyond what is certain.

A node *named* for a quantity of the document (``z^{[1]}_2``) stands for its definition and is at the same time
something to differentiate by: the derivative of a loss by an intermediate quantity stops there.
An *application* is a function that the document leaves open (``g``, a loss); its derivatives are further applications.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import LimitError, NotUnderstoodError
from .._limits import Budget

if TYPE_CHECKING:
    from ._export import Export

# Entries of matrices at small sizes stay far below; a formula that passes it is a bomb.
MAX_NODES = 60_000
FUNCTIONS = {
    "exp",
    "log",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "sqrt",
    "erf",
    "abs",
    "sign",
    "step",
    "arctan",
}


@dataclass(slots=True, eq=False)  # hundreds of thousands are made, and frozen ones take four times as long
class Node:
    """One operation, never changed; two nodes of one graph are equal when they are the same object."""

    op: str
    data: Hashable
    args: tuple[Node, ...]
    number: int


_number = operator.attrgetter("number")
_CONSTANT_OR_PRODUCT = {"num", "mul"}


_STRICT = {">": ">", ">=": ">", "<": "<", "<=": "<"}


def _is_no_less_than_zero(node: Node) -> bool:
    """Whether a node is, by its form, a sum of squares."""
    match node.op:
        case "num":
            return value_of(node) >= 0
        case "pow":
            return (
                isinstance(node.data, Fraction)
                and node.data.denominator == 1
                and node.data.numerator % 2 == 0
            )
        case "add" | "mul":
            return all(map(_is_no_less_than_zero, node.args))
    return False


class Graph:
    """Makes nodes, and makes each only once."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.nodes: dict[tuple[object, ...], Node] = {}
        self.gradients: dict[tuple[int, bool], dict[int, Node]] = {}
        self.lower: dict[tuple[Node, ...], dict[int, Node]] = {}
        self.exports: dict[frozenset[int], Export] = {}
        self.proved_at: int | None = None
        self.zero = self.num(0)
        self.one = self.num(1)

    def make(self, op: str, data: Hashable, args: tuple[Node, ...] = ()) -> Node:
        # Nodes are compared by what they are, not by what is in them, and so is a tuple of them; a fraction is slow to hash.
        key = (op, data.as_integer_ratio() if type(data) is Fraction else data, args)
        node = self.nodes.get(key)
        if node is None:
            if len(self.nodes) >= MAX_NODES:
                raise LimitError(f"the formula grows past {MAX_NODES} operations")
            if not len(self.nodes) % 512:  # the clock is slow on virtual machines
                self.budget.check()
            node = self.nodes[key] = Node(op, data, args, len(self.nodes))
        return node

    def num(self, value: Fraction | int) -> Node:
        return self.make("num", value if type(value) is Fraction else Fraction(value))

    def var(self, key: Hashable) -> Node:
        return self.make("var", key)

    def named(self, key: Hashable, node: Node) -> Node:
        return self.make("named", key, (node,))

    def add(self, terms: Iterable[Node]) -> Node:
        constants, rest = _sorted_out("add", terms)
        if len(constants) == 1:
            if constants[0] is not self.zero:
                rest.append(constants[0])
        elif constants and (constant := sum(map(value_of, constants))):
            rest.append(self.num(constant))
        return self._gathered("add", rest) if rest else self.zero

    def _gathered(self, op: str, args: list[Node]) -> Node:
        """A sum or product, whose arguments stand in the order in which they were made."""
        if len(args) == 1:
            return args[0]
        args.sort(key=_number)
        return self.make(op, None, tuple(args))

    def times(self, a: Node, b: Node) -> Node:
        """The product of two, as `mul` makes it: most are of factors that are neither numbers nor products."""
        if a.op in _CONSTANT_OR_PRODUCT or b.op in _CONSTANT_OR_PRODUCT:
            return self.mul((a, b))
        return self.make("mul", None, (a, b) if a.number <= b.number else (b, a))

    def mul(self, factors: Iterable[Node]) -> Node:
        constants, rest = _sorted_out("mul", factors)
        if constants:
            if self.zero in constants:
                return self.zero
            numbers = [n for n in constants if n is not self.one]
            if len(numbers) == 1:
                rest += numbers
            elif numbers and (constant := math.prod(map(value_of, numbers))) != 1:
                rest.append(self.num(constant))
        return self._gathered("mul", rest) if rest else self.one

    def neg(self, node: Node) -> Node:
        return self.mul((self.num(-1), node))

    def sub(self, a: Node, b: Node) -> Node:
        return self.add((a, self.neg(b)))

    def pow(self, base: Node, exponent: Node) -> Node:
        """Raise to a power; a constant exponent keeps its own node because its derivative is simple."""
        if exponent.op == "num":
            k = value_of(exponent)
            if k == 1:
                return base
            if k == 0:
                return self.one
            if base.op == "num" and k.denominator == 1 and abs(k) <= 64 and (value_of(base) or k > 0):
                return self.num(value_of(base) ** int(k))
            root = (
                base.op == "pow"
                and base.data == Fraction(1, 2)
                and k.denominator == 1
                and k.numerator % 2 == 0
            )
            if root and _is_no_less_than_zero(
                base.args[0]
            ):  # ‖v‖² is Σ v_i², also where it is differentiated
                return self.pow(base.args[0], self.num(k / 2))
            return self.make("pow", k, (base,))
        if base.op == "e":
            return self.fn("exp", exponent)
        return self.make("powx", None, (base, exponent))

    def div(self, a: Node, b: Node) -> Node:
        if b.op == "num" and not value_of(b):
            raise NotUnderstoodError("a denominator is zero")
        return self.mul((a, self.pow(b, self.num(-1))))

    def fn(self, name: str, arg: Node) -> Node:
        if name == "sqrt":
            return self.pow(arg, self.num(Fraction(1, 2)))
        if arg.op == "num" and name == "exp" and not value_of(arg):
            return self.one
        return self.make("fn", name, (arg,))

    def constant(self, name: str) -> Node:
        return self.make(name, None)

    def app(self, name: str, args: Sequence[Node], orders: Sequence[int] | None = None) -> Node:
        return self.make("app", (name, tuple(orders or [0] * len(args))), tuple(args))

    def cases(self, conditions: Sequence[tuple[str, Node, Node]], values: Sequence[Node]) -> Node:
        """Take the first value whose condition holds; as many values as conditions, or one more for otherwise."""
        flat = [x for _, a, b in conditions for x in (a, b)]
        return self.make("cases", tuple(c[0] for c in conditions), (*flat, *values))

    def below(self, roots: tuple[Node, ...]) -> dict[int, Node]:
        """The roots and all nodes below them by number, arguments first; of one loss every gradient asks for them."""
        found = self.lower.get(roots)
        if found is None:
            found = self.lower[roots] = {n.number: n for n in reachable(roots)}
        return found

    def renamed(self, cells: tuple[Node, ...], below: dict[int, Node]) -> tuple[Node, ...]:
        """What other names stand for: ŷ of the a below, where the document says ŷ = a."""
        if any(cell.number in below for cell in cells):
            return cells
        found = []
        for cell in cells:
            while cell.number not in below and cell.op == "named" and cell.args[0].op in ("named", "var"):
                cell = cell.args[0]
            found.append(cell)
        return tuple(found)

    def derivative(self, node: Node, by: Node, direct: bool = False) -> Node:
        """Differentiate by a variable or a named node.

        ``direct`` holds every other named quantity fixed, so that only the written dependence counts.
        """
        return self.gradient(node, direct).get(by.number, self.zero)

    def gradient(self, root: Node, direct: bool = False) -> dict[int, Node]:
        """The derivatives of a node by every node below it, in one sweep backwards.

        Backwards, ∂C/∂w is built as ∂C/∂z times ∂z/∂w, out of the very node that is ∂C/∂z: what a chain rule says
        then holds by construction.
        """
        key = (root.number, direct)
        if key in self.gradients:
            return self.gradients[key]
        parts: dict[int, list[Node]] = {root.number: [self.one]}
        found: dict[int, Node] = {}
        for node in reversed(self.below((root,)).values()):
            terms = parts.pop(node.number, None)
            if terms is None:
                continue
            slope = found[node.number] = terms[0] if len(terms) == 1 else self.add(terms)
            if direct and node.op == "named" and node is not root:
                continue
            if slope is self.zero:
                continue
            for arg, partial in zip(node.args, self._partials(node), strict=True):
                if partial is not None:
                    product = slope if partial is self.one else self.times(slope, partial)
                    parts.setdefault(arg.number, []).append(product)
        self.gradients[key] = found
        return found

    def _partials(self, node: Node) -> list[Node | None]:
        """The derivative of a node by each argument; None where it is zero or has no meaning."""
        args = node.args
        if node.op in ("named", "add"):
            return [self.one] * len(args)
        if node.op == "mul":  # in order and without products in them, as its factors are
            others = [(*args[:k], *args[k + 1 :]) for k in range(len(args))]
            return [rest[0] if len(rest) == 1 else self.make("mul", None, rest) for rest in others]
        if node.op == "pow":
            k = node.data
            assert isinstance(k, Fraction)
            return [self.mul((self.num(k), self.pow(args[0], self.num(k - 1))))]
        if node.op == "powx":
            base, exponent = args
            log = self.fn("log", base) if _varies(exponent) else None
            return [
                self.mul((exponent, node, self.pow(base, self.num(-1)))),
                None if log is None else self.mul((node, log)),
            ]
        if node.op == "fn":
            return [self._outer(str(node.data), args[0], node)]
        if node.op == "cases":
            # Off the kinks the branch that holds at a point holds around it; at max(0, 0) there is no slope.
            names = _names(node)
            count = 2 * len(names)
            values = len(args) - count
            if len(names) == 1 and values == 2 and names[0] in _STRICT:
                strict = _STRICT[names[0]]
                names, tests = (strict, "<" if strict == ">" else ">"), (*args[:2], *args[:2])
            else:
                tests = args[:count]
            slopes: list[Node | None] = [None] * count
            for k in range(values):
                chosen = [self.one if j == k else self.zero for j in range(values)]
                slopes.append(self.make("cases", names, (*tests, *chosen)))
            return slopes
        if node.op == "app":
            name, orders = opened(node)
            return [
                self.app(name, args, [o + (i == k) for i, o in enumerate(orders)]) for k in range(len(args))
            ]
        if not args:
            return []
        raise NotUnderstoodError(f"the derivative of {node.op}")

    def _outer(self, name: str, x: Node, node: Node) -> Node:
        one = self.one
        if name == "exp":
            return node
        if name == "log":
            return self.pow(x, self.num(-1))
        if name == "tanh":
            return self.sub(one, self.pow(node, self.num(2)))
        if name in ("sin", "sinh", "cosh"):
            return self.fn({"sin": "cos", "sinh": "cosh", "cosh": "sinh"}[name], x)
        if name == "cos":
            return self.neg(self.fn("sin", x))
        if name == "tan":
            return self.add((one, self.pow(node, self.num(2))))
        if name == "arctan":
            return self.pow(self.add((one, self.pow(x, self.num(2)))), self.num(-1))
        if name == "abs":
            return self.fn("sign", x)
        if name in ("sign", "step"):
            return self.zero
        if name == "erf":
            scale = self.pow(self.constant("pi"), self.num(Fraction(-1, 2)))
            return self.mul((self.num(2), scale, self.fn("exp", self.neg(self.pow(x, self.num(2))))))
        raise NotUnderstoodError(f"the derivative of {name}")


def value_of(node: Node) -> Fraction:
    """The number that a constant node holds."""
    assert isinstance(node.data, Fraction)
    return node.data


def opened(node: Node) -> tuple[str, tuple[int, ...]]:
    """The name of an open function, and how often it is differentiated by each argument."""
    assert isinstance(node.data, tuple)
    name, orders = node.data
    return str(name), tuple(orders)


def printed(node: Node) -> tuple[Fraction, int]:
    """A printed decimal, and its number of digits."""
    assert isinstance(node.data, tuple)
    value, digits = node.data
    return Fraction(value), int(digits)


def _varies(node: Node) -> bool:
    return any(n.op in ("var", "app") for n in reachable([node]))


def _names(node: Node) -> tuple[str, ...]:
    assert isinstance(node.data, tuple)
    return node.data


def _sorted_out(op: str, args: Iterable[Node]) -> tuple[list[Node], list[Node]]:
    """The constants among terms or factors, and the others, with those inside of the same operation."""
    constants: list[Node] = []
    rest: list[Node] = []
    for arg in args:
        if arg.op == "num":
            constants.append(arg)
        elif arg.op != op:
            rest.append(arg)
        else:
            for inner in arg.args:
                (constants if inner.op == "num" else rest).append(inner)
    return constants, rest


def reachable(
    roots: Iterable[Node], stop: Collection[int] = frozenset(), without: Collection[int] = frozenset()
) -> list[Node]:
    """All nodes below the roots, arguments first.

    Below the nodes whose numbers are in ``stop`` it does not look, and those in ``without`` it leaves out besides.
    """
    seen = set(roots)
    stack = list(seen)
    if not stop and not without:
        while stack:
            for arg in stack.pop().args:
                if arg not in seen:
                    seen.add(arg)
                    stack.append(arg)
        return sorted(seen, key=_number)
    while stack:
        node = stack.pop()
        if node.number not in stop:
            for arg in node.args:
                if arg not in seen and arg.number not in without:
                    seen.add(arg)
                    stack.append(arg)
    return sorted(seen, key=_number)
