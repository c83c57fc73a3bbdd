"""Derivatives of a program, node by node, for the program that checks refutations: the rules of the classroom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symbolic._replay._program import children

Node = tuple[Any, ...]


class Slopes:
    """A program that grows: for a node and a variable it makes the nodes of the derivative.

    Parameters
    ----------
    nodes : sequence
    slopes : mapping
        Nodes that stand for derivatives: of which node, by which variable.
    """

    def __init__(self, nodes: Sequence[Sequence[Any]], slopes: Mapping[int, tuple[int, str]]) -> None:
        self.nodes: list[Node] = [tuple(node) for node in nodes]
        self.slopes = slopes
        self.known: dict[tuple[int, str], int] = {}
        self.varying: dict[tuple[int, str], bool] = {}

    def make(self, *node: Any) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def num(self, q: Any) -> int:
        return self.make("num", str(q))

    def of(self, i: int, x: str) -> int:
        """The node of the derivative of a node."""
        if (i, x) not in self.known:
            self.known[i, x] = self.of(self.of(*self.slopes[i]), x) if i in self.slopes else self._of(i, x)
        return self.known[i, x]

    def _of(self, i: int, x: str) -> int:
        op, *a = self.nodes[i]
        make, num = self.make, self.num
        if not self._varies(i, x):
            return num(0)  # |0| has a value and depends on nothing
        if op == "sym":
            return num(1)
        if op == "add":
            return make("add", *(self.of(j, x) for j in a))
        if op == "mul":
            return make("add", *(make("mul", *a[:n], self.of(j, x), *a[n + 1 :]) for n, j in enumerate(a)))
        if op in ("max", "min"):
            gap = make("add", a[0], make("mul", num(-1), a[1]))
            first, second = (self.of(j, x) for j in (a if op == "max" else a[::-1]))
            return make("if", make("gt", gap), first, second)
        if op == "if":
            return make("if", a[0], self.of(a[1], x), self.of(a[2], x))
        if op == "both":
            return make("both", self.of(a[0], x), a[1])
        if op == "pow":
            u, v = a
            grows = make("mul", v, make("inv", u), self.of(u, x))
            # The second part only where the exponent varies: its logarithm asks for more.
            parts = [grows, make("mul", make("log", u), self.of(v, x))] if self._varies(v, x) else [grows]
            return make("mul", i, make("add", *parts))
        u = a[-1] if op in ("fun", "g") else a[0]
        if op in ("sign", "step"):
            return make("if", make("gt", u), num(0), num(0))  # 0, but at the jump
        return make("mul", self._outer(i, op, a, u), self.of(u, x))

    def _varies(self, i: int, x: str) -> bool:
        if (i, x) not in self.varying:
            node = self.nodes[i]
            self.varying[i, x] = (
                bool(node[1] == x) if node[0] == "sym" else any(self._varies(j, x) for j in children(node))
            )
        return self.varying[i, x]

    def _outer(self, i: int, op: str, a: list[Any], u: int) -> int:
        make, num = self.make, self.num
        if op == "inv":
            return make("mul", num(-1), make("int", u, -2))
        if op == "int":
            return make("mul", num(a[1]), make("int", u, a[1] - 1)) if a[1] else num(0)
        if op == "root":
            return make("mul", num(f"{a[1]}/{a[2]}"), i, make("inv", u))
        if op == "exp":
            return i
        if op == "log":
            return make("inv", u)
        if op == "abs":
            return make("sign", u)
        if op == "g":
            return make("g", a[0], a[1] + 1, u)
        square = make("int", u, 2)
        circle = make("add", num(1), make("mul", num(-1), square))
        return {
            "erf": lambda: make(
                "mul",
                num(2),
                make("root", make("const", "pi"), -1, 2),
                make("exp", make("mul", num(-1), square)),
            ),
            "sin": lambda: make("fun", "cos", u),
            "cos": lambda: make("mul", num(-1), make("fun", "sin", u)),
            "atan": lambda: make("inv", make("add", num(1), square)),
            "asin": lambda: make("root", circle, -1, 2),
            "acos": lambda: make("mul", num(-1), make("root", circle, -1, 2)),
            "gamma": lambda: make("mul", i, make("fun", "digamma", u)),
        }[a[0]]()
