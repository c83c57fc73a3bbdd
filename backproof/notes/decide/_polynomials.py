"""Equality as polynomials over whatever is no sum, product or power: exact, and enough for most of the chain rule.

Variables, functions at their arguments, reciprocals and roots are *atoms*, taken as free symbols.
Two sides that agree so agree wherever they are defined; two that do not may still be equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

if TYPE_CHECKING:
    from symbolic.prover import Program

# Beyond so many terms the prover, which splits and substitutes, is the better judge.
MAX_TERMS = 4_000
MAX_ATOMS = 400


def same_polynomial(program: Program, lhs: int, rhs: int) -> bool:
    """Whether two nodes are the same polynomial in their atoms; False also where the work passes its limit."""
    order = program.reach(lhs, rhs)
    inner, atoms = _split(program, lhs, rhs, order)
    if len(atoms) > MAX_ATOMS:
        return False
    ring = fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(atoms))] or ["x"], Ordering.degrevlex)
    gens = ring.gens()
    values: dict[int, Any] = {}
    places = {atom: gens[k] for k, atom in enumerate(atoms)}
    for i in order:
        if i in places:
            values[i] = places[i]
        elif i in inner:
            value = _value(program, i, values, places, ring)
            if value is None or len(value) > MAX_TERMS:
                return False
            values[i] = value
    return bool(values[lhs] == values[rhs])


def _split(program: Program, lhs: int, rhs: int, order: list[int]) -> tuple[set[int], list[int]]:
    """The nodes that are read as operations, and the atoms below them; of a reciprocal the atom is the node itself."""
    inner: set[int] = set()
    atoms: dict[int, None] = {}
    wanted = {lhs, rhs}
    for i in sorted(order, reverse=True):
        if i not in wanted:
            continue
        node = program.nodes[i]
        if node[0] in ("add", "mul", "num") or (node[0] == "int" and 0 <= node[2] <= 24):
            inner.add(i)
            wanted.update(program.children(i))
        elif node[0] == "int" and -24 <= node[2] < 0:
            inner.add(i)
            atoms[program.inv(node[1])] = None
        else:
            atoms[i] = None
    return inner, sorted(atoms)


def _value(program: Program, i: int, values: dict[int, Any], places: dict[int, Any], ring: Any) -> Any:
    node = program.nodes[i]
    if node[0] == "num":
        return ring.constant(fmpq(node[1]))
    if node[0] == "int":
        if node[2] < 0:
            return places[program.inv(node[1])] ** -node[2]
        base = values[node[1]]
        return None if len(base) ** min(node[2], 4) > 4 * MAX_TERMS else base ** node[2]
    parts = [values[c] for c in program.children(i)]
    total = parts[0]
    for part in parts[1:]:
        if node[0] == "mul":
            if len(total) * len(part) > 16 * MAX_TERMS:
                return None
            total = total * part
        else:
            total = total + part
    return total
