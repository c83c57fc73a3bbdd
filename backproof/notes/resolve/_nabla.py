"""∇, and gradients that stand apart from what they differentiate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    Expr,
    Script,
    parse_expr,
)
from ._lexicon import is_loss
from ._terms import (
    NABLA,
    Big,
    Call,
    Derivative,
    Gradient,
    Pow,
    Ref,
    Term,
    Transpose,
    refs,
    walk,
)

if TYPE_CHECKING:
    from ._structure import Structure


def read_nabla(
    structure: Structure, items: Sequence[tuple[str, Expr]], k: int, name: str, scripts: tuple[Script, ...]
) -> tuple[int, Term]:
    """``\\nabla_a C`` differentiates C by a; a lone ∂Z is the name of a gradient."""
    tagged = any(s.kind == "sup" and s.tokens and s.tokens[0].kind == "OPEN" for s in scripts)
    if name == "Delta" and (tagged or k + 1 >= len(items) or items[k + 1][0] != ""):  # Δ^{(l)} is a name
        return k + 1, structure.quantity(name, scripts)
    if k + 1 >= len(items):
        raise NotUnderstoodError(f"\\{name} here")
    end, term = structure.factor(items, k + 1)
    if name == "Delta":
        if isinstance(term, Ref) and not scripts:
            return end, Ref("Delta:" + term.name, term.layer, term.example, term.subs, term.time)
        raise NotUnderstoodError("\\Delta here")
    if name == "partial":
        subs = [s for s in scripts if s.kind == "sub"]
        if subs and len(subs) == len(scripts) == 1:
            return end, Derivative(
                term, (structure.term(parse_expr(subs[0].tokens, structure.latex)),), False
            )
        if isinstance(term, Ref):
            return end, Gradient(term)
        raise NotUnderstoodError("a ∂ that belongs to no quotient")
    subs = [s for s in scripts if s.kind == "sub"]
    twice = [s for s in scripts if s.kind == "sup" and [t.text for t in s.tokens] == ["2"]]
    if (
        not scripts
        and isinstance(term, Ref)
        and not is_loss(term.name)
        and term.name not in structure.lexicon.functions
    ):
        return end, Gradient(term)  # the name of a gradient, as dZ is
    if not subs and len(twice) == len(scripts):
        known = isinstance(term, Call) and len(term.args) == 1 and isinstance(term.args[0], Ref)
        by = term.args[0] if known and isinstance(term, Call) else NABLA
        return end, Derivative(term, (by,) * (1 + len(twice)), True)
    if len(subs) + len(twice) != len(scripts) or len(subs) != 1:
        raise NotUnderstoodError("a gradient without its variable")
    by = structure.term(parse_expr(subs[0].tokens, structure.latex))
    end, term = _with_what_follows(structure, items, k + 1, end, term, by)
    return end, Derivative(term, (by,) * (1 + len(twice)), True)


def _with_what_follows(
    structure: Structure, items: Sequence[tuple[str, Expr]], start: int, end: int, term: Term, by: Term
) -> tuple[int, Term]:
    r"""``\nabla_w \frac12 (Xw - y)^T (Xw - y)``: a number alone is not differentiated, nor half of an inner product.

    Raises
    ------
    NotUnderstoodError
        A bracket stands behind a number, and more behind that.
    """
    number = not any(isinstance(n, (Ref, Call)) for n in walk(term))
    inner, rest = isinstance(term, Transpose), items[end:]
    if not rest or not (number or inner) or rest[0][0] != "":
        return end, term
    if inner and not set(refs(by)) & set(refs(structure.product([("", rest[0][1]), *rest[1:]]))):
        return end, term
    if not inner:
        _, second = structure.factor(items, end)
        inner = isinstance(second, Transpose) or len(rest) == 1 or isinstance(second, (Ref, Big))
    if not inner or any(op != "" for op, _ in rest):
        raise NotUnderstoodError("how far a gradient reaches")
    return len(items), structure.product([("", items[start][1]), *items[start + 1 :]])


def read_spaced_gradient(structure: Structure, items: Sequence[tuple[str, Expr]], k: int) -> tuple[int, Term]:
    """``\\mathrm{d}Z``: the name of a gradient, written with an upright d."""
    _, term = structure.factor(items, k + 1)
    inner = term.of if isinstance(term, Transpose) else term
    if isinstance(inner, Pow) and isinstance(inner.base, Ref) and k and not isinstance(term, Transpose):
        return k + 2, Pow(Gradient(inner.base), inner.exponent)  # (1 - β) dw^2 is no differential of w^2
    if not isinstance(inner, Ref):
        raise NotUnderstoodError("a d that belongs to no derivative")
    gradient: Term = Gradient(inner)
    return k + 2, Transpose(gradient) if isinstance(term, Transpose) else gradient
