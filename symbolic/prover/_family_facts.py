"""What is said of whole families: x[i] > 0, y[k] in {0, 1}, sum(y[k], k, 1, n) = 1, and what SymPy assumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sympy as sp

from symbolic.prover._errors import OutOfReach
from symbolic.prover._lower import may_be_real
from symbolic.tensor._axes import Axis
from symbolic.tensor._build import tensor
from symbolic.tensor._hypotheses import Hypothesis, adds_up, binary, one_hot, positive, probability
from symbolic.tensor._nodes import Tensor

if TYPE_CHECKING:
    from symbolic.prover._families import Families

PI = "π"  # in tensors it is any positive number: what is proved of them all is proved of this one
# What SymPy may assume of a symbol that stands for a number, and that would have to hold at a counterexample.
_ASSUMED = frozenset(
    ["integer", "nonnegative", "negative", "nonpositive", "nonzero", "prime", "composite", "irrational"]
)


def hypotheses(families: Families) -> list[Hypothesis]:
    """What is said of whole families: x[i] > 0, y[k] in {0, 1}, sum(y[k], k, 1, n) = 1, and by assumptions."""
    facts: dict[str, set[str]] = {}
    sums: dict[str, int] = {}
    for c in families.parts[2:]:
        name, fact, place = _fact(families, c)
        if place is None:
            facts.setdefault(name, set()).add(fact)
        else:
            sums[name] = place
    for name, symbols in families.assumed.items():
        if any(x.is_positive for x in symbols) and sp.Symbol(name, real=True) not in {
            *families.sizes,
            *families.axes,
        }:
            facts.setdefault(name, set()).add(">")
        elif _is_restricted(families, name, symbols):
            raise OutOfReach(f"what is assumed of {name}, beside sums of symbolic length")
    found = []
    for name in sorted({*facts, *sums}):
        symbol, known = _symbol(families, name), facts.get(name, set())
        if name in sums:
            make = one_hot if "bit" in known else probability if known & {">=", ">"} else adds_up
            found.append(make(symbol, sums[name]))
        elif "bit" in known:
            found.append(binary(symbol))
        elif ">=" in known and ">" not in known:
            raise OutOfReach(f"the hypothesis {name} >= 0 beside sums of symbolic length")
        if ">" in known:
            found.append(positive(symbol))
    if any(part.has(sp.pi) for part in families.parts):
        found.append(positive(tensor(PI)))
    families.positive = {name for name, known in facts.items() if ">" in known}
    families.bits = {name for name, known in facts.items() if "bit" in known}
    return found


def logarithms(sides: list[Any]) -> set[str]:
    """The names of which every entry that the claim speaks of has a logarithm wherever the sides have values.

    log(x[i]) under a sum over i says so of all entries of x, log(W[i, i]) of the diagonal only, and log(x[k]) of one: that
    will do where the claim reads no other.
    """
    read = {x for side in sides for x in side.atoms(sp.Indexed)}
    summed = {limit[0] for side in sides for node in side.atoms(sp.Sum, sp.Product) for limit in node.limits}
    found = set()
    for argument, bound in (pair for side in sides for pair in _under_logarithms(side, frozenset())):
        if argument.is_Symbol:
            found.add(str(argument.name))
        elif isinstance(argument, sp.Indexed) and len(set(argument.indices)) == len(argument.indices):
            others = [x.indices for x in read if x.base == argument.base]
            alone = [all(x[n] == index for x in others) for n, index in enumerate(argument.indices)]
            places = zip(argument.indices, alone, strict=True)
            if all(index in bound or (index not in summed and same) for index, same in places):
                found.add(str(argument.base))
    return found


def _under_logarithms(e: Any, bound: frozenset[Any]) -> Iterator[tuple[Any, frozenset[Any]]]:
    """What logarithms and powers with open exponents are taken of, and the indices that sums around them bind."""
    if isinstance(e, sp.log) or (e.is_Pow and e.base is not sp.E and not e.exp.is_Rational):
        yield e.args[0], bound
    within = bound | {index for index, *_ in e.limits} if isinstance(e, sp.Sum | sp.Product) else bound
    for x in e.args:
        yield from _under_logarithms(x, within)


def _is_restricted(families: Families, name: str, symbols: list[Any]) -> bool:
    """Whether SymPy assumes something that a counterexample might not satisfy. Sizes and indices are integers."""
    plain = sp.Symbol(name, real=True)
    whole = plain in families.sizes or plain in families.axes
    unusual = ("even", "odd", "prime", "composite", "negative", "zero") if whole else _ASSUMED | {"zero"}
    said = any(getattr(x, f"is_{what}") for x in symbols for what in unusual)
    return said or not all(map(may_be_real, symbols))


def _symbol(families: Families, name: str) -> Tensor:
    return tensor(
        name, *(axis or Axis(f"{name}_{n}") for n, axis in enumerate(families.shapes.get(name, ())))
    )


def _fact(families: Families, c: Any) -> tuple[str, str, int | None]:
    if isinstance(c, sp.Contains) and c.args[1] == sp.FiniteSet(0, 1):
        return _named(families, c.args[0], c), "bit", None
    if isinstance(c, sp.Eq):
        for side, other in (c.args, c.args[::-1]):
            inner = side.args[0] if isinstance(side, sp.Sum) and len(side.limits) == 1 else None
            if isinstance(inner, sp.Indexed) and other == 1 and side.limits[0][0] in inner.indices:
                return _named(families, inner, c), "1", list(inner.indices).index(side.limits[0][0])
    if isinstance(c, sp.StrictGreaterThan | sp.GreaterThan) and c.args[1] == 0:
        return _named(families, c.args[0], c), ">" if isinstance(c, sp.StrictGreaterThan) else ">=", None
    if isinstance(c, sp.StrictLessThan | sp.LessThan) and c.args[0] == 0:
        return _named(families, c.args[1], c), ">" if isinstance(c, sp.StrictLessThan) else ">=", None
    raise OutOfReach(f"the hypothesis {c} beside sums of symbolic length")


def _named(families: Families, e: Any, c: Any) -> str:
    if isinstance(e, sp.Indexed) and len(set(e.indices)) == len(e.indices):
        return str(e.base)
    if e.is_Symbol and e not in families.sizes and e not in families.axes:
        return str(e.name)
    raise OutOfReach(f"the hypothesis {c} beside sums of symbolic length")
