"""Indicators: ``1[z > 0]``, Iverson's bracket."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    Expr,
    Group,
    Letters,
    Name,
    Num,
    Script,
    Test,
)
from ._branches import read_condition
from ._terms import (
    Branches,
    Condition,
    Number,
    Term,
)

if TYPE_CHECKING:
    from ._structure import Structure


def read_indicated(
    structure: Structure, items: Sequence[tuple[str, Expr]], k: int, scripts: tuple[Script, ...]
) -> tuple[int, Term] | None:
    """``1(z > 0)``, ``\\mathbb{1}_{z > 0}``: one where the condition holds, zero elsewhere."""
    following = items[k + 1][1] if k + 1 < len(items) and items[k + 1][0] == "" else None
    if not scripts and isinstance(following, Group) and _has_tests(following):
        return k + 2, read_indicator(structure, following)
    if len(scripts) == 1 and scripts[0].kind == "sub":
        tokens = scripts[0].tokens
        if any(t.kind == "REL" and t.text in "<>≤≥≠" for t in tokens):
            return k + 1, _indicator(read_condition(structure, tokens))
    return None


def read_indicator(structure: Structure, group: Group) -> Term:
    tests = [t for t in group.args if isinstance(t, Test)]
    tests += [Test(Letters(name, group.at), "=", value, group.at) for name, value in group.keywords]
    if len(tests) != len(group.args) + len(group.keywords):
        raise NotUnderstoodError("a relation inside brackets")
    return _indicator(
        tuple(Condition(structure.term(t.left), t.relation, structure.term(t.right)) for t in tests)
    )


_INDICATORS = {"bf:1", "bb:1", "bb:I", "cal:I", "I", "chi", "bf:I", "1", "Ind"}


def is_indicator(base: Expr) -> bool:
    text = base.run if isinstance(base, Letters) else base.text if isinstance(base, (Name, Num)) else ""
    return text in _INDICATORS


def _has_tests(group: Group) -> bool:
    equal = bool(group.keywords) and not group.args
    return equal or any(isinstance(a, Test) for a in group.args)


def _indicator(tests: tuple[Condition, ...]) -> Term:
    one, zero = Number(Fraction(1)), Number(Fraction(0))
    return Branches(((one, tests), (zero, ())))
