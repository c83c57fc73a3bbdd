"""Nodes to the prover's programs; what a node is named for, and open functions, become free symbols where told."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from flint import fmpq

from .._errors import NotUnderstoodError
from ._dag import Node, printed, reachable

# What the prover's programs call the functions of a graph; the rest it writes by other operations.
_OWN = {"exp": ("exp",), "log": ("log",), "abs": ("abs",), "sign": ("sign",), "step": ("step",),
        "sin": ("fun", "sin"), "cos": ("fun", "cos"), "erf": ("fun", "erf"), "arctan": ("fun", "atan")}  # fmt: skip


class Export:
    """One program that grows; what has been exported under the same symbols is not exported again.

    Replacing a quantity by a free symbol proves more than was asked, never less.
    """

    def __init__(self, symbols: frozenset[int]) -> None:
        from symbolic.prover import Program

        self.symbols = symbols
        self.program = Program()
        self.done: dict[int, int] = {}

    def nodes(self, roots: Iterable[Node]) -> list[int]:
        """The roots as nodes of the program."""
        roots = list(roots)
        done = self.done
        for node in reachable((r for r in roots if r.number not in done), self.symbols, done):
            done[node.number] = self.convert(node)
        return [done[r.number] for r in roots]

    def convert(self, node: Node) -> int:
        p = self.program
        if node.number in self.symbols or node.op in ("var", "app"):
            return p.node("sym", f"v{node.number}")
        args = [self.done[a.number] for a in node.args]
        if node.op == "num":
            return p.num(_rational(node.data))
        if node.op == "dec":
            return p.num(_rational(printed(node)[0]))
        if node.op == "named":
            return args[0]
        if node.op == "add":
            return self.add(args)
        if node.op == "mul":
            return self.mul((a, 1) for a in args)
        if node.op == "pow":
            assert isinstance(node.data, Fraction)
            if node.data.denominator != 1:
                return p.root(args[0], node.data.numerator, node.data.denominator)
            return self.mul([(args[0], int(node.data))])
        if node.op == "powx":
            return p.node("pow", *args)
        if node.op == "fn":
            return self.function(str(node.data), args[0])
        if node.op == "pi":
            return p.node("const", "pi")
        if node.op == "e":
            return p.node("exp", p.one)
        if node.op == "cases":
            return self.cases(node, args)
        raise NotUnderstoodError(f"the proof of {node.op}")

    def add(self, terms: Iterable[int]) -> int:
        """A sum with equal terms gathered, in one order: two sides that differ in no more are one node."""
        p, constant = self.program, fmpq(0)
        counts: dict[int, fmpq] = {}
        stack = list(terms)
        while stack:
            term = stack.pop()
            node = p.nodes[term]
            if node[0] == "add":
                stack.extend(node[1:])
            elif node[0] == "num":
                constant += node[1]
            else:
                factor, rest = self.split(term)
                counts[rest] = counts.get(rest, fmpq(0)) + factor
        kept = [self.scaled(count, rest) for rest, count in sorted(counts.items()) if count != 0]
        if constant != 0 or not kept:
            kept.append(p.num(constant))
        return kept[0] if len(kept) == 1 else p.node("add", *kept)

    def split(self, term: int) -> tuple[fmpq, int]:
        """A term as a number times a node."""
        node = self.program.nodes[term]
        if node[0] != "mul":
            return fmpq(1), term
        value = self.program.value(node[-1])
        if value is None:
            return fmpq(1), term
        rest = node[1:-1]
        return value, rest[0] if len(rest) == 1 else self.program.node("mul", *rest)

    def scaled(self, factor: fmpq, term: int) -> int:
        if factor == 1:
            return term
        node = self.program.nodes[term]
        return self.program.node(
            "mul", *(node[1:] if node[0] == "mul" else (term,)), self.program.num(factor)
        )

    def mul(self, factors: Iterable[tuple[int, int]]) -> int:
        """A product with the powers of one base gathered: equal wherever the factors are defined."""
        p, constant = self.program, fmpq(1)
        powers: dict[int, int] = {}
        stack = list(factors)
        while stack:
            factor, power = stack.pop()
            node = p.nodes[factor]
            if node[0] == "mul":
                stack.extend((inner, power) for inner in node[1:])
            elif node[0] == "inv":
                stack.append((node[1], -power))
            elif node[0] == "int":
                stack.append((node[1], node[2] * power))
            elif node[0] == "num" and (node[1] != 0 or power > 0) and abs(power) <= 64:
                constant *= node[1] ** power
            else:
                powers[factor] = powers.get(factor, 0) + power
        kept = [
            base if n == 1 else p.inv(base) if n == -1 else p.node("int", base, n)
            for base, n in sorted(powers.items())
            if n
        ]
        if constant != 1 or not kept:
            kept.append(p.num(constant))
        return kept[0] if len(kept) == 1 else p.node("mul", *kept)

    def function(self, name: str, arg: int) -> int:
        from symbolic.prover import WRITTEN

        if name in _OWN:
            return self.program.node(*_OWN[name], arg)
        return WRITTEN[name](self.program, arg)

    def cases(self, node: Node, args: list[int]) -> int:
        """Branches as nested conditions; past the last condition there is no value, which 1/0 says."""
        p, relations = self.program, node.data
        assert isinstance(relations, tuple)
        count = len(relations)
        result = args[3 * count] if len(args) > 3 * count else p.node("inv", p.zero)
        for k in reversed(range(count)):
            condition = self.condition(relations[k], args[2 * k], args[2 * k + 1])
            always = p.nodes[condition][0] == "true"
            result = args[2 * count + k] if always else p.node("if", condition, args[2 * count + k], result)
        return result

    def condition(self, relation: str, left: int, right: int) -> int:
        p = self.program
        if relation in (">", ">="):
            return p.compare("gt" if relation == ">" else "ge", p.sub(left, right))
        if relation in ("<", "<="):
            return p.compare("gt" if relation == "<" else "ge", p.sub(right, left))
        equal = p.compare("eq", p.sub(left, right))
        return equal if relation == "==" else p.node("not", equal)


def _rational(value: object) -> fmpq:
    assert isinstance(value, Fraction)
    return fmpq(value.numerator, value.denominator)
