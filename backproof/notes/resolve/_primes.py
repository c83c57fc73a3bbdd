r"""Primes on a name alone: ``\sigma' = \sigma(1 - \sigma)`` speaks of functions, ``w' = w - \eta g`` of a new w."""

from __future__ import annotations

from collections.abc import Sequence

from ._terms import Call, Mul, Prime, Ref, Term, rebuilt, refs, walk

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
    alone = [
        n
        for p in parts
        for n in walk(p)
        if isinstance(n, Prime) and isinstance(n.of, Ref) and n.of.name in known
    ]
    if len(parts) < 2 or not alone:
        return parts
    if any(not isinstance(r, Ref) or r.name not in known for p in parts for r in refs(p)):
        return parts

    def change(term: Term) -> Term:
        match term:
            case Ref() if term.name in known:
                return Call(term, (POINT,))
            case Prime(Call(function, args, primes, keywords)) if args == (POINT,):
                return Call(function, args, primes + 1, keywords)
            case Call(function, (arg,), 0, ()) if any(
                isinstance(n, Call) and n.function == function and n.args == (POINT,) for n in walk(arg)
            ):
                return Mul((("", Call(function, (POINT,))), ("", arg)))  # g(1 - g) is a product
        return term

    return tuple(rebuilt(p, change) for p in parts)


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
                if any(n == function for n in walk(arg)):
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
