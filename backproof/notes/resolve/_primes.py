r"""Primes on a name alone: ``\sigma' = \sigma(1 - \sigma)`` speaks of functions, ``w' = w - \eta g`` of a new w."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ._terms import Call, Derivative, Mul, Prime, Ref, Term, rebuilt, refs, walk

# The argument that functions have where an equation between functions writes none.
POINT = Ref("·")


def pointwise(parts: tuple[Term, ...], functions: set[str]) -> tuple[Term, ...]:
    """Give functions that stand without arguments a common one, where an equation speaks of nothing else.

    Examples
    --------
    >>> left, right = pointwise((Prime(Ref("g")), Ref("g")), {"g"})
    >>> left.primes, right.args == (POINT,)
    (1, True)
    """
    known = functions | {"sigma"}
    if (at := _one_argument(parts, known)) is not None:
        return tuple(rebuilt(p, partial(_given, known, at)) for p in parts)
    alone = [
        n
        for p in parts
        for n in walk(p)
        if isinstance(n, Prime)
        and all(isinstance(m, (Call, Ref)) for m in walk(n.of))
        and {r.name for m in walk(n.of) for r in [m] if isinstance(r, Ref)} & known
    ]
    if len(parts) < 2 or not alone:
        return parts
    if any(isinstance(n, Ref) and n.name not in known for p in parts for n in walk(p)):
        return parts

    def change(term: Term) -> Term:
        match term:
            case Ref() if term.name in known:
                return Call(term, (POINT,))
            case Prime(Call(function, args, primes, keywords)) if args == (POINT,):
                return Call(function, args, primes + 1, keywords)
            case Prime(Call() as of):  # (log σ)'
                return Derivative(of, (POINT,), True)
            case Call(function, (arg,), primes, ()) if any(
                isinstance(n, Call) and n.function == function and n.args == (POINT,) for n in walk(arg)
            ):
                return Mul((("", Call(function, (POINT,), primes)), ("", arg)))  # g(1 - g) is a product
        return term

    return tuple(rebuilt(p, change) for p in parts)


def _one_argument(parts: Sequence[Term], known: set[str]) -> tuple[Term, ...] | None:
    """What primed functions of an equation are taken at, where it writes them without an argument as well.

    ``σ'(x) = σ(1 - σ)`` means σ(x) by both.
    """
    primed = {n.function.name for p in parts for n in walk(p) if isinstance(n, Call) and n.primes}
    taken = {
        n.args
        for p in parts
        for n in walk(p)
        if isinstance(n, Call) and n.function.name in primed and not _holds_itself(n)
    }
    bare = any(isinstance(n, Ref) and n.name in primed & known for p in parts for n in walk(p))
    return taken.pop() if bare and len(taken) == 1 and len(parts) > 1 else None


def _given(known: set[str], at: tuple[Term, ...], term: Term) -> Term:
    """A term with the argument ``at`` for functions that stand without one, innermost first."""
    match term:
        case Ref() if term.name in known:
            return Call(term, at)
        case Call(function, (arg,), primes, ()) if any(
            isinstance(n, Call) and n.function.name == function.name and n.args == at for n in walk(arg)
        ):
            return Mul((("", Call(function, at, primes)), ("", arg)))
    return term


def _holds_itself(call: Call) -> bool:
    """Whether a function stands in its own argument: then it is multiplied, as in σ(1 - σ)."""
    return any(r.name == call.function.name for a in call.args for r in refs(a))


def multiplied(term: Term) -> Term:
    """The term with ``σ(1 - σ)`` as a product: σ without an argument is a value there, which no σ is taken of.

    Examples
    --------
    >>> from ._terms import Add
    >>> multiplied(Call(Ref("g"), (Add(((1, Ref("x")), (-1, Ref("g")))),)))
    Mul(items=(('', Ref(name='g', ...)), ('', Add(...
    """

    def change(inner: Term) -> Term:
        match inner:
            case Call(function, (arg,), 0, ()):
                if any(isinstance(n, Ref) and n.name == function.name for n in walk(arg)):
                    return Mul((("", function), ("", arg)))
        return inner

    return rebuilt(term, change)


def whole(parts: Sequence[Term], defined: set[str]) -> tuple[Term, ...]:
    """Let ``w'`` be a name of its own where no formula says what w is, so that there is nothing to differentiate."""

    def change(term: Term) -> Term:
        if isinstance(term, Prime) and isinstance(term.of, Ref) and term.of.name not in defined:
            ref = term.of
            return Ref(ref.name + "'", ref.layer, ref.example, ref.subs, ref.time)
        return term

    return tuple(rebuilt(p, change) for p in parts)
