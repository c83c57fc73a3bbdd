"""Nodes that are the same polynomial in what stands in them, seen from the nodes themselves.

What is no sum, product or whole power is an *atom*, taken as a free symbol, and so is the reciprocal of a base.
Two sides that agree so agree wherever they are defined; two that do not may still be equal, for which there is a prover.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from ._dag import Node, printed, value_of
from ._polynomials import MAX_ATOMS, MAX_TERMS

# Numbers modulo a prime tell most sides apart before any polynomial is made; that they do not proves nothing.
_PRIME = (1 << 61) - 1
_MIXED = 0x9E37_79B9_7F4A_7C15
_HIGHEST = 24

# A node: its number, what it does, with what, and the numbers of its arguments.
_Step: TypeAlias = tuple[int, str, Any, tuple[int, ...]]


def same_spelled_out(a: Node, b: Node, symbols: frozenset[int]) -> bool:
    """Whether two nodes are the same polynomial in their atoms, of which those with the numbers ``symbols`` are some.

    False also where the work passes its limit.
    """
    steps = _steps(a, b, symbols)
    numbers = _residues(steps)
    if numbers[a.number] != numbers[b.number]:
        return False
    found = _polynomials(steps)
    return found is not None and bool(found[a.number] == found[b.number])


def _steps(a: Node, b: Node, symbols: frozenset[int]) -> list[_Step]:
    """What the nodes below two others do as far as they are operations, arguments first."""
    seen = {a, b}
    stack = [a, b]
    steps: list[_Step] = []
    while stack:
        node = stack.pop()
        step = _step(node, symbols)
        steps.append(step)
        if step[3]:
            for arg in node.args:
                if arg not in seen:
                    seen.add(arg)
                    stack.append(arg)
    steps.sort()
    return steps


def _step(node: Node, symbols: frozenset[int]) -> _Step:
    number, op = node.number, node.op
    if number in symbols:
        return number, "atom", (number, 1), ()
    if op in ("add", "mul", "named"):
        return number, op, None, tuple([arg.number for arg in node.args])
    if op == "num":
        return number, op, value_of(node), ()
    if op == "dec":
        return number, "num", printed(node)[0], ()
    if op == "pow":
        assert isinstance(node.data, Fraction)
        power, base = int(node.data), node.args[0].number
        if node.data.denominator == 1 and 0 < power <= _HIGHEST:
            return number, op, power, (base,)
        if node.data.denominator == 1 and -_HIGHEST <= power < 0:
            return number, "atom", (-1 - base, -power), ()  # a power of the reciprocal
    return number, "atom", (number, 1), ()


def _residues(steps: list[_Step]) -> dict[int, int]:
    """The values modulo a prime, where every atom is some number."""
    values: dict[int, int] = {}
    for number, op, data, args in steps:
        if op == "mul":
            value = values[args[0]]
            for arg in args[1:]:
                value = value * values[arg] % _PRIME
        elif op == "add":
            value = sum([values[arg] for arg in args]) % _PRIME
        elif op == "named":
            value = values[args[0]]
        elif op == "num":
            value = data.numerator * pow(data.denominator, -1, _PRIME) % _PRIME
        elif op == "pow":
            value = pow(values[args[0]], data, _PRIME)
        else:
            atom, power = data
            mixed = atom * _MIXED & _PRIME
            value = pow((mixed ^ (mixed >> 29)) * _MIXED, power, _PRIME)
        values[number] = value
    return values


def _polynomials(steps: list[_Step]) -> dict[int, Any] | None:
    """The values as polynomials; None where one has too many terms."""
    atoms = list(dict.fromkeys(data[0] for _, op, data, _ in steps if op == "atom"))
    if len(atoms) > MAX_ATOMS:
        return None
    ring = fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(atoms))] or ["x"], Ordering.degrevlex)
    gens = dict(zip(atoms, ring.gens(), strict=False))
    values: dict[int, Any] = {}
    for number, op, data, args in steps:
        if op == "atom":
            value = gens[data[0]] ** data[1]
        elif op == "num":
            value = ring.constant(fmpq(data.numerator, data.denominator))
        else:
            value = values[args[0]]
            if op == "pow":
                if len(value) ** min(data, 4) > 4 * MAX_TERMS:
                    return None
                value = value**data
            for arg in args[1:]:
                other = values[arg]
                if op == "add":
                    value = value + other
                elif len(value) * len(other) > 16 * MAX_TERMS:
                    return None
                else:
                    value = value * other
        if len(value) > MAX_TERMS:
            return None
        values[number] = value
    return values
