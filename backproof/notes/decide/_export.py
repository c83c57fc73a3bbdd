"""Nodes to SymPy, for the prover; what a node is named for, and open functions, become symbols where told."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import sympy

from .._errors import NotUnderstoodError
from ._dag import Node, printed, reachable

_FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "tanh": sympy.tanh,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "erf": sympy.erf,
    "abs": sympy.Abs,
    "sign": sympy.sign,
    "arctan": sympy.atan,
}
_RELATIONS: dict[str, Any] = {
    ">": sympy.Gt,
    "<": sympy.Lt,
    ">=": sympy.Ge,
    "<=": sympy.Le,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}


def to_sympy(roots: Iterable[Node], symbols: frozenset[int]) -> list[Any]:
    """Convert nodes; those numbered in ``symbols`` become real symbols, as do variables and open functions.

    Replacing a quantity by a free symbol proves more than was asked, never less.
    """
    roots = list(roots)
    done: dict[int, Any] = {}
    for node in reachable(roots, symbols):
        done[node.number] = _convert(node, done, symbols)
    return [done[r.number] for r in roots]


def _convert(node: Node, done: dict[int, Any], symbols: frozenset[int]) -> Any:
    if node.number in symbols or node.op in ("var", "app"):
        return sympy.Symbol(f"v{node.number}", real=True)
    args = [done[a.number] for a in node.args]
    if node.op == "num":
        return _rational(node.data)
    if node.op == "dec":
        return _rational(printed(node)[0])
    if node.op == "named":
        return args[0]
    if node.op == "add":
        return sympy.Add(*args)
    if node.op == "mul":
        return sympy.Mul(*args)
    if node.op == "pow":
        return args[0] ** _rational(node.data)
    if node.op == "powx":
        return args[0] ** args[1]
    if node.op == "fn":
        return _FUNCTIONS[str(node.data)](args[0])
    if node.op == "pi":
        return sympy.pi
    if node.op == "e":
        return sympy.E
    if node.op == "cases":
        return _piecewise(node, args)
    raise NotUnderstoodError(f"the proof of {node.op}")


def _rational(value: object) -> Any:
    assert isinstance(value, Fraction)
    return sympy.Rational(value.numerator, value.denominator)


def _piecewise(node: Node, args: list[Any]) -> Any:
    relations = node.data
    assert isinstance(relations, tuple)
    count = len(relations)
    branches = []
    for k, relation in enumerate(relations):
        test = _RELATIONS[relation](args[2 * k], args[2 * k + 1])
        branches.append((args[2 * count + k], test))
    if len(args) > 3 * count:
        branches.append((args[3 * count], True))
    return sympy.Piecewise(*branches)
