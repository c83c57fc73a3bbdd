"""Slopes that a sentence gives: *with* ``∂E/∂w = 0.74``."""

from __future__ import annotations

from ._context import Context
from ._lexicon import is_loss
from ._terms import (
    Add,
    Call,
    Derivative,
    Gradient,
    Number,
    Ref,
    Term,
    refs,
    walk,
)


def is_given(parts: tuple[Term, ...], relations: tuple[str, ...], context: Context) -> bool:
    """Whether an inline equation gives a number to a derivative: ``with ∂E/∂w = 0.74``."""
    number = (
        parts[1].terms[0][1]
        if len(parts) == 2 and isinstance(parts[1], Add) and len(parts[1].terms) == 1
        else parts[-1]
    )
    return (
        len(parts) == 2
        and relations[0] in ("=", "≈", ":=")
        and (
            isinstance(parts[0], (Derivative, Gradient))
            or (isinstance(parts[0], Call) and parts[0].primes > 0)
        )
        and (isinstance(number, Number) or _stands_open(parts, context))
        and not any(
            d.head.name in _given_of(parts[0], isinstance(number, Number)) and not isinstance(d.body, Number)
            for d in context.definitions
        )
    )


def _given_of(slope: Term, numeric: bool) -> set[str]:
    """The names that no formula may define where a slope is given: where it is a number, of a loss's slope the loss."""
    of = slope.of if isinstance(slope, Derivative) and numeric else None
    alone = isinstance(of, Ref) and is_loss(of.name)
    return {r.name for r in refs(of if of is not None and alone else slope)}


def depends_on_what_it_is_differentiated_by(slope: Term, context: Context) -> None:
    """A derivative that is given tells what an error of which nothing else is said depends on: ``∂E_1/∂w = 0.05``."""
    if isinstance(slope, Derivative) and isinstance(slope.of, Ref) and is_loss(slope.of.name):
        name, known = slope.of.name, context.depends.get(slope.of.name)
        by = [b for b in slope.by if isinstance(b, Ref)]
        told = known is not None and name not in context.by_slopes
        if context.defined(slope.of) is None and not told and len(by) == 1:
            context.depends[name] = [*(known or []), *(b for b in by if b not in (known or []))]
            context.by_slopes.add(name)


def _stands_open(parts: tuple[Term, ...], context: Context) -> bool:
    """Whether a derivative is told of a loss of which the document says nothing else."""
    left, right = parts
    if isinstance(left, Derivative) and isinstance(left.of, Call) and left.by == left.of.args:  # ∇f(w) = …
        of = left.of
        named = {r.name for r in refs(right)}
        open_ = is_loss(of.function.name) or of.function.name in ("f", "F")  # not d/da log_e a
        return (
            open_ and not of.primes and context.defined(of.function) is None and of.function.name not in named
        )
    if not isinstance(left, Derivative) or not isinstance(left.of, Ref) or not is_loss(left.of.name):
        return False
    return (
        left.of.name not in context.depends
        and not context.said_loss
        and context.defined(left.of) is None
        and not any(t == left for t in walk(right))
        and not _follows_from_slopes(left, right, context)
    )


def _follows_from_slopes(left: Derivative, right: Term, context: Context) -> bool:
    """Whether ``∂L/∂b = ∂L/∂y`` differentiates L by what y = Wx + b is made of: then it says nothing new of L."""
    named = {r.name for r in refs(right)}
    terms = [right, *(d.body for d in context.definitions if d.head.name in named)]
    slopes = [n for t in terms for n in walk(t) if isinstance(n, (Derivative, Gradient))]
    of_it = any(isinstance(n, Gradient) or n.of == left.of for n in slopes)
    inner = {r.name for d in context.definitions for r in refs(d.body)}
    return of_it and any(isinstance(b, Ref) and b.name in inner for b in left.by)
