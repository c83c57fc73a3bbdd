r"""Limits: ``\lim_{h \to 0}`` before what tends somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import Expr, Script, parse_expr
from ._terms import Call, Number, Ref, Term, indices, refs

if TYPE_CHECKING:
    from ._structure import Structure

LIMIT = Ref("lim")


def read_limit(
    structure: Structure, items: Sequence[tuple[str, Expr]], k: int, scripts: tuple[Script, ...]
) -> tuple[int, Term]:
    """The limit, as its variable tends to zero, of the product that follows."""
    tokens = scripts[0].tokens if len(scripts) == 1 and scripts[0].kind == "sub" else ()
    arrow = next((n for n, t in enumerate(tokens) if t.kind == "REL" and t.text == "→"), None)
    if not arrow or k + 1 >= len(items) or items[k + 1][0]:
        raise NotUnderstoodError("this limit")
    variable, end = (
        structure.term(parse_expr(part, structure.latex)) for part in (tokens[:arrow], tokens[arrow + 1 :])
    )
    if not isinstance(variable, Ref) or indices(variable):
        raise NotUnderstoodError("a limit of something that is no variable")
    if not isinstance(end, Number) or end.value:
        raise NotUnderstoodError("a limit elsewhere than at zero")
    body = structure.product([("", items[k + 1][1]), *items[k + 2 :]])
    return len(items), Call(LIMIT, (body, variable))


def check_reach(terms: Sequence[tuple[int, Term]]) -> None:
    """In ``\\lim_{h \\to 0} 2x + h`` the limit may be meant of all: what tends must stand under its limit.

    Raises
    ------
    NotUnderstoodError
        The variable of a limit stands beside it.
    """
    for _, term in terms:
        if isinstance(term, Call) and term.function == LIMIT:
            variable = term.args[1]
            if any(variable in refs(other) for _, other in terms if other is not term):
                raise NotUnderstoodError("how far a limit reaches")
