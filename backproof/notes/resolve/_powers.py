"""Scripts that are powers: ``a^2`` beside the name ``σ^2``, and norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .._errors import NotUnderstoodError
from ..parse import (
    Expr,
    Group,
    Script,
)
from ._lexicon import Lexicon
from ._scripts import read_marks
from ._terms import (
    Add,
    Entry,
    Mul,
    Norm,
    Pow,
    Prime,
    Ref,
    Term,
    Transpose,
    refs,
    walk,
)

if TYPE_CHECKING:
    from ._structure import Structure


def read_norm(structure: Structure, group: Group, scripts: tuple[Script, ...]) -> Term:
    """‖x‖², ‖x‖_2^2, ‖W‖_F²; other norms are not read."""
    subs = ["".join(t.text for t in s.tokens) for s in scripts if s.kind == "sub"]
    if any(s not in ("2", "F") for s in subs):
        raise NotUnderstoodError("this norm")
    rest = tuple(s for s in scripts if s.kind != "sub")
    return with_scripts(structure, Norm(structure.term(group.args[0]), 2), rest)


def is_inner_product(side: Expr) -> bool:
    """Whether a side of an equation is nothing but ``⟨x, y⟩``."""
    return isinstance(side, Group) and side.bracket == "<"


def inner_product(structure: Structure, factors: Sequence[Term | None]) -> Term:
    r"""``\langle w, x \rangle`` of two vectors, which small letters name; of functions and matrices it is not read."""
    match factors:
        case (Ref(one) as left, Ref(other) as right) if all(
            n.rpartition(":")[2][:1].islower() and n not in structure.lexicon.functions for n in (one, other)
        ):
            return Mul((("", Transpose(left)), ("", right)))
    raise NotUnderstoodError("these brackets")


def with_scripts(structure: Structure, term: Term, scripts: tuple[Script, ...]) -> Term:
    """Put the scripts of a bracket on what it holds."""
    if not scripts:
        return term
    marks = read_marks("", scripts, structure.lexicon, structure.latex)
    if marks.layer is not None and marks.layer.name == "" and marks.power is None:
        raise NotUnderstoodError("a layer on a bracket")
    for _ in range(marks.primes):
        term = primed(structure.lexicon, term)
    if marks.subs or marks.example is not None:
        if any(s.label for s in marks.subs):
            raise NotUnderstoodError("a label on a bracket")
        if isinstance(term, Ref) and _is_whole(term) and marks.example is None and not marks.primes:
            term = replace(term, subs=marks.subs)  # (x^{(p,3)})_k is x_k^{(p,3)}
        else:
            term = Entry(term, marks.subs, marks.example)
    if marks.transposed:
        term = Transpose(term)
    if marks.power is not None:
        term = Pow(term, structure.term(marks.power))
    return term


def primed(lexicon: Lexicon, term: Term) -> Term:
    """A term with a prime: a derivative, or a transpose on matrices where the words say so."""
    matrices = all(isinstance(n, (Ref, Mul, Add, Transpose)) for n in walk(term)) and any(
        r.name.rpartition(":")[2][:1].isupper() and r.name not in lexicon.functions for r in refs(term)
    )
    return Transpose(term) if lexicon.prime_transposes and matrices else Prime(term)


def _is_whole(ref: Ref) -> bool:
    """Whether the brackets hold a quantity that layer or example single out: no list whose members are numbered."""
    return not ref.subs and (ref.layer is not None or ref.example is not None or "^" in ref.name)


def is_square_name(structure: Structure, name: str, scripts: Sequence[Script]) -> bool:
    return any(s.kind == "sup" and [t.text for t in s.tokens] == ["2"] for s in scripts)


def rest_of_square(structure: Structure, scripts: Sequence[Script]) -> tuple[Script, ...]:
    return tuple(s for s in scripts if not (s.kind == "sup" and [t.text for t in s.tokens] == ["2"]))
