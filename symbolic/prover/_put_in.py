"""Hypotheses beside sums of symbolic length: what they determine is put in, and what no decider reads is left aside.

``mu = sum(x[i], i, 1, m)/m`` and ``w[i] = 1/m`` say what to write for mu and w. What is proved without a hypothesis that
the calculus of tensors does not read (``p[i] < 1``) holds with it, too; a counterexample might not satisfy it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from symbolic.prover._shifts import exchanged, replaced

Sides = tuple[Any, Any]
MAX_LENGTH = 8  # of a sum in an instance
_PLAIN = tuple(sp.Symbol("x", **said).assumptions0 for said in ({"real": True}, {}))


def put_in(sides: Sides, conditions: Sequence[Any]) -> tuple[Sides, list[Any], list[str]]:
    """Write in the sides and the other hypotheses what equations determine; what is left, and the equations used."""
    rest, used, n = list(conditions), list[str](), 0
    while n < len(rest):
        others = [*sides, *rest[:n], *rest[n + 1 :]]
        found = _determined(rest[n], others)
        written = [] if found is None else [_written(part, *found) for part in others]
        if written[:2] in (
            [],
            list(sides),
        ):  # not in the sides: whether the equation has a value would be forgotten
            n += 1
            continue
        used.append(f"{rest[n].lhs} = {rest[n].rhs}")
        sides, rest, n = (written[0], written[1]), written[2:], 0
    return sides, rest, used


def _determined(c: Any, others: Sequence[Any]) -> Sides | None:
    """A name or a family, and what it equals, if that is what an equation says."""
    for name, value in (c.args, c.args[::-1]) if isinstance(c, sp.Eq) else ():
        own = set(name.indices) if isinstance(name, sp.Indexed) else set()
        if isinstance(name, sp.Indexed):
            plain = len(own) == len(name.indices) and all(x.is_Symbol for x in own)
            plain = plain and name.base not in value.atoms(sp.IndexedBase)
        else:
            plain = name.is_Symbol and name.assumptions0 in _PLAIN and name not in value.free_symbols
        counted = _counted((c, *others))
        ours = own | _ends((c, *others))
        open_ = name in counted or (counted - ours) & value.free_symbols or _is_bound(name, value, others)
        if plain and not open_:
            return name, value
    return None


def _counted(parts: Sequence[Any]) -> set[Any]:
    """The indices of entries and of sums, and the lengths."""
    bound = {limit[0] for part in parts for node in part.atoms(sp.Sum, sp.Product) for limit in node.limits}
    indices = {
        x for part in parts for entry in part.atoms(sp.Indexed) for i in entry.indices for x in i.free_symbols
    }
    return bound | indices | _ends(parts)


def _ends(parts: Sequence[Any]) -> set[Any]:
    sums = [node for part in parts for node in part.atoms(sp.Sum, sp.Product)]
    return {x for node in sums for _, low, high in node.limits for x in low.free_symbols | high.free_symbols}


def _is_bound(name: Any, value: Any, parts: Sequence[Any]) -> bool:
    """Whether the name is something else, too, or a derivative by it or by what it depends on leaves open what is fixed."""
    by = {x for part in parts for d in part.atoms(sp.Derivative, sp.Subs) for x in d.variables}
    touched = {name, *value.free_symbols}
    bases = {x.base for x in touched if isinstance(x, sp.Indexed)}
    labels = {base.label for part in (value, *parts) for base in part.atoms(sp.IndexedBase)}
    return bool(by & touched or name in labels) or any(
        isinstance(x, sp.Indexed) and x.base in bases for x in by
    )


def _written(part: Any, name: Any, value: Any) -> Any:
    """The value in place of the name; its own indices are called otherwise, so that no sum catches them."""
    taken = {x.name for x in part.atoms(sp.Symbol) | value.atoms(sp.Symbol)}
    bound = sorted({x for node in value.atoms(sp.Sum, sp.Product) for x, *_ in node.limits}, key=str)
    fresh = {x: sp.Symbol(_unused(x.name, taken), real=True) for x in bound}
    if name.is_Symbol:
        return exchanged(part, {name: exchanged(value, fresh)})
    entries = [x for x in part.atoms(sp.Indexed) if x.base == name.base]
    images = {x: {**fresh, **dict(zip(name.indices, x.indices, strict=True))} for x in entries}
    return exchanged(part, {x: exchanged(value, names) for x, names in images.items()})


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def shortest(parts: Sequence[Any]) -> list[Any] | None:
    """Sides and hypotheses where every length and every index is 1 and the entries of a family are equal.

    It is one of the instances of a claim, unless a derivative tells entries apart; None where a sum has no term then.
    """
    entries = {x.base for part in parts for x in part.atoms(sp.Indexed)}
    names = {base: sp.Symbol(f"{base}[]", **base.assumptions0) for base in entries}
    numbers = dict.fromkeys(_counted(parts), sp.S.One)
    try:
        return [_shortest(part, numbers, names) for part in parts]
    except ValueError:
        return None


def _shortest(e: Any, numbers: dict[Any, Any], names: dict[Any, Any]) -> Any:
    if e in numbers:
        return numbers[e]
    if isinstance(e, sp.Indexed):
        return names[e.base]
    if not isinstance(e, sp.Sum | sp.Product):
        return replaced(e, [_shortest(x, numbers, names) for x in e.args])
    index, low, high = e.limits[-1]
    low, high = (end.xreplace(numbers) for end in (low, high))
    body = e.func(e.args[0], *e.limits[:-1]) if len(e.limits) > 1 else e.args[0]
    if not (low.is_Integer and high.is_Integer and 0 <= high - low <= MAX_LENGTH):
        raise ValueError
    terms = [
        _shortest(body, {**numbers, index: sp.Integer(n)}, names) for n in range(int(low), int(high) + 1)
    ]
    return (sp.Add if isinstance(e, sp.Sum) else sp.Mul)(*terms, evaluate=False)
